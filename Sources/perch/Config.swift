internal import ArgumentParser
internal import Collector

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Look at configuration files.", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a configuration file and the files that it names.",
            discussion: """
                Prints what is wrong as FILE:LINE:COLUMN: message, and exits 2 then. Warnings name what this version accepts without using it.

                EXAMPLES
                  perch config check
                  perch config check /etc/prometheus/prometheus.yml
                """
        )

        @Argument(help: ArgumentHelp("The file to check.", valueName: "file"))
        var file = "prometheus.yml"

        func run() throws {
            let check = ConfigurationCheck(file: file)
            for line in check.summary { print(line) }
            for line in check.warnings { StandardError.write("warning: " + line + "\n") }
            for line in check.errors { StandardError.write("error: " + line + "\n") }
            if !check.isValid { throw ExitCode(2) }
        }
    }
}

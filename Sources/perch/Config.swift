internal import ArgumentParser
internal import Collector

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Look at configuration files.", subcommands: [Check.self, Relabel.self])

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

    struct Relabel: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "relabel-test",
            abstract: "Show rule by rule what becomes of a target or a sample.",
            discussion: """
                Follows a target through relabel_configs of a job, or a sample through its metric_relabel_configs. Exits 1 where it is dropped.

                EXAMPLES
                  perch config relabel-test --job node --target 10.0.0.1:9100
                  perch config relabel-test prometheus.yml --job pods --target '{__address__="10.0.0.1:80",__meta_kubernetes_pod_name="shop-1"}'
                  perch config relabel-test --job node --sample 'node_cpu_seconds_total{cpu="0",mode="idle"}'
                """
        )

        @Argument(help: ArgumentHelp("The configuration file.", valueName: "file"))
        var file = "prometheus.yml"

        @Option(help: "The job; needed where the file has several.")
        var job = ""

        @Option(help: "What discovery says of a target: HOST:PORT, or labels in braces.")
        var target: String?

        @Option(help: "A sample as a page shows it, with the labels of its target.")
        var sample: String?

        func validate() throws {
            if (target == nil) == (sample == nil) { throw ValidationError("Either --target or --sample is needed.") }
        }

        func run() throws {
            let test: RelabelTest
            do throws(RelabelTest.Fault) {
                test =
                    if let target { try RelabelTest.target(target, job: job, file: file) } else {
                        try RelabelTest.sample(sample ?? "", job: job, file: file)
                    }
            } catch {
                for line in error.description.split(separator: "\n") { StandardError.write("error: " + line + "\n") }
                throw ExitCode(2)
            }
            for line in test.lines { print(line) }
            if test.isDropped { throw ExitCode(1) }
        }
    }
}

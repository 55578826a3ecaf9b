internal import ArgumentParser
internal import Collector

extension Storage {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check every file of a data directory.",
            discussion: """
                Reads all files whole: SQLite's structure, checksums, columns, and whether dictionary, index and pages agree. Prints a line per
                file, and each fault with its file and place. Nothing is written, and a server may run on the directory meanwhile.

                EXAMPLES
                  perch storage verify
                  perch storage verify --data-dir /var/lib/perch

                EXIT STATUS
                  0 everything is sound, 1 something is damaged or cannot be read, 2 wrong usage
                """
        )

        @OptionGroup var data: DataDirectoryOptions

        func run() throws {
            try StorageOutput.reportingErrors { () throws(StorageCommandError) in
                let faults = try StorageVerify(dataDirectory: data.dataDir, output: StorageOutput.standard).run()
                if faults > 0 { throw StorageCommandError("", status: 1) }
            }
        }
    }
}

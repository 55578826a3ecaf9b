internal import ArgumentParser
internal import Collector

extension Storage {
    struct Backup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the data of a running or stopped server.",
            discussion: """
                Everything that was acknowledged before the backup began is in it. The directory may be used again: only files that changed
                since are copied, and the earlier backup stays whole until the new one is. Run it on the machine of the server, as its user.

                EXAMPLES
                  perch storage backup /backup/perch
                  perch storage backup /backup/perch --data-dir /var/lib/perch

                EXIT STATUS
                  0 the backup is whole and on the disk, 1 it could not be made, 2 wrong usage
                """
        )

        @Argument(help: ArgumentHelp("An empty directory, or one with an earlier backup; made if it is not there.", valueName: "dir"))
        var directory: String

        @OptionGroup var data: DataDirectoryOptions

        func run() throws {
            try StorageOutput.reportingErrors { () throws(StorageCommandError) in
                let summary = try StorageBackup(
                    dataDirectory: data.dataDir, directory: directory, clock: StorageOutput.now, remark: StorageOutput.remark
                ).run()
                print(
                    "backed up to \(directory): \(summary.filesCopied) files copied (\(summary.bytesCopied) bytes), "
                        + "\(summary.filesKept) unchanged")
            }
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a backup into an empty data directory.",
            discussion: """
                Checks every file of the backup first; where one is damaged, nothing is restored.

                EXAMPLES
                  perch storage restore /backup/perch --data-dir /var/lib/perch

                EXIT STATUS
                  0 restored and on the disk, 1 not restored, 2 wrong usage, such as a directory that holds data
                """
        )

        @Argument(help: ArgumentHelp("The backup.", valueName: "dir"))
        var directory: String

        @Option(help: ArgumentHelp("Where the data goes; nothing may be stored there yet.", valueName: "dir"))
        var dataDir: String

        func run() throws {
            try StorageOutput.reportingErrors { () throws(StorageCommandError) in
                let summary = try StorageRestore(directory: directory, dataDirectory: dataDir).run()
                print("restored to \(dataDir): \(summary.files) files (\(summary.bytes) bytes)")
            }
        }
    }
}

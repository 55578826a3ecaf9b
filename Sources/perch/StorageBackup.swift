internal import ArgumentParser
internal import Collector
internal import CommandLineClient

extension Storage {
    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the data of a running or stopped server.",
            discussion: """
                Everything that was acknowledged before the backup began is in it. The
                directory may be used again: only files that changed since are copied, and
                the earlier backup stays whole until the new one is. With --data-dir, run it
                on the machine of the server, as its user; with --url, anywhere.

                EXAMPLES
                  perch storage backup /backup/perch
                  perch storage backup /backup/perch --data-dir /var/lib/perch
                  perch storage backup /backup/perch --url http://perch.example:9797

                EXIT STATUS
                  0 the backup is whole and on the disk, 1 it could not be made, 2 wrong usage
                """
        )

        @Argument(help: ArgumentHelp("An empty directory, or one with an earlier backup; made if it is not there.", valueName: "dir"))
        var directory: String

        @OptionGroup var data: StoredDataOptions

        func run() async throws {
            try await StorageOutput.reportingErrors { () async throws(StorageCommandError) in
                let source: any BackupSource =
                    switch try data.place() {
                    case .directory(let path): LocalBackupSource(dataDirectory: path, clock: StorageOutput.now)
                    case .server(let client): RemoteBackupSource(client: client)
                    }
                let summary = try await StorageBackup(
                    source: source, directory: directory, clock: StorageOutput.now, remark: StorageOutput.remark
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
                Checks every file of the backup first and every copy afterwards. Where a file of
                the backup is damaged or missing, it is named and nothing is restored; with
                --partial the others are.

                EXAMPLES
                  perch storage restore /backup/perch --data-dir /var/lib/perch
                  perch storage restore /backup/old --data-dir ./saved --partial

                EXIT STATUS
                  0 restored and on the disk, 1 not restored or only a part of it, 2 wrong
                  usage, such as a directory that holds data
                """
        )

        @Argument(help: ArgumentHelp("The backup.", valueName: "dir"))
        var directory: String

        @Option(help: ArgumentHelp("Where the data goes; nothing may be stored there yet.", valueName: "dir"))
        var dataDir: String

        @Flag(help: "Restore what is sound of a damaged backup.")
        var partial = false

        func run() throws {
            try StorageOutput.reportingErrors { () throws(StorageCommandError) in
                let summary = try StorageRestore(directory: directory, dataDirectory: dataDir, isPartial: partial).run(
                    remark: StorageOutput.remark)
                print("restored to \(dataDir): \(summary.files) files (\(summary.bytes) bytes)")
                if !summary.leftOut.isEmpty {
                    throw StorageCommandError("\(summary.leftOut.count) files were left out, their samples are missing")
                }
            }
        }
    }
}

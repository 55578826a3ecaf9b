internal import ArgumentParser
internal import Collector
internal import Foundation
internal import TelemetryModel

/// Which data directory a storage command works on.
struct DataDirectoryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory, as given to `perch serve`.", valueName: "dir"))
    var dataDir = "./data"
}

/// The streams and the clock of storage commands.
enum StorageOutput {
    /// Milliseconds since 1970.
    @Sendable static func now() -> Timestamp { Timestamp(Date().timeIntervalSince1970 * 1000) }

    @Sendable static func remark(_ line: String) { StandardError.write(line + "\n") }

    static var standard: StorageCommandOutput {
        StorageCommandOutput(write: { FileHandle.standardOutput.write(Data($0.utf8)) }, remark: remark)
    }

    /// Runs a command; an error is told, unless it has been already, and becomes the exit status.
    static func reportingErrors(_ body: () throws(StorageCommandError) -> Void) throws {
        do throws(StorageCommandError) { try body() } catch {
            if !error.message.isEmpty { StandardError.write("error: " + error.message + "\n") }
            throw ExitCode(error.status)
        }
    }
}

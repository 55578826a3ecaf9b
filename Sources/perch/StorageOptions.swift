internal import ArgumentParser
internal import Collector
internal import CommandLineClient
internal import Foundation
internal import TelemetryModel

/// Which data directory a storage command works on.
struct DataDirectoryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory, as given to `perch serve`.", valueName: "dir"))
    var dataDir = "./data"
}

/// Which data a storage command works on: a data directory of this machine, or those of a server that is asked.
struct StoredDataOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory, as given to `perch serve` (default: ./data).", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("A running server, instead of a data directory, such as http://127.0.0.1:9797.", valueName: "url"))
    var url: String?

    enum Place {
        case directory(String)
        case server(PerchClient)
    }

    func place() throws(StorageCommandError) -> Place {
        guard let url else { return .directory(dataDir ?? "./data") }
        if dataDir != nil { throw StorageCommandError("give --data-dir or --url, not both", status: 2) }
        do throws(ClientError) { return .server(try PerchClient(url: url)) } catch { throw StorageCommandError(error) }
    }
}

extension StorageCommandError {
    /// An error of the client.
    init(_ error: ClientError) { self.init(error.message, status: error.status.rawValue) }
}

/// The streams and the clock of storage commands.
enum StorageOutput {
    /// Milliseconds since 1970.
    @Sendable static func now() -> Timestamp { Timestamp(Date().timeIntervalSince1970 * 1000) }

    @Sendable static func remark(_ line: String) { StandardError.write(line + "\n") }

    static var standard: StorageCommandOutput {
        StorageCommandOutput(write: { StandardOutput.write($0) }, remark: remark)
    }

    /// Runs a command that waits; an error is told, unless it has been already, and becomes the exit status.
    static func reportingErrors(_ body: () async throws(StorageCommandError) -> Void) async throws {
        do throws(StorageCommandError) { try await body() } catch {
            if !error.message.isEmpty { StandardError.write("error: " + error.message + "\n") }
            throw ExitCode(error.status)
        }
    }

    /// Runs a command; an error is told, unless it has been already, and becomes the exit status.
    static func reportingErrors(_ body: () throws(StorageCommandError) -> Void) throws {
        do throws(StorageCommandError) { try body() } catch {
            if !error.message.isEmpty { StandardError.write("error: " + error.message + "\n") }
            throw ExitCode(error.status)
        }
    }
}

public import ArgumentParser
public import CommandLineClient
internal import Foundation
public import GraphImage

/// Which server a client command asks.
struct ServerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server to ask; PERCH_URL where it is not given.", valueName: "url"))
    var url: String?

    /// - Throws: `ExitCode` 2, after saying why, where the address is none.
    func client() throws -> PerchClient {
        let address = url ?? ProcessInfo.processInfo.environment["PERCH_URL"] ?? "http://127.0.0.1:9797"
        do throws(ClientError) {
            return try PerchClient(url: address)
        } catch {
            StandardError.write("error: " + error.message + "\n")
            throw ExitCode(error.status.rawValue)
        }
    }
}

extension CommandOutput {
    /// The streams of this process.
    static var standard: CommandOutput {
        CommandOutput(standardOutput: { StandardOutput.write($0) }, standardError: { StandardError.write($0) })
    }
}

// The types are this package's own, so that no other conformance can come from elsewhere.
extension OutputFormat: ExpressibleByArgument {}
extension QuantityUnit: ExpressibleByArgument {}
extension TraceOutputFormat: ExpressibleByArgument {}
extension ServiceGraphFormat: ExpressibleByArgument {}
extension LogOutputFormat: ExpressibleByArgument {}
extension BacktestOutputFormat: ExpressibleByArgument {}
extension DashboardOutputFormat: ExpressibleByArgument {}

internal import Foundation
internal import Synchronization
internal import TelemetryModel

@testable internal import CommandLineClient

/// Answers that several tests need.
enum ReplySamples {
    static let vector = QueryReply(
        .vector([
            .init(labels: ["__name__": "up", "job": "api", "instance": "a:80"], point: .init(time: 1_700_000_000_123, value: .float("1"))),
            .init(labels: ["__name__": "up", "zone": "x,\"y\""], point: .init(time: 1_700_000_000_123, value: .float("12345.5"))),
            .init(labels: [:], point: .init(time: 1_700_000_000_000, value: .histogram(histogram))),
        ]), warnings: ["careful"])

    static let histogram = QueryReply.Histogram(
        count: "3", sum: "4.5",
        buckets: [
            .init(boundaries: 3, lower: "-0.001", upper: "0.001", count: "1"), .init(boundaries: 0, lower: "1", upper: "2", count: "2"),
        ])

    static let matrix = QueryReply(
        .matrix([
            .init(
                labels: ["job": "api"],
                points: [
                    .init(time: 0, value: .float("1")), .init(time: 1500, value: .float("+Inf")),
                    .init(time: 3000, value: .histogram(histogram)),
                ])
        ]))

    static let scalar = QueryReply(.scalar(.init(time: 1000, value: .float("NaN"))))
}

/// A server of canned answers that remembers what it was asked.
final class CannedServer: Sendable {
    private let answers: [String: (status: Int, body: Data)]
    private let seen = Mutex<[PerchClient.Request]>([])

    /// - Parameters:
    ///   - answers: by path.
    ///   - bytes: bodies of successes by path.
    init(_ answers: [String: (status: Int, body: String)], bytes: [String: [UInt8]] = [:]) {
        self.answers = answers.mapValues { ($0.status, Data($0.body.utf8)) }.merging(bytes.mapValues { (200, Data($0)) }) { $1 }
    }

    var requests: [PerchClient.Request] { seen.withLock { $0 } }

    var client: PerchClient {
        PerchClient(baseURL: "http://test") { [self] (request: PerchClient.Request) async throws(ClientError) in
            seen.withLock { $0.append(request) }
            let (status, body) = answers[request.path] ?? (404, Data("nothing here".utf8))
            return PerchClient.Response(status: status, body: body)
        }
    }
}

/// What a command wrote.
final class CapturedOutput: Sendable {
    private let written = Mutex<(result: String, remarks: String)>(("", ""))

    var result: String { written.withLock { $0.result } }
    var remarks: String { written.withLock { $0.remarks } }

    var output: CommandOutput {
        CommandOutput(
            standardOutput: { [self] text in written.withLock { $0.result += text } },
            standardError: { [self] text in written.withLock { $0.remarks += text } })
    }
}

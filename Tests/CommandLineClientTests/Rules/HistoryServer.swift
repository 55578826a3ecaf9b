internal import Foundation
internal import PromQL
internal import QueryModel
internal import Synchronization
internal import TelemetryModel

@testable internal import CommandLineClient

/// A server over series in memory, that answers queries as Prometheus does and refuses too many points.
final class HistoryServer: Sendable {
    private struct State {
        var source = MemorySource()
        var requests: [PerchClient.Request] = []
    }

    private let state = Mutex(State())
    private let alertmanager: String?
    private let silences: String

    init(alertmanager: String? = nil, silences: String = "[]") {
        self.alertmanager = alertmanager
        self.silences = silences
    }

    var client: PerchClient {
        PerchClient(baseURL: "http://perch") { (request: PerchClient.Request) throws(ClientError) in try self.answer(request) }
    }

    func add(_ labels: LabelSet, _ time: Timestamp, _ value: Double) {
        state.withLock { $0.source.append(labels, time, .float(value)) }
    }

    /// What was asked: paths with the parameter `query`.
    var queries: [String] {
        state.withLock { $0.requests.compactMap { request in request.parameters.first { $0.name == "query" }?.value } }
    }

    private func answer(_ request: PerchClient.Request) throws(ClientError) -> PerchClient.Response {
        let source = state.withLock { state in
            state.requests.append(request)
            return state.source
        }
        func parameter(_ name: String) -> String { request.parameters.first { $0.name == name }?.value ?? "" }
        func milliseconds(_ name: String) -> Int64 { Int64(((Double(parameter(name)) ?? 0) * 1000).rounded()) }
        switch request.path {
        case "/api/v1/query_range":
            let (start, end, step) = (milliseconds("start"), milliseconds("end"), milliseconds("step"))
            guard (end - start) / step < 11_000 else { throw ClientError("exceeded maximum resolution of 11,000 points per timeseries") }
            return try evaluated(parameter("query"), .range(start: start, end: end, stepMilliseconds: step), source)
        case "/api/v1/query": return try evaluated(parameter("query"), .instant(milliseconds("time")), source)
        case "/api/v2/status":
            guard let alertmanager else { break }
            let text = String(decoding: (try? JSONEncoder().encode(alertmanager)) ?? Data(), as: UTF8.self)
            return PerchClient.Response(status: 200, body: Data("{\"config\":{\"original\":\(text)}}".utf8))
        case "/api/v2/silences": return PerchClient.Response(status: 200, body: Data(silences.utf8))
        default: break
        }
        return PerchClient.Response(status: 404, body: Data("not found".utf8))
    }

    private func evaluated(_ query: String, _ times: EvaluationTimes, _ source: MemorySource) throws(ClientError) -> PerchClient.Response {
        let engine = QueryEngine(options: EngineOptions())
        do throws(QueryError) {
            let answer = try engine.evaluate(try engine.parse(query), times: times, source: source, budget: QueryBudget())
            guard case .matrix(let matrix) = answer.value else { throw QueryError(.execution, "no matrix") }
            var json = JSONText()
            json.object { json in
                json.member("data") { json in
                    json.object { json in
                        json.member("result") { $0.array(matrix) { HistoryServer.write($1, &$0) } }
                        json.member("resultType") { $0.string("matrix") }
                    }
                }
                json.member("status") { $0.string("success") }
            }
            return PerchClient.Response(status: 200, body: Data(json.text.utf8))
        } catch {
            throw ClientError(error.message)
        }
    }

    private static func write(_ series: MatrixSeries, _ json: inout JSONText) {
        json.object { json in
            json.member("metric") { json in
                json.object { json in for label in series.labels { json.member(label.name) { $0.string(label.value) } } }
            }
            json.member("values") { json in
                json.array(Array(zip(series.samples.timestamps, series.samples.values))) { json, point in
                    json.array([0, 1]) { json, part in
                        if part == 0 { json.seconds(point.0) } else { json.string(FloatText.general(point.1)) }
                    }
                }
            }
        }
    }
}

/// A folder that goes when the test is over.
struct RuleFolder: ~Copyable {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("rules-\(UUID().uuidString)").path

    init(_ files: [String: String]) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

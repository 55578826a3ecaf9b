internal import ByteCoding
internal import Foundation
internal import TelemetryModel

/// The APIs of Tempo (below `/tempo`), Jaeger (`/jaeger`) and Loki (`/loki`) of the same server.
extension PerchClient {
    /// A time between two moments, both in nanoseconds.
    struct TimeSpan: Sendable, Hashable {
        var start: UnixNanoseconds
        var end: UnixNanoseconds

        /// As whole seconds, none of the time lost.
        fileprivate var seconds: [Request.Parameter] {
            let endSeconds = end / 1_000_000_000 + (end % 1_000_000_000 > 0 ? 1 : 0)
            return [
                .init(name: "start", value: String(start / 1_000_000_000)),
                .init(name: "end", value: String(max(endSeconds, start / 1_000_000_000 + 1))),
            ]
        }
    }

    /// Finds traces by TraceQL: the newest unless the query has hints that say otherwise, newest first.
    ///
    /// - Throws: ``ClientError`` with status `usage` and the place of the fault where the query is wrong.
    func searchTraces(
        _ query: String, in range: TimeSpan, limit: Int, spansPerSet: Int = 3
    ) async throws(ClientError) -> [TraceSummary] {
        let hasHints = query.contains(/\bwith\s*\(/)
        do throws(ClientError) {
            let hint = hasHints ? "" : " with (most_recent=true)"
            return try await searchTraces(asked: query + hint, query, in: range, limit, spansPerSet)
        } catch {
            // What is said of a wrong query is to be about what was given, and a server that does not know the hint can do without.
            guard error.status == .usage, !hasHints else { throw error }
            return try await searchTraces(asked: query, query, in: range, limit, spansPerSet)
        }
    }

    private func searchTraces(
        asked: String, _ query: String, in range: TimeSpan, _ limit: Int, _ spansPerSet: Int
    ) async throws(ClientError) -> [TraceSummary] {
        let path = "/tempo/api/search"
        let parameters: [Request.Parameter] = [
            .init(name: "q", value: asked), .init(name: "limit", value: String(limit)), .init(name: "spss", value: String(spansPerSet)),
        ]
        let response = try await answer(Request(path: path, parameters: parameters + range.seconds))
        let traces = try decoded(TraceSearchReply.self, from: response, path, query: query).traces
        return traces.sorted { ($1.start, $0.traceID) < ($0.start, $1.traceID) }
    }

    /// A whole trace; nil where the server has none of that id.
    func trace(_ id: TraceID) async throws(ClientError) -> TraceReply? {
        let path = "/tempo/api/v2/traces/" + id.hexadecimal
        let response = try await answer(Request(path: path, accepts: "application/protobuf"))
        if response.status == 404 {
            // A server without the API at all is another matter than one without the trace.
            if refusal(response).contains("nothing at") { throw noTraces(response, path) }
            return nil
        }
        try refuse(response, path)
        do throws(ByteCodingError) {
            let reply = try TraceReply(protobuf: Array(response.body))
            return reply.batch.spans.isEmpty ? nil : reply
        } catch {
            throw ClientError("\(baseURL)\(path) gave an answer that cannot be read: \(error)")
        }
    }

    /// The names of all services, sorted.
    func services() async throws(ClientError) -> [String] {
        let path = "/jaeger/api/services"
        return try decoded(JaegerList<String>.self, from: try await answer(Request(path: path)), path).sorted
    }

    struct Operation: Sendable, Hashable, Comparable, Decodable {
        var name: String
        /// `server`, `client` and so on; empty where it is not known.
        var spanKind: String

        private enum Key: String, CodingKey { case name, spanKind }

        init(name: String, spanKind: String = "") {
            self.name = name
            self.spanKind = spanKind
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            name = try container.decode(String.self, forKey: .name)
            spanKind = try container.decodeIfPresent(String.self, forKey: .spanKind) ?? ""
        }

        static func < (a: Operation, b: Operation) -> Bool { (a.name, a.spanKind) < (b.name, b.spanKind) }
    }

    /// The operations of a service, sorted.
    func operations(of service: String) async throws(ClientError) -> [Operation] {
        let path = "/jaeger/api/operations"
        let request = Request(path: path, parameters: [.init(name: "service", value: service)])
        return try decoded(JaegerList<Operation>.self, from: try await answer(request), path).sorted
    }

    /// The log lines that a query of LogQL finds, oldest first; nil where the server keeps no logs.
    func logLines(_ query: String, in range: TimeSpan, limit: Int) async throws(ClientError) -> [LogLine]? {
        let path = "/loki/api/v1/query_range"
        let parameters: [Request.Parameter] = [
            .init(name: "query", value: query), .init(name: "start", value: String(range.start)),
            .init(name: "end", value: String(range.end)), .init(name: "limit", value: String(limit)),
            .init(name: "direction", value: "forward"),
        ]
        let response = try await answer(Request(path: path, parameters: parameters))
        if response.status == 404 { return nil }
        return try decoded(LogReply.self, from: response, path).lines
    }

    // MARK: Answers

    private func decoded<Answer: Decodable>(
        _ type: Answer.Type, from response: Response, _ path: String, query: String = ""
    ) throws(ClientError) -> Answer {
        try refuse(response, path, query: query)
        do {
            return try JSONDecoder().decode(type, from: response.body)
        } catch {
            throw ClientError("\(baseURL)\(path) gave an answer that cannot be read: \(error)")
        }
    }

    /// - Throws: ``ClientError`` of an answer that is no success.
    private func refuse(_ response: Response, _ path: String, query: String = "") throws(ClientError) {
        switch response.status {
        case 200: return
        case 400: throw QueryFault(refusal(response), in: query).error
        case 404: throw noTraces(response, path)
        default:
            let message = refusal(response)
            throw ClientError("\(baseURL)\(path) answered \(response.status)\(message.isEmpty ? "" : ": " + message)")
        }
    }

    private func noTraces(_ response: Response, _ path: String) -> ClientError {
        ClientError("there is nothing at \(baseURL)\(path); is it a Perch that keeps traces?")
    }

    /// The words of an answer that is no success, in whichever form the API has for them.
    func refusal(_ response: Response) -> String {
        if let body = try? JSONDecoder().decode(Refusal.self, from: response.body), let text = body.text { return text }
        let text = String(decoding: response.body.prefix(1000), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.hasPrefix("<") ? "" : text
    }

    /// `{"error":"…"}`, `{"message":"…"}`, `{"errors":[{"msg":"…"}]}` or `{"error":{"message":"…"}}`.
    private struct Refusal: Decodable {
        struct Detail: Decodable { let msg: String }
        struct Inner: Decodable { let message: String }

        let text: String?

        private enum Key: String, CodingKey { case error, message, errors }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            text =
                (try? container.decodeIfPresent(String.self, forKey: .error))
                ?? (try? container.decodeIfPresent(Inner.self, forKey: .error))?.message
                ?? (try? container.decodeIfPresent(String.self, forKey: .message))
                ?? (try? container.decodeIfPresent([Detail].self, forKey: .errors))?.first?.msg
        }
    }
}

/// The envelope of Jaeger's API around a list.
private struct JaegerList<Element: Decodable & Comparable & Hashable>: Decodable {
    let data: [Element]?

    var sorted: [Element] { Set(data ?? []).sorted() }
}

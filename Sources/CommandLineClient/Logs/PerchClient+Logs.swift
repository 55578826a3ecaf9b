internal import ByteCoding
internal import Foundation
internal import TelemetryModel

/// The API of Loki (below `/loki`) of the same server, and what it has for logs beside that.
extension PerchClient {
    /// What a query of LogQL was answered with.
    enum LogAnswer: Sendable {
        /// In the order of the answer: stream by stream.
        case lines([LogEntry], warnings: [String])
        case numbers(QueryReply)
    }

    /// Which of the lines of a time are wanted, where there are more than may be.
    enum LogOrder: String, Sendable {
        case forward, backward
    }

    /// Asks the server to say of which kind each label is.
    static let categorizesLabels = Request.Parameter(name: "X-Loki-Response-Encoding-Flags", value: "categorize-labels")

    /// Evaluates a query over a range of time.
    ///
    /// - Parameter stepMilliseconds: the distance between numbers; nil leaves it to the server.
    /// - Throws: ``ClientError`` with status `usage` and the place of the fault where the query is wrong.
    func logs(
        _ query: String, in range: TimeSpan, limit: Int, order: LogOrder, stepMilliseconds: Int64? = nil
    ) async throws(ClientError) -> LogAnswer {
        var parameters: [Request.Parameter] = [
            .init(name: "query", value: query), .init(name: "start", value: String(range.start)),
            .init(name: "end", value: String(range.end)), .init(name: "limit", value: String(limit)),
            .init(name: "direction", value: order.rawValue),
        ]
        if let stepMilliseconds { parameters.append(.init(name: "step", value: "\(stepMilliseconds)ms")) }
        return try await logAnswer(Request(path: "/loki/api/v1/query_range", parameters: parameters, isForm: true))
    }

    /// Evaluates a query for numbers at one time.
    func logNumbers(_ query: String, at time: UnixNanoseconds) async throws(ClientError) -> LogAnswer {
        let parameters: [Request.Parameter] = [.init(name: "query", value: query), .init(name: "time", value: String(time))]
        return try await logAnswer(Request(path: "/loki/api/v1/query", parameters: parameters, isForm: true))
    }

    private func logAnswer(_ request: Request) async throws(ClientError) -> LogAnswer {
        var request = request
        request.headers = [PerchClient.categorizesLabels]
        let response = try await answer(request)
        try refuseLogs(response, request)
        let streams = try logStreams(response, request.path)
        if streams.resultType == "streams" { return .lines(streams.entries, warnings: streams.warnings) }
        do {
            let envelope = try JSONDecoder().decode(APIEnvelope<QueryPayload>.self, from: response.body)
            guard let payload = envelope.data else { throw unreadableLogs(request.path, "no data") }
            return .numbers(QueryReply(payload.result, warnings: envelope.warnings ?? [], infos: envelope.infos ?? []))
        } catch let error as ClientError {
            throw error
        } catch {
            throw unreadableLogs(request.path, "\(error)")
        }
    }

    /// The lines around one, oldest first, the line itself among them.
    ///
    /// - Parameter count: how many at each side.
    func surroundings(of entry: LogEntry, count: Int) async throws(ClientError) -> [LogEntry] {
        let labels = "{" + entry.stream.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") + "}"
        let request = Request(
            path: "/api/logs/context",
            parameters: [
                .init(name: "labels", value: labels), .init(name: "time", value: String(entry.time)),
                .init(name: "before", value: String(count)), .init(name: "after", value: String(count)),
            ], headers: [PerchClient.categorizesLabels])
        let response = try await answer(request)
        if response.status == 404 { return try await near(entry, labels, count) }
        try refuseLogs(response, request)
        return LogEntry.inOrder(try logStreams(response, request.path).entries)
    }

    /// How far from a line its neighbours are looked for where the server does not do so: an hour, in nanoseconds.
    private static let nearness: UInt64 = 3_600_000_000_000

    /// The lines around one within an hour, found by the selector of its stream.
    private func near(_ entry: LogEntry, _ selector: String, _ count: Int) async throws(ClientError) -> [LogEntry] {
        let time = UInt64(max(0, entry.time))
        let earlier = TimeSpan(start: time > PerchClient.nearness ? time - PerchClient.nearness : 0, end: time + 1)
        let later = TimeSpan(start: time + 1, end: time + PerchClient.nearness)
        var found: [LogEntry] = []
        for (range, limit, order) in [(earlier, count + 1, LogOrder.backward), (later, count, .forward)] where limit > 0 {
            if case .lines(let entries, _) = try await logs(selector, in: range, limit: limit, order: order) { found += entries }
        }
        return LogEntry.inOrder(found.filter { $0.stream == entry.stream })
    }

    /// The lines that belong to a trace, oldest first; nil where the server keeps no logs, or cannot look for them so.
    func logs(of trace: TraceID, in range: TimeSpan, limit: Int) async throws(ClientError) -> [LogEntry]? {
        let request = Request(
            path: "/api/logs/trace/" + trace.hexadecimal,
            parameters: [
                .init(name: "start", value: String(range.start)), .init(name: "end", value: String(range.end)),
                .init(name: "limit", value: String(limit)),
            ], headers: [PerchClient.categorizesLabels])
        let response = try await answer(request)
        if response.status == 404 { return nil }
        try refuseLogs(response, request)
        return LogEntry.inOrder(try logStreams(response, request.path).entries)
    }

    /// The names of labels, or the values of one, for completion.
    func logNames(valuesOf label: String? = nil) async throws(ClientError) -> [String] {
        struct Names: Decodable { let data: [String]? }
        let name = label?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        let request = Request(path: name.map { "/loki/api/v1/label/\($0)/values" } ?? "/loki/api/v1/labels")
        let response = try await answer(request)
        try refuseLogs(response, request)
        do { return try JSONDecoder().decode(Names.self, from: response.body).data ?? [] } catch {
            throw unreadableLogs(request.path, "\(error)")
        }
    }

    private func logStreams(_ response: Response, _ path: String) throws(ClientError) -> LogStreams {
        do throws(JSONError) { return try LogStreams(json: Array(response.body)) } catch { throw unreadableLogs(path, "\(error)") }
    }

    private func unreadableLogs(_ path: String, _ reason: String) -> ClientError {
        ClientError("\(baseURL)\(path) gave an answer that cannot be read: \(reason)")
    }

    private func refuseLogs(_ response: Response, _ request: Request) throws(ClientError) {
        try refuseLogs(response, path: request.path, query: request.parameters.first { $0.name == "query" }?.value ?? "")
    }

    /// - Throws: ``ClientError`` of an answer that is no success.
    func refuseLogs(_ response: Response, path: String, query: String) throws(ClientError) {
        switch response.status {
        case 200: return
        case 400: throw QueryFault(refusal(response), in: query).error
        case 404: throw ClientError("there is nothing at \(baseURL)\(path); is it a Perch that keeps logs?")
        default:
            let message = refusal(response)
            throw ClientError("\(baseURL)\(path) answered \(response.status)\(message.isEmpty ? "" : ": " + message)")
        }
    }
}

extension LogEntry {
    /// By time, oldest first; of equal times in the order in which they are given.
    static func inOrder(_ entries: [LogEntry]) -> [LogEntry] {
        entries.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    /// By time, newest first; of equal times in the order in which they are given.
    static func inReverseOrder(_ entries: [LogEntry]) -> [LogEntry] {
        entries.enumerated().sorted { $0.element.time == $1.element.time ? $0.offset < $1.offset : $0.element.time > $1.element.time }
            .map(\.element)
    }
}

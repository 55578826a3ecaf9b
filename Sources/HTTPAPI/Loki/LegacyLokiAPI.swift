internal import CivilCalendar
internal import HTTPTypes
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// The oldest form of Loki's API, under `/api/prom`, as far as it reads: some clients still speak it.
public struct LegacyLokiAPI: HTTPEndpoints {
    private let environment: LogEnvironment
    private let entriesMax: Int

    public init(_ environment: LogEnvironment, entriesMax: Int) {
        self.environment = environment
        self.entriesMax = entriesMax
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/prom/query", .get, .post, handler: LokiAPI.withPlainErrors { call in try await query(call) })
        routes.on("/api/prom/label", .get, .post, handler: LokiAPI.withPlainErrors { call in try await names(call, of: nil) })
        let values = LokiAPI.withPlainErrors { call in try await names(call, of: call.pathParameter("name")) }
        routes.on("/api/prom/label/{name}/values", .get, .post, handler: values)
    }

    /// Lines; with `regexp`, those of them that match it.
    private func query(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let text = parameters["query"] ?? ""
        let range = try parameters.orderedLogRange(now: environment.now())
        var options = LogOptions(start: range.start, end: range.end, limit: try parameters.logLimit())
        options.direction = try parameters.logDirection()
        let pattern = parameters["regexp"]
        let (engine, source, entriesMax) = (environment.engine, environment.source, entriesMax)
        return try await environment.answer(call, .init(.range, text, in: range)) { [options] budget, cost in
            var query = try engine.parse(text)
            guard case .logs(var selector) = query.root else {
                throw QueryError(.badInput, "legacy endpoints only support streams result type")
            }
            if options.limit > entriesMax { throw LokiAPI.tooManyEntries(options.limit, entriesMax) }
            if let pattern { selector.stages.append(.lineFilter(LineFilter(.matches, [.init(pattern)]))) }
            query.root = .logs(selector)
            let result = try engine.logs(query, options, source: source, budget: budget)
            cost.note(result.statistics)
            var writer = JSONWriter()
            writer.legacyStreams(result)
            return .json(writer)
        }
    }

    /// The names of labels, or the values of one.
    private func names(_ call: APICall, of label: String?) async throws -> APIReply {
        let range = try await call.parameters().logRange(now: environment.now())
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(label == nil ? .names : .values, label ?? "", in: range)) { budget, _ in
            let names =
                try label.map { name in
                    try engine.labelValues(name, [], start: range.start, end: range.end, source: source, budget: budget)
                } ?? engine.labelNames([], start: range.start, end: range.end, source: source, budget: budget)
            var writer = JSONWriter()
            writer.beginObject()
            if !names.isEmpty {
                writer.name("values")
                writer.array(names)
            }
            writer.endObject()
            return .json(writer)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func legacyStreams(_ result: LogResult) {
        beginObject()
        name("streams")
        beginArray()
        for stream in result.streams(isCategorized: false) {
            beginObject()
            member("labels", stream.labels.description)
            name("entries")
            beginArray()
            for line in stream.lines {
                beginObject()
                member("ts", RFC3339.text(CivilTime(nanoseconds: result.times[line])))
                name("line")
                value(utf8: result.lines.bytes[result.lines.range(line)])
                endObject()
            }
            endArray()
            endObject()
        }
        endArray()
        endObject()
    }
}

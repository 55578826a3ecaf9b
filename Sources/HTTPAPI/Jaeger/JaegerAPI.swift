internal import ByteCoding
internal import HTTPTypes
internal import NIOCore
internal import OTLPFormat
internal import QueryModel
internal import TelemetryModel
internal import TraceQL

/// The query API of Jaeger, under `/jaeger`: the one that its UI and Grafana speak, and version 3 of it.
public struct JaegerAPI: HTTPEndpoints {
    /// What is put before every path.
    static let prefix = "/jaeger"

    let environment: TraceEnvironment
    /// Where the metrics of spans are; nil where there are none.
    let metrics: QueryEnvironment?

    private static let transformBytesMax = 64 << 20

    /// - Parameter metrics: the metric store with the metrics that are made from spans, for Jaeger's monitor; nil for none.
    public init(_ environment: TraceEnvironment, metrics: QueryEnvironment? = nil) {
        self.environment = environment
        self.metrics = metrics
    }

    public func addRoutes(to routes: inout Routes) {
        on("/api/services", &routes) { call in try await services(call) }
        on("/api/services/{service}/operations", &routes) { call in try await operationNames(call) }
        on("/api/operations", &routes) { call in try await operations(call) }
        on("/api/traces", &routes) { call in try await search(call) }
        on("/api/traces/{id}", &routes) { call in try await trace(call) }
        on("/api/dependencies", &routes) { call in try await dependencies(call) }
        on("/api/metrics/latencies", &routes) { call in try await monitor(call, .latencies) }
        on("/api/metrics/calls", &routes) { call in try await monitor(call, .calls) }
        on("/api/metrics/errors", &routes) { call in try await monitor(call, .errors) }
        routes.on(JaegerAPI.prefix + "/api/transform", .post) { call in await JaegerAPI.answer(call) { try await transform($0) } }
        addVersion3(to: &routes)
    }

    private func on(_ path: String, _ routes: inout Routes, _ handler: @escaping APIHandler) {
        routes.on(JaegerAPI.prefix + path, .get) { call in await JaegerAPI.answer(call, handler) }
    }

    private static func answer(_ call: APICall, _ handler: APIHandler) async -> APIReply {
        do {
            return try await handler(call)
        } catch {
            let failure = JaegerAPI.failure(error)
            return reply(errors: [JaegerError(code: failure.status.code, message: failure.message)], status: failure.status)
        }
    }

    /// What is told of an error.
    static func failure(_ error: any Error) -> APIFailure {
        switch error {
        case let failure as APIFailure: failure
        case let error as QueryError: APIFailure(error)
        case is CancellationError: APIFailure(.canceled, "the request was cancelled")
        default: APIFailure(.internal, "internal error: \(error)")
        }
    }

    // MARK: Traces

    private func search(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let search = try JaegerSearch(parameters, now: environment.now())
        _ = try parameters.jaegerFlag("raw")
        let ids = parameters.all("traceID").filter { !$0.isEmpty }
        if ids.isEmpty {
            return try await traces(call, search) { JaegerAPI.reply(traces: $0) }
        }
        var wanted: [TraceID] = []
        for text in ids {
            let id = try JaegerAPI.traceID(text, "cannot parse traceID param")
            if !wanted.contains(id) { wanted.append(id) }
        }
        let find = environment.trace
        return try await environment.answer(call, .init(.trace, ids.joined(separator: " "))) { [wanted] budget, _ in
            var found: [SpanBatch] = []
            var errors: [JaegerError] = []
            for id in wanted {
                if let batch = try find(id, budget), !batch.spans.isEmpty {
                    found.append(batch)
                } else {
                    errors.append(JaegerError(message: "trace not found", traceID: id))
                }
            }
            return JaegerAPI.reply(traces: found, errors: errors)
        }
    }

    /// Finds traces, the newest first, and hands them over whole.
    func traces(
        _ call: APICall, _ search: JaegerSearch, _ reply: @escaping @Sendable ([SpanBatch]) throws -> APIReply
    ) async throws -> APIReply {
        let text = search.query
        let (engine, source, find) = (environment.engine, environment.source, environment.trace)
        return try await environment.answer(call, .init(.search, text, in: search.range)) { budget, cost in
            var options = SearchOptions()
            options.range = search.range
            options.tracesMax = search.tracesMax
            options.spansPerSpanSet = 1
            options.mostRecent = true
            let result = try engine.search(try engine.parse(text), options, source: source, budget: budget)
            cost.note(result.statistics)
            var batches: [SpanBatch] = []
            batches.reserveCapacity(result.traces.count)
            for trace in result.traces {
                try budget.check()
                // One that is gone meanwhile is not answered.
                if let batch = try find(trace.traceID, budget), !batch.spans.isEmpty { batches.append(batch) }
            }
            return try reply(batches)
        }
    }

    private func trace(_ call: APICall) async throws -> APIReply {
        let id = try JaegerAPI.traceID(call.pathParameter("id"), "malformed traceID")
        let parameters = try await call.parameters()
        // Only hints where to look, which are not needed here; Grafana gives them in milliseconds, others in microseconds.
        _ = try parameters.jaegerTime("start", unit: 1_000)
        _ = try parameters.jaegerTime("end", unit: 1_000)
        _ = try parameters.jaegerFlag("raw")
        let find = environment.trace
        return try await environment.answer(call, .init(.trace, id.hexadecimal)) { budget, _ in
            guard let batch = try find(id, budget), !batch.spans.isEmpty else { throw APIFailure(.notFound, "trace not found") }
            return JaegerAPI.reply(traces: [batch])
        }
    }

    private func transform(_ call: APICall) async throws -> APIReply {
        let body = try await call.body(limit: JaegerAPI.transformBytesMax)
        return try await environment.answer(call, .init(.transform, "")) { _, _ in
            do throws(JSONError) {
                return JaegerAPI.reply(traces: try SpanBatch(otlpJSON: Array(body.readableBytesView)).byTrace)
            } catch {
                throw APIFailure(.badData, "cannot unmarshal OTLP: \(error)")
            }
        }
    }

    /// An id in hexadecimal digits, or in base64 as the JSON of protobuf has it.
    static func traceID(_ text: String, _ message: String) throws(APIFailure) -> TraceID {
        if let id = TraceID(hexadecimal: text) { return id }
        if text.utf8.count <= 24, let bytes = Base64.decode(text.utf8), bytes.count == 16 || bytes.count == 8 {
            let words = stride(from: 0, to: bytes.count, by: 8).map { start in
                bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            return TraceID(high: words.count == 2 ? words[0] : 0, low: words[words.count - 1])
        }
        throw APIFailure(.badData, "\(message): \(quoted(text)) is neither 1 to 32 hexadecimal digits nor base64 of 16 bytes")
    }

    // MARK: Services

    private func services(_ call: APICall) async throws -> APIReply {
        let source = environment.source
        return try await environment.answer(call, .init(.services, "services")) { budget, _ in
            let names = try ServiceCatalog(source: source, budget: budget).services()
            return JaegerAPI.reply(total: names.count) { $0.array(names) }
        }
    }

    private func operationNames(_ call: APICall) async throws -> APIReply {
        // Some clients escape it twice.
        let service = PercentDecoding.text(call.pathParameter("service").utf8, plusIsBlank: true)
        let given = call.pathParameter("service")
        let source = environment.source
        return try await environment.answer(call, .init(.services, given)) { budget, _ in
            let catalog = ServiceCatalog(source: source, budget: budget)
            var operations = try catalog.operations(of: given, kind: nil)
            if operations.isEmpty && service != given { operations = try catalog.operations(of: service, kind: nil) }
            let names = Set(operations.map(\.name)).sorted()
            return JaegerAPI.reply(total: names.count) { $0.array(names) }
        }
    }

    private func operations(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        guard let service = parameters["service"] else { throw APIFailure(.badData, "parameter 'service' is required") }
        let kind = try JaegerAPI.spanKind(parameters["spanKind"])
        let source = environment.source
        return try await environment.answer(call, .init(.services, service)) { budget, _ in
            let operations = try ServiceCatalog(source: source, budget: budget).operations(of: service, kind: kind)
            return JaegerAPI.reply(total: operations.count) { writer in
                writer.beginArray()
                for operation in operations {
                    writer.beginObject()
                    writer.member("name", operation.name)
                    writer.member("spanKind", JaegerWords.kind(operation.kind) ?? "")
                    writer.endObject()
                }
                writer.endArray()
            }
        }
    }

    /// A kind by its word; nil for all.
    static func spanKind(_ word: String?) throws(APIFailure) -> SpanKind? {
        guard let word else { return nil }
        if word == "unspecified" { return .unspecified }
        let kinds: [SpanKind] = [.internal, .server, .client, .producer, .consumer]
        guard let kind = kinds.first(where: { JaegerWords.kind($0) == word }) else {
            throw APIFailure(.badData, "unable to parse param 'spanKind': unsupported span kind: '\(word)'")
        }
        return kind
    }

    private func dependencies(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let end = try parameters.jaegerTime("endTs", unit: 1_000_000) ?? environment.now()
        let lookback = try parameters.jaegerTime("lookback", unit: 1_000_000) ?? 86_400_000_000_000
        let range = NanosecondRange(start: end > lookback ? end - lookback : 0, end: end)
        let service = parameters["service"]
        let source = environment.source
        return try await environment.answer(call, .init(.dependencies, service ?? "", in: range)) { budget, _ in
            var calls = try ServiceCatalog(source: source, budget: budget).calls(in: range)
            if let service { calls.removeAll { $0.parent != service && $0.child != service } }
            return JaegerAPI.reply(total: 0) { writer in
                writer.beginArray()
                for call in calls {
                    writer.beginObject()
                    writer.member("parent", call.parent)
                    writer.member("child", call.child)
                    writer.name("callCount")
                    writer.value(call.count)
                    writer.endObject()
                }
                writer.endArray()
            }
        }
    }
}

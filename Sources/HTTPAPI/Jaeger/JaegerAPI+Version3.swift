internal import CivilCalendar
internal import HTTPTypes
internal import NIOCore
internal import OTLPFormat
internal import QueryModel
internal import TelemetryModel
internal import TraceQL

extension JaegerAPI {
    func addVersion3(to routes: inout Routes) {
        on3("/api/v3/services", &routes) { call in try await services3(call) }
        on3("/api/v3/operations", &routes) { call in try await operations3(call) }
        on3("/api/v3/traces", &routes) { call in
            let search = try JaegerSearch(version3: try await call.parameters())
            return try await traces(call, search) { try JaegerAPI.reply(otlp: $0) }
        }
        on3("/api/v3/traces/{id}", &routes) { call in try await trace3(call) }
        on3("/api/v3/trace-summaries", &routes) { call in
            let search = try JaegerSearch(version3: try await call.parameters())
            return try await traces(call, search) { JaegerAPI.reply(summaries: $0) }
        }
    }

    private func on3(_ path: String, _ routes: inout Routes, _ handler: @escaping APIHandler) {
        routes.on(JaegerAPI.prefix + path, .get) { call in
            do {
                return try await handler(call)
            } catch {
                let failure = JaegerAPI.failure(error)
                var writer = JSONWriter()
                writer.beginObject()
                writer.name("error")
                writer.beginObject()
                writer.member("httpCode", failure.status.code)
                writer.member("message", failure.message)
                writer.endObject()
                writer.endObject()
                return .json(writer, status: failure.status)
            }
        }
    }

    private func services3(_ call: APICall) async throws -> APIReply {
        let source = environment.source
        return try await environment.answer(call, .init(.services, "services")) { budget, _ in
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("services")
            writer.array(try ServiceCatalog(source: source, budget: budget).services())
            writer.endObject()
            return .json(writer)
        }
    }

    private func operations3(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        guard let service = parameters["service"] else { throw APIFailure(.badData, "parameter 'service' is required") }
        let kind = try JaegerAPI.spanKind(parameters["spanKind"] ?? parameters["span_kind"])
        let source = environment.source
        return try await environment.answer(call, .init(.services, service)) { budget, _ in
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("operations")
            writer.beginArray()
            for operation in try ServiceCatalog(source: source, budget: budget).operations(of: service, kind: kind) {
                writer.beginObject()
                writer.member("name", operation.name)
                writer.member("spanKind", JaegerWords.kind(operation.kind) ?? "internal")
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return .json(writer)
        }
    }

    private func trace3(_ call: APICall) async throws -> APIReply {
        let id = try JaegerAPI.traceID(call.pathParameter("id"), "malformed parameter trace_id")
        let parameters = try await call.parameters()
        _ = try parameters.jaegerTime3("startTime", or: "start_time")
        _ = try parameters.jaegerTime3("endTime", or: "end_time")
        _ = try parameters.jaegerFlag(parameters["rawTraces"] == nil ? "raw_traces" : "rawTraces")
        let find = environment.trace
        return try await environment.answer(call, .init(.trace, id.hexadecimal)) { budget, _ in
            try JaegerAPI.reply(otlp: try find(id, budget).map { [$0] } ?? [])
        }
    }

    /// The spans of all traces in one `TracesData`, in the JSON of OTLP.
    private static func reply(otlp batches: [SpanBatch]) throws(APIFailure) -> APIReply {
        var whole = batches.first ?? SpanBatch()
        for batch in batches.dropFirst() { whole.append(batch) }
        if whole.spans.isEmpty { throw APIFailure(.notFound, "No traces found") }
        let json = whole.otlpJSON(.otlp)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(json.count + 16)
        buffer.writeString("{\"result\":")
        buffer.writeBytes(json)
        buffer.writeString("}")
        return APIReply(contentType: "application/json", body: [buffer])
    }

    private static func reply(summaries batches: [SpanBatch]) -> APIReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("summaries")
        writer.beginArray()
        for batch in batches { writer.jaegerSummary(batch) }
        writer.endArray()
        writer.endObject()
        return .json(writer)
    }
}

extension JSONWriter {
    /// `jaeger.api_v3.TraceSummary`.
    fileprivate mutating func jaegerSummary(_ batch: SpanBatch) {
        let ids = Set(batch.spans.map(\.spanID))
        let root = batch.spans.filter { !$0.parentSpanID.isValid }.min { $0.start < $1.start }
        let orphans = batch.spans.count { $0.parentSpanID.isValid && !ids.contains($0.parentSpanID) }
        let errors = batch.spans.count { $0.statusCode == .error }
        var services: [String: (spans: Int, errors: Int)] = [:]
        for span in batch.spans {
            let name = batch.resources[span.resource].serviceName ?? JaegerWords.unknownService
            services[name, default: (0, 0)].spans += 1
            if span.statusCode == .error { services[name]?.errors += 1 }
        }
        beginObject()
        name("traceId")
        hexadecimal(batch.spans[0].traceID.high, batch.spans[0].traceID.low)
        if let root {
            member("rootServiceName", batch.resources[root.resource].serviceName ?? JaegerWords.unknownService)
            member("rootOperationName", root.name)
        }
        name("minStartTimeUnixNano")
        quotedInteger(batch.spans.map(\.start).min() ?? 0)
        name("maxEndTimeUnixNano")
        quotedInteger(batch.spans.map { max($0.start, $0.end) }.max() ?? 0)
        member("spanCount", batch.spans.count)
        if errors > 0 { member("errorSpanCount", errors) }
        if orphans > 0 { member("orphanSpanCount", orphans) }
        name("services")
        beginArray()
        for (service, counts) in services.sorted(by: { $0.key < $1.key }) {
            beginObject()
            member("name", service)
            member("spanCount", counts.spans)
            if counts.errors > 0 { member("errorSpanCount", counts.errors) }
            endObject()
        }
        endArray()
        endObject()
    }
}

extension JaegerSearch {
    /// The parameters of `/api/v3/traces`, under the names of protobuf's JSON or those with underscores.
    fileprivate init(version3 parameters: FormParameters) throws(APIFailure) {
        func text(_ name: String, or other: String) -> (text: String, name: String)? {
            if let text = parameters["query." + name] { return (text, "query." + name) }
            return parameters["query." + other].map { ($0, "query." + other) }
        }
        service = text("serviceName", or: "service_name")?.text ?? ""
        operation = text("operationName", or: "operation_name")?.text ?? ""
        if let json = parameters["query.attributes"] {
            tags = try JaegerSearch.tags(json: json, "malformed parameter query.attributes")
        }
        if parameters["query.filter"] != nil {
            throw APIFailure(.badData, "query.filter is not supported; query.attributes is, and TraceQL under /tempo/api/search")
        }
        guard let start = try parameters.jaegerTime3("query.startTimeMin", or: "query.start_time_min"),
            let end = try parameters.jaegerTime3("query.startTimeMax", or: "query.start_time_max")
        else { throw APIFailure(.badData, "query.startTimeMin and query.startTimeMax are required") }
        if start >= end { throw APIFailure(.badData, "query.startTimeMin must be before query.startTimeMax") }
        range = NanosecondRange(start: start, end: end)
        if let (number, name) = text("searchDepth", or: "search_depth") ?? text("num_traces", or: "num_traces") {
            guard let limit = Int(number) else {
                throw APIFailure(.badData, "malformed parameter \(name): parsing \(quoted(number)): invalid syntax")
            }
            setLimit(limit)
        }
        for (name, other, path) in [
            ("durationMin", "duration_min", \JaegerSearch.durationMin), ("durationMax", "duration_max", \JaegerSearch.durationMax),
        ] {
            guard let (given, name) = text(name, or: other) else { continue }
            guard let duration = GoDuration.parse(given) else {
                throw APIFailure(.badData, "malformed parameter \(name): time: invalid duration \(quoted(given))")
            }
            self[keyPath: path] = duration
        }
        try checkDurations("query.durationMax must be greater than query.durationMin")
        _ = try parameters.jaegerFlag(text("rawTraces", or: "raw_traces")?.name ?? "query.rawTraces")
    }
}

extension FormParameters {
    /// A time in RFC 3339; nil where it is absent. The `+` of an offset may have come unescaped and so be a blank.
    fileprivate func jaegerTime3(_ name: String, or other: String) throws(APIFailure) -> UnixNanoseconds? {
        let used = self[name] == nil ? other : name
        guard let text = self[used] else { return nil }
        guard let time = RFC3339.parse(String(text.map { $0 == " " ? "+" : $0 })) else {
            throw APIFailure(.badData, "malformed parameter \(used): parsing time \(quoted(text)) as RFC 3339")
        }
        let seconds = min(max(time.secondsSince1970, 0), 18_446_744_072)
        return UInt64(seconds) * 1_000_000_000 + UInt64(time.nanosecond)
    }
}

internal import HTTPTypes
internal import QueryModel
internal import TelemetryModel
internal import TraceQL

extension TempoAPI {
    /// Traces by a TraceQL query, or by the older tags and durations.
    func search(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let text = parameters["q"]
        let tags = parameters["tags"]
        if text != nil && tags != nil {
            throw APIFailure(.badData, "invalid request: can't specify tags and q in the same query")
        }
        let range = try parameters.secondsRange()
        var options = SearchOptions()
        options.range = range ?? .all
        if let limit = try parameters.unsigned("limit") {
            if limit == 0 { throw APIFailure(.badData, "invalid limit: must be a positive number") }
            if limit > limits.tracesMax { throw APIFailure(.badData, "limit \(limit) exceeds max limit \(limits.tracesMax)") }
            options.tracesMax = Int(limit)
        }
        // 0 is for all spans.
        if let spans = try parameters.unsigned("spss") { options.spansPerSpanSet = spans == 0 ? .max : Int(spans) }
        let description = TraceQueryDescription(.search, text ?? tags ?? "", in: range)
        let format = TempoFormat(call.headers)
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, description) { [options] budget, cost in
            // Parsed here and not before, for that may take a while too.
            let query = try text.map { text throws(QueryError) in try searchQuery(text) } ?? tagsQuery(tags ?? "", parameters)
            let result = try engine.search(query, options, source: source, budget: budget)
            cost.note(result.statistics)
            return TempoAPI.reply(to: result, format)
        }
    }

    /// The query of a text; one that is nothing but hexadecimal digits asks for the trace of that id.
    private func searchQuery(_ text: String) throws(QueryError) -> TraceQuery {
        try checkLength(text)
        if text.utf8.count <= 32, TraceIDText.isDigitsOnly(text), let id = TraceID(hexadecimal: text) {
            return try environment.engine.parse("{ trace:id = \"\(id.hexadecimal)\" }")
        }
        return try environment.engine.parse(text)
    }

    /// The query that the older parameters stand for.
    private func tagsQuery(_ tags: String, _ parameters: FormParameters) throws -> TraceQuery {
        try checkLength(tags)
        let least = try duration("minDuration", parameters)
        let most = try duration("maxDuration", parameters)
        if let least, let most, most < least { throw APIFailure(.badData, "invalid maxDuration: must be greater than minDuration") }
        do throws(QueryError) {
            return try environment.engine.parse(
                tags: tags, minDuration: parameters["minDuration"], maxDuration: parameters["maxDuration"])
        } catch {
            throw APIFailure(.badData, "invalid tags: \(error.message)")
        }
    }

    private func duration(_ name: String, _ parameters: FormParameters) throws(APIFailure) -> Int64? {
        guard let text = parameters[name] else { return nil }
        guard let duration = GoDuration.parse(text) else {
            throw APIFailure(.badData, "invalid \(name): time: invalid duration \(quoted(text))")
        }
        return duration
    }

    /// - Throws: ``QueryError`` `badInput` for a text of more than ``Limits/queryBytesMax``.
    func checkLength(_ query: String) throws(QueryError) {
        if query.utf8.count > limits.queryBytesMax {
            throw QueryError(.badInput, "the query has \(query.utf8.count) bytes; at most \(limits.queryBytesMax) are taken")
        }
    }

    private static func reply(to result: SearchResult, _ format: TempoFormat) -> APIReply {
        switch format {
        case .json:
            var writer = JSONWriter()
            writer.searchResponse(result)
            return .json(writer)
        case .protobuf: return TempoFormat.reply(protobuf: TempoMessages.searchResponse(result))
        }
    }
}

extension JSONWriter {
    /// `tempopb.SearchResponse`. Its readers are strict: a member that the message does not have fails the whole answer.
    mutating func searchResponse(_ result: SearchResult) {
        beginObject()
        name("traces")
        beginArray()
        for trace in result.traces { traceSummary(trace) }
        endArray()
        name("metrics")
        searchMetrics(result.statistics)
        endObject()
    }

    private mutating func traceSummary(_ trace: TraceSummary) {
        beginObject()
        name("traceID")
        hexadecimal(trace.traceID.high, trace.traceID.low)
        if !trace.rootServiceName.isEmpty { member("rootServiceName", trace.rootServiceName) }
        if !trace.rootTraceName.isEmpty { member("rootTraceName", trace.rootTraceName) }
        name("startTimeUnixNano")
        quotedInteger(trace.start)
        name("durationMs")
        value(min(trace.durationMilliseconds, UInt64(UInt32.max)))
        name("spanSets")
        beginArray()
        for set in trace.spanSets { spanSet(set) }
        endArray()
        if !trace.serviceStatistics.isEmpty {
            name("serviceStats")
            beginObject()
            for service in trace.serviceStatistics {
                name(service.service)
                beginObject()
                member("spanCount", service.spanCount)
                if service.errorCount > 0 { member("errorCount", service.errorCount) }
                endObject()
            }
            endObject()
        }
        endObject()
    }

    private mutating func spanSet(_ set: SpanSetResult) {
        beginObject()
        name("spans")
        beginArray()
        for span in set.spans {
            beginObject()
            name("spanID")
            hexadecimal(span.spanID.bits)
            if !span.name.isEmpty { member("name", span.name) }
            name("startTimeUnixNano")
            quotedInteger(span.start)
            name("durationNanos")
            quotedInteger(span.duration)
            if !span.attributes.isEmpty {
                name("attributes")
                keyValues(span.attributes)
            }
            endObject()
        }
        endArray()
        member("matched", set.matched)
        if !set.attributes.isEmpty {
            name("attributes")
            keyValues(set.attributes)
        }
        endObject()
    }

    /// `tempopb.SearchMetrics`. Jobs and blocks are the tables that were looked at.
    mutating func searchMetrics(_ statistics: TraceQueryStatistics) {
        beginObject()
        member("inspectedTraces", statistics.inspectedTraces)
        name("inspectedBytes")
        quotedInteger(statistics.inspectedBytes)
        member("totalBlocks", statistics.tableCount)
        member("completedJobs", statistics.inspectedTables)
        member("totalJobs", statistics.inspectedTables)
        name("totalBlockBytes")
        quotedInteger(statistics.tableBytes)
        name("inspectedSpans")
        quotedInteger(statistics.inspectedSpans)
        endObject()
    }
}

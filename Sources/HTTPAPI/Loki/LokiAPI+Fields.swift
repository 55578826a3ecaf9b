internal import LabelMatching
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// What stands in lines: fields, their values, and patterns.
extension LokiAPI {
    /// Lines that patterns are looked for in.
    private static let patternLinesMax = 1_000_000
    /// Patterns of an answer.
    private static let patternsMax = 300

    func detectedFields(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let request = try FieldRequest(parameters, environment, entriesMax: settings.entriesMax)
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.fields, request.text, in: request.range)) { budget, _ in
            let query = try engine.parse(request.text)
            let fields = try engine.fields(query, request.options, fieldsMax: request.limit, source: source, budget: budget)
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("fields")
            writer.beginArray()
            for field in fields { writer.detectedField(field) }
            writer.endArray()
            writer.member("limit", request.limit)
            writer.endObject()
            return .json(writer)
        }
    }

    func detectedFieldValues(_ call: APICall) async throws -> APIReply {
        let name = call.pathParameter("name")
        let parameters = try await call.parameters()
        let request = try FieldRequest(parameters, environment, entriesMax: settings.entriesMax)
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.fields, request.text, in: request.range)) { budget, _ in
            let query = try engine.parse(request.text)
            let values = try engine.fieldValues(
                name, query, request.options, valuesMax: request.limit, source: source, budget: budget)
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("values")
            writer.array(values)
            writer.member("limit", request.limit)
            writer.endObject()
            return .json(writer)
        }
    }

    /// Patterns of the lines of the streams that a query selects; its further stages do not matter, as in Loki.
    func patterns(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let text = parameters["query"] ?? ""
        let range = try parameters.orderedLogRange(now: environment.now())
        let step = try parameters.logStep(range)
        guard case .logs(let selector) = try parser.parse(text).root else {
            throw QueryError(.badInput, "only log lines have patterns; this query asks for numbers")
        }
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.patterns, text, in: range)) { budget, _ in
            let patterns = try engine.patterns(
                selector.matchers, start: range.start, end: range.end, stepNanoseconds: step, linesMax: LokiAPI.patternLinesMax,
                source: source, budget: budget)
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("status", "success")
            writer.name("data")
            writer.beginArray()
            for pattern in patterns.prefix(LokiAPI.patternsMax) { writer.minedPattern(pattern) }
            writer.endArray()
            writer.endObject()
            return .json(writer)
        }
    }
}

/// What is asked about fields.
private struct FieldRequest: Sendable {
    let text: String
    let range: LogRange
    let options: LogOptions
    /// The most fields, or values, that are wanted.
    let limit: Int

    init(_ parameters: FormParameters, _ environment: LogEnvironment, entriesMax: Int) throws {
        text = parameters["query"] ?? ""
        range = try parameters.orderedLogRange(now: environment.now())
        let lines = try parameters.logLimit("line_limit")
        if lines > entriesMax { throw LokiAPI.tooManyEntries(lines, entriesMax) }
        options = LogOptions(start: range.start, end: range.end, limit: lines)
        limit = try parameters["limit"] == nil ? parameters.logLimit("field_limit", standard: 1_000) : parameters.logLimit()
        _ = try parameters.logStep(range)
    }
}

extension JSONWriter {
    fileprivate mutating func detectedField(_ field: DetectedField) {
        beginObject()
        member("label", field.label)
        member("type", field.type.rawValue)
        member("cardinality", field.cardinality)
        name("parsers")
        if field.parsers.isEmpty { null() } else { array(field.parsers) }
        if !field.jsonPath.isEmpty {
            name("jsonPath")
            array(field.jsonPath)
        }
        endObject()
    }

    fileprivate mutating func minedPattern(_ pattern: MinedPattern) {
        beginObject()
        member("pattern", pattern.pattern)
        member("level", pattern.level)
        name("samples")
        beginArray()
        for sample in pattern.samples {
            beginArray()
            value(Int(sample.time / 1_000_000_000))
            value(sample.count)
            endArray()
        }
        endArray()
        endObject()
    }
}

internal import HTTPTypes
internal import LabelMatching
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// What belongs together: the lines of a trace, and the lines around one. Answered as Loki's API answers lines, oldest first.
public struct LogCorrelationAPI: HTTPEndpoints {
    private let environment: LogEnvironment
    private let entriesMax: Int

    /// - Parameter entriesMax: the most lines of an answer.
    public init(_ environment: LogEnvironment, entriesMax: Int = 50_000) {
        self.environment = environment
        self.entriesMax = entriesMax
    }

    public func addRoutes(to routes: inout Routes) {
        let (trace, context) = (LokiAPI.withPlainErrors(trace), LokiAPI.withPlainErrors(context))
        routes.on("/api/logs/trace/{id}", .get, handler: trace)
        routes.on("/api/logs/context", .get, handler: context)
    }

    /// Lines that have the id of a trace in their structured metadata, or anywhere in their text. Without bounds, of all times.
    @Sendable private func trace(_ call: APICall) async throws -> APIReply {
        let text = call.pathParameter("id")
        guard let id = TraceID(hexadecimal: text), id.isValid else {
            throw APIFailure(.badData, "\(quoted(text)) is no trace id: 1 to 32 hexadecimal digits, not all of them zero")
        }
        let parameters = try await call.parameters()
        let range = LogRange(start: try parameters.logTime("start") ?? .min, end: try parameters.logTime("end") ?? .max)
        if range.end < range.start { throw APIFailure(.badData, FormParameters.endBeforeStart) }
        let limit = try limit(parameters, "limit", standard: 1_000)
        let flags = LogEncoding(call.headers)
        let (engine, source) = (environment.engine, environment.source)
        let description = LogQueryDescription(.trace, id.hexadecimal, in: range)
        return try await environment.answer(call, description) { budget, cost in
            let started = ContinuousClock.now
            let options = LogOptions(start: range.start, end: range.end, limit: limit, direction: .forward)
            var found = LogResult()
            for query in try TraceLogQueries.all(of: id) {
                found = LogResult.merged(found, try engine.logs(query, options, source: source, budget: budget), limit: limit)
            }
            cost.note(found.statistics)
            return LokiAPI.reply(to: found, flags, LogAnswerTimes(started, cost))
        }
    }

    /// The lines of one stream around a time: so many before it, all at it, and so many after it.
    @Sendable private func context(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        guard let text = parameters["labels"] else {
            throw APIFailure(.badData, "the parameter \"labels\" says which stream: {app=\"shop\"}")
        }
        let stream = try streamLabels(text)
        guard let time = try parameters.logTime("time") else {
            throw APIFailure(.badData, "the parameter \"time\" says around which time, in nanoseconds")
        }
        let before = try limit(parameters, "before", standard: 10, least: 0)
        let after = try limit(parameters, "after", standard: 10, least: 0)
        let flags = LogEncoding(call.headers)
        let (engine, source, entriesMax) = (environment.engine, environment.source, entriesMax)
        let description = LogQueryDescription(.context, text, in: LogRange(start: time, end: time))
        return try await environment.answer(call, description) { budget, cost in
            let started = ContinuousClock.now
            let lookUp = try StreamContext(stream, time: time, engine: engine, source: source, budget: budget)
            let found = try lookUp.find(before: before, after: after, atMost: entriesMax)
            cost.note(found.statistics)
            return LokiAPI.reply(to: found, flags, LogAnswerTimes(started, cost))
        }
    }

    private func limit(_ parameters: FormParameters, _ name: String, standard: Int, least: Int = 1) throws(APIFailure) -> Int {
        if least == 0, parameters[name] == "0" { return 0 }
        let limit = try parameters.logLimit(name, standard: standard)
        if limit > entriesMax { throw APIFailure(.badData, "\(name) \(limit) is more than the \(entriesMax) lines of an answer") }
        return limit
    }

    /// The labels of a selector that only says what labels are.
    private func streamLabels(_ text: String) throws -> LabelSet {
        let matchers = try LogQLParser().parseMatchers(text)
        guard matchers.allSatisfy({ $0.operator == .equal }) else {
            throw APIFailure(.badData, "the parameter \"labels\" names one stream: with = only")
        }
        return LabelSet(matchers.map { ($0.name, $0.value) })
    }
}

/// Queries that together find the lines of a trace, each line by exactly one of them.
enum TraceLogQueries {
    /// How senders call the id of a trace in the metadata of an entry.
    private static let names = ["trace_id", "traceid", "traceID", "traceId", "TraceId"]

    static func all(of id: TraceID) throws(QueryError) -> [LogQuery] {
        let digits = id.hexadecimal
        let beside = names.map { "\($0)=\"\(digits)\"" }.joined(separator: " or ")
        let notBeside = names.map { "| \($0)!=\"\(digits)\"" }.joined(separator: " ")
        let parser = LogQLParser()
        return [try parser.parseUnchecked("{} | \(beside)"), try parser.parseUnchecked("{} |= \"\(digits)\" \(notBeside)")]
    }
}

/// Looks for the lines of one stream around a time.
struct StreamContext {
    private let query: LogQuery
    private let stream: LabelSet
    private let time: Int64
    private let engine: LogQLEngine
    private let source: any LogSource
    private let budget: QueryBudget

    private static let hour: Int64 = 3_600_000_000_000
    /// How far it is looked, one after the other until there is enough: most streams have their next lines near.
    private static let reaches = [hour, 24 * hour, 30 * 24 * hour, Int64.max]

    init(
        _ stream: LabelSet, time: Int64, engine: LogQLEngine, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) {
        self.stream = stream
        self.time = time
        self.engine = engine
        self.source = source
        self.budget = budget
        var matchers = stream.map { LabelMatcher($0.name, equals: $0.value) }
        // Other streams may have further labels.
        var others: Set<String> = []
        for labels in try source.streams(LogSelection(matchers: matchers, start: .min, end: .max), budget: budget) {
            for label in labels where stream[label.name] == nil { others.insert(label.name) }
        }
        matchers += others.sorted().map { LabelMatcher($0, equals: "") }
        query = LogQuery(text: stream.description, root: .logs(LogSelector(matchers: matchers)))
    }

    func find(before: Int, after: Int, atMost limit: Int) throws(QueryError) -> LogResult {
        let (next, isLast) = time.addingReportingOverflow(1)
        let same = try lines(from: time, to: isLast ? .max : next, limit, .forward)
        let earlier = try reach(before) { (reach, count) throws(QueryError) in
            let (start, overflows) = time.subtractingReportingOverflow(reach)
            return try lines(from: overflows ? .min : start, to: time, count, .backward)
        }
        let later = try reach(after) { (reach, count) throws(QueryError) in
            let (end, overflows) = next.addingReportingOverflow(reach)
            return try lines(from: next, to: overflows || isLast ? .max : end, count, .forward)
        }
        return LogResult.merged(LogResult.merged(earlier.reversed, same, limit: .max), later, limit: .max)
    }

    /// Looks further and further until there are enough lines.
    private func reach(
        _ count: Int, _ look: (_ reach: Int64, _ count: Int) throws(QueryError) -> LogResult
    ) throws(QueryError) -> LogResult {
        var found = LogResult()
        if count == 0 { return found }
        for reach in StreamContext.reaches {
            found = try look(reach, count)
            if found.count >= count { break }
        }
        return found
    }

    private func lines(from start: Int64, to end: Int64, _ limit: Int, _ direction: LogDirection) throws(QueryError) -> LogResult {
        try engine.logs(query, LogOptions(start: start, end: end, limit: limit, direction: direction), source: source, budget: budget)
    }
}

extension LogResult {
    /// The lines in the opposite order.
    var reversed: LogResult {
        var result = LogResult()
        result.labels = labels
        result.statistics = statistics
        for line in (0..<count).reversed() { result.append(self, line, codeOffset: 0) }
        return result
    }

    /// Lines of two results that are oldest first, by time; of equal times those of the first before those of the second.
    static func merged(_ first: LogResult, _ second: LogResult, limit: Int) -> LogResult {
        var result = LogResult()
        result.labels = first.labels + second.labels
        var (a, b) = (0, 0)
        while result.count < limit, a < first.count || b < second.count {
            if b >= second.count || a < first.count && first.times[a] <= second.times[b] {
                result.append(first, a, codeOffset: 0)
                a += 1
            } else {
                result.append(second, b, codeOffset: Int32(first.labels.count))
                b += 1
            }
        }
        result.statistics = first.statistics
        result.statistics.linesProcessed += second.statistics.linesProcessed
        result.statistics.bytesProcessed += second.statistics.bytesProcessed
        result.statistics.tablesRead += second.statistics.tablesRead
        result.statistics.storedBytesRead += second.statistics.storedBytesRead
        result.statistics.entriesReturned = result.count
        return result
    }

    private mutating func append(_ other: LogResult, _ line: Int, codeOffset: Int32) {
        times.append(other.times[line])
        labelCodes.append(other.labelCodes[line] + codeOffset)
        lines.append(other.lines.bytes[other.lines.range(line)])
    }
}

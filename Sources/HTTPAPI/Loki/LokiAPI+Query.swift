internal import HTTPTypes
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// `query` and `query_range`: LogQL over HTTP.
extension LokiAPI {
    /// Lines, or numbers at every step of a range.
    func queryRange(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let text = parameters["query"] ?? ""
        let range = try parameters.orderedLogRange(now: environment.now())
        var options = LogOptions(start: range.start, end: range.end)
        options.limit = try parameters.logLimit()
        options.direction = try parameters.logDirection()
        let step = try parameters.logStep(range)
        options.intervalNanoseconds = try parameters.logInterval()
        let flags = LogEncoding(call.headers)
        let (engine, source, entriesMax) = (environment.engine, environment.source, settings.entriesMax)
        return try await environment.answer(call, .init(.range, text, in: range)) { [options] budget, cost in
            let started = ContinuousClock.now
            // Parsed here and not before, for that may take a while too.
            let query = try engine.parse(text)
            switch query.root {
            case .logs:
                if options.limit > entriesMax { throw LokiAPI.tooManyEntries(options.limit, entriesMax) }
                let result = try engine.logs(query, options, source: source, budget: budget)
                cost.note(result.statistics)
                return LokiAPI.reply(to: result, flags, LogAnswerTimes(started, cost))
            case .metric:
                let times = RangeOptions(start: range.start, end: range.end, stepNanoseconds: step)
                let answer = try engine.range(query, times, source: source, budget: budget)
                cost.note(answer.statistics)
                return LokiAPI.reply(to: answer, flags, LogAnswerTimes(started, cost))
            }
        }
    }

    /// Numbers at one time.
    func queryInstant(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let text = parameters["query"] ?? ""
        _ = try parameters.logLimit()
        let time = try parameters.logTime("time") ?? environment.now()
        _ = try parameters.logDirection()
        let flags = LogEncoding(call.headers)
        let (engine, source) = (environment.engine, environment.source)
        let description = LogQueryDescription(.instant, text, in: LogRange(start: time, end: time))
        return try await environment.answer(call, description) { budget, cost in
            let started = ContinuousClock.now
            let answer = try engine.instant(try engine.parse(text), time: time, source: source, budget: budget)
            cost.note(answer.statistics)
            return LokiAPI.reply(to: answer, flags, LogAnswerTimes(started, cost))
        }
    }

    static func tooManyEntries(_ limit: Int, _ most: Int) -> QueryError {
        QueryError(.badInput, "max entries limit per query exceeded, limit > max_entries_limit_per_query (\(limit) > \(most))")
    }

    static func reply(to result: LogResult, _ flags: LogEncoding, _ times: LogAnswerTimes) -> APIReply {
        var writer = JSONWriter()
        writer.beginLogAnswer("streams", flags)
        writer.streams(result, flags)
        writer.endLogAnswer(result.statistics, times)
        return .json(writer)
    }

    private static func reply(to answer: MetricAnswer, _ flags: LogEncoding, _ times: LogAnswerTimes) -> APIReply {
        var writer = JSONWriter()
        writer.beginLogAnswer(answer.value.type.rawValue, flags)
        writer.queryResultValue(answer.value)
        writer.endLogAnswer(answer.statistics, times)
        return .json(writer)
    }
}

/// What a client asks of the form of an answer, by the header `X-Loki-Response-Encoding-Flags`.
struct LogEncoding: Sendable, Hashable {
    private static let headerName = "X-Loki-Response-Encoding-Flags"
    static let categorizeLabels = "categorize-labels"

    /// Whether each entry says which of its labels come from where.
    var isCategorized = false

    init() {}

    init(_ headers: HTTPFields) {
        self.init(values: HTTPField.Name(LogEncoding.headerName).map { headers[values: $0] } ?? [])
    }

    init(values: [String]) {
        isCategorized = values.contains { value in
            value.split(separator: ",").contains { $0.filter { $0 != " " } == LogEncoding.categorizeLabels }
        }
    }
}

/// How long an answer took.
struct LogAnswerTimes: Sendable {
    var executionSeconds: Double
    var queueSeconds: Double

    init(_ started: ContinuousClock.Instant, _ cost: LogQueryCost) {
        executionSeconds = (ContinuousClock.now - started).seconds
        queueSeconds = cost.current.queueSeconds
    }
}

extension LogQueryCost {
    func note(_ statistics: LogStatistics) { note(lines: statistics.linesProcessed, bytes: statistics.bytesProcessed) }
}

internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
public import PerchMetrics
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// `/api/v1/query` and `/api/v1/query_range`: PromQL over HTTP.
public struct QueryAPI: HTTPEndpoints {
    private let environment: QueryEnvironment
    private let metrics: QueryMetrics

    /// The most steps that a range query may have.
    private static let stepsMax: Int64 = 11_000

    public init(_ environment: QueryEnvironment, metrics: MetricRegistry) {
        self.environment = environment
        self.metrics = QueryMetrics(metrics)
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/query", .get, .post) { call in try await instant(call) }
        routes.on("/api/v1/query_range", .get, .post) { call in try await range(call) }
        routes.onBriefly("/api/v1/query") { call in try answerBriefly(instant(call.parameters), metrics.instant) }
        routes.onBriefly("/api/v1/query_range") { call in try answerBriefly(range(call.parameters), metrics.range) }
    }

    private func instant(_ call: APICall) async throws -> APIReply {
        try await answer(call, instant(try await call.parameters()), metrics.instant)
    }

    private func range(_ call: APICall) async throws -> APIReply {
        try await answer(call, range(try await call.parameters()), metrics.range)
    }

    private func instant(_ parameters: FormParameters) throws(APIFailure) -> QueryRequest {
        let time = try parameters.time("time") ?? environment.now()
        return try QueryRequest(parameters, environment, times: .instant(time))
    }

    private func range(_ parameters: FormParameters) throws(APIFailure) -> QueryRequest {
        guard let start = try parameters.time("start", isOptional: false) else {
            throw APIFailure.parameter("start", "cannot parse \"\" to a valid timestamp")
        }
        guard let end = try parameters.time("end", isOptional: false) else {
            throw APIFailure.parameter("end", "cannot parse \"\" to a valid timestamp")
        }
        if end < start { throw APIFailure.parameter("end", "end timestamp must not be before start time") }
        guard let step = try parameters.duration("step") else {
            throw APIFailure.parameter("step", "cannot parse \"\" to a valid duration")
        }
        if step <= 0 {
            throw APIFailure.parameter(
                "step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        // The difference of two timestamps may exceed what one can say.
        let (length, overflows) = end.subtractingReportingOverflow(start)
        if overflows || length / step > QueryAPI.stepsMax {
            throw APIFailure(
                .badData,
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")
        }
        return try QueryRequest(parameters, environment, times: .range(start: start, end: end, stepMilliseconds: step))
    }

    private func answer(_ call: APICall, _ request: QueryRequest, _ metrics: QueryMetrics.Kind) async throws -> APIReply {
        let run = QueryRun(request: request, environment: environment, metrics: metrics, origin: { Self.origin(of: call) })
        do {
            let reply = try await self.run(call, request, run.work)
            run.finish()
            return reply
        } catch let error as QueryError {
            throw run.failure(error)
        }
    }

    private static func origin(of call: APICall) -> QueryLog.Origin {
        .client(address: call.channel.remoteAddress?.ipAddress ?? "", method: call.method.rawValue, path: call.request.uri.path)
    }

    /// Answers at once; nil where that takes a thread.
    private func answerBriefly(_ request: QueryRequest, _ metrics: QueryMetrics.Kind) throws -> APIReply? {
        // What a query is logged with is not at hand here.
        if environment.queryLog?.isOn() == true { return nil }
        guard environment.source.answersBriefly, let kind = request.briefKind else { return nil }
        let run = QueryRun(request: request, environment: environment, metrics: metrics)
        do {
            guard let reply = try environment.brief.attempt(kind, { try run.work($0, 0) }) else { return nil }
            run.finish()
            return reply
        } catch let error as QueryError {
            throw run.failure(error)
        }
    }

    /// Runs the work here and now where it is brief, else on a thread.
    private func run(
        _ call: APICall, _ request: QueryRequest, _ work: @escaping @Sendable (QueryBudget, _ queueSeconds: Double) throws -> APIReply
    ) async throws -> APIReply {
        guard environment.source.answersBriefly, let kind = request.briefKind else {
            return try await environment.queries.run(timeout: request.timeout, channel: call.channel, work)
        }
        let brief = environment.brief
        if let reply = try brief.attempt(kind, { try work($0, 0) }) { return reply }
        return try await environment.queries.run(timeout: request.timeout, channel: call.channel) { budget, queueSeconds in
            let started = ContinuousClock.now
            defer { brief.note(kind, seconds: (ContinuousClock.now - started).seconds) }
            return try work(budget, queueSeconds)
        }
    }
}

/// One query while it is answered, and what is noted of it.
private struct QueryRun: Sendable {
    let request: QueryRequest
    let environment: QueryEnvironment
    let metrics: QueryMetrics.Kind
    private let started = ContinuousClock.now
    private let cost = QueryCost()
    /// Who asks; nil where that is not logged.
    private let origin: (@Sendable () -> QueryLog.Origin)?

    init(
        request: QueryRequest, environment: QueryEnvironment, metrics: QueryMetrics.Kind,
        origin: (@Sendable () -> QueryLog.Origin)? = nil
    ) {
        self.request = request
        self.origin = origin
        self.environment = environment
        self.metrics = metrics
    }

    @Sendable func work(_ budget: QueryBudget, _ queueSeconds: Double) throws -> APIReply {
        defer { cost.note(queueSeconds: queueSeconds, peakSamples: budget.peakSamples) }
        let answer = try request.evaluate(
            engine: environment.engine(), source: environment.source, budget: budget, queueSeconds: queueSeconds)
        cost.note(answer.statistics)
        metrics.samples.increment(by: answer.statistics.samplesRead)
        return request.encode(answer)
    }

    func finish() {
        if Rehearsal.isOn { return }
        metrics.finish("success", started)
        environment.slowQueries?.note(request.text, request.times, started, cost)
        environment.queryEnded?(request.text, (ContinuousClock.now - started).seconds, nil)
        log(error: nil)
    }

    private func log(error: String?) {
        guard let origin, let queryLog = environment.queryLog, queryLog.isOn() else { return }
        queryLog.note(request.text, request.times, cost.current.statistics, error: error, from: origin())
    }

    /// Notes a failure, and gives what to answer.
    func failure(_ error: QueryError) -> APIFailure {
        environment.slowQueries?.note(request.text, request.times, started, cost, error: error.message)
        environment.queryEnded?(request.text, (ContinuousClock.now - started).seconds, error.message)
        // Prometheus logs what it began to evaluate.
        if error.code != .badInput { log(error: error.message) }
        let failure = error.code == .badInput ? APIFailure.parameter("query", error.message) : APIFailure(error)
        if !Rehearsal.isOn { metrics.finish(failure.kind.rawValue, started) }
        return failure
    }
}

/// One query with its options, checked.
private struct QueryRequest: Sendable {
    let text: String
    let times: EvaluationTimes
    let timeout: TimeAmount
    let limit: Int?
    let lookbackMilliseconds: Int64?
    let statistics: String?
    let isExplained: Bool
    /// Results to reuse; nil where everything is to be computed.
    let reuse: ResultReuse?

    private static let briefPointsMax = 2_000

    init(_ parameters: FormParameters, _ environment: QueryEnvironment, times: EvaluationTimes) throws(APIFailure) {
        text = parameters["query"] ?? ""
        self.times = times
        limit = try parameters.limit()
        let wanted = try parameters.duration("timeout") ?? environment.timeoutMilliseconds
        timeout = .milliseconds(min(max(wanted, 0), environment.timeoutMilliseconds))
        // One of no length leaves the lookback of the server.
        let lookback = try parameters.duration("lookback_delta", failing: { "error parsing lookback delta duration: \($0)" })
        lookbackMilliseconds = lookback.flatMap { $0 > 0 ? $0 : nil }
        statistics = parameters["stats"]
        isExplained = try parameters.flag("explain")
        // Statistics are those of Prometheus, which computes everything.
        let reuses = try !parameters.flag("nocache") && statistics == nil
        reuse = reuses ? environment.results.map { ResultReuse($0, text: parameters["query"] ?? "") } : nil
    }

    /// What tells queries apart as long or brief; nil for those that need not be tried. Patterns are not, for they may take long to compile.
    var briefKind: Int? {
        if isExplained || timeout < .milliseconds(100) || text.utf8.count > 1_024 || text.utf8.contains(UInt8(ascii: "~")) { return nil }
        var hasher = Hasher()
        hasher.combine(text)
        if case .range(let start, let end, let step) = times {
            let count = (end - start) / step
            if count > 500 { return nil }
            hasher.combine(count)
        }
        return hasher.finalize()
    }

    func evaluate(
        engine: QueryEngine, source: any SeriesSource, budget: QueryBudget, queueSeconds: Double
    ) throws(QueryError) -> QueryAnswer {
        let clock = ContinuousClock()
        let begun = clock.now
        let expression = try engine.parse(text)
        if budget.isBrief && !expression.mayBeBrief { throw QueryError(.notBrief, "this takes more than a brief look") }
        let parsed = clock.now
        var explainClock: (@Sendable () -> Int64)?
        if isExplained { explainClock = { ContinuousClock.now.nanoseconds(since: begun) } }
        var answer = try engine.evaluate(
            expression, times: times, lookbackMilliseconds: lookbackMilliseconds, source: source, budget: budget, reusing: reuse,
            countsSteps: statistics == "all", explainClock: explainClock)
        if budget.isBrief && answer.value.pointCount > QueryRequest.briefPointsMax {
            throw QueryError(.notBrief, "this takes more than a brief look to write")
        }
        answer.statistics.queueSeconds = queueSeconds
        answer.statistics.preparationSeconds = (parsed - begun).seconds
        answer.statistics.evaluationSeconds = (clock.now - parsed).seconds
        return answer
    }

    func encode(_ answer: QueryAnswer) -> APIReply {
        var notices = Notices(answer.annotations, query: text)
        var value = answer.value
        if let limit {
            switch value {
            case .vector(let samples) where samples.count > limit:
                value = .vector(Array(samples.prefix(limit)))
                notices.warn(Notices.truncated)
            case .matrix(let series) where series.count > limit:
                value = .matrix(Array(series.prefix(limit)))
                notices.warn(Notices.truncated)
            default: break
            }
        }
        if let statistics, statistics != "all", statistics != "true" {
            notices.warn(
                "value \(quoted(statistics)) for parameter \"stats\" is deprecated and will be rejected in the next major release, "
                    + "use \"true\" or \"all\"")
        }
        return .success(notices) { writer in
            writer.beginObject()
            writer.queryResult(value)
            if statistics != nil { writer.statistics(answer.statistics) }
            if let explanation = answer.explanation { writer.explanation(explanation, answer.statistics) }
            writer.endObject()
        }
    }
}

extension QueryValue {
    /// How many values there are to write.
    fileprivate var pointCount: Int {
        switch self {
        case .vector(let samples): samples.count
        case .matrix(let series): series.reduce(0) { $0 + $1.samples.count }
        case .scalar, .string: 1
        }
    }
}

/// What is counted of queries.
private struct QueryMetrics: Sendable {
    struct Kind: Sendable {
        let name: String
        let duration: Histogram
        let samples: Counter
        let outcomes: LabelledFamily<Counter>

        func finish(_ outcome: String, _ started: ContinuousClock.Instant) {
            duration.record((ContinuousClock.now - started).seconds)
            outcomes.with(name, outcome).increment()
        }
    }

    let instant: Kind
    let range: Kind

    init(_ registry: MetricRegistry) {
        let durations = registry.histograms(
            "perch_query_duration_seconds", help: "Time that queries took, waiting included.", unit: "seconds", labelNames: "kind")
        let samples = registry.counter("perch_query_samples_read_total", help: "Samples that queries read from storage.")
        let outcomes = registry.counters("perch_queries_total", help: "Queries by how they ended.", labelNames: "kind", "outcome")
        instant = Kind(name: "instant", duration: durations.with("instant"), samples: samples, outcomes: outcomes)
        range = Kind(name: "range", duration: durations.with("range"), samples: samples, outcomes: outcomes)
    }
}

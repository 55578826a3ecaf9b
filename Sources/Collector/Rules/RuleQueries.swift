internal import HTTPAPI
internal import LabelMatching
internal import LogQL
internal import MetricStorage
internal import NIOCore
internal import NIOPosix
internal import PromQL
internal import QueryModel
internal import Rules
internal import Synchronization
internal import TelemetryModel
internal import TraceQL

/// The query languages over this process' storages, as rules ask them.
struct RuleQueries: RuleQuerying {
    var metrics: @Sendable () -> QueryEngine
    var series: any SeriesSource
    var logs: LogQLEngine
    var logSource: any LogSource
    var traces: TraceQLEngine
    var spanSource: any SpanSource
    /// What one query may hold.
    var samplesMax: Int
    var bytesMax: Int
    var timeoutMilliseconds: Int64
    /// Whose timers end queries that take too long.
    var timers: any EventLoopGroup
    /// Where queries in PromQL are told of.
    var log: QueryLog
    var ownTraces: OwnTraces
    let running = RunningBudgets()

    func vector(_ expression: RuleExpression, at time: Timestamp, window: Int64) throws(QueryError) -> [VectorSample] {
        try bounded { (budget) throws(QueryError) in
            switch expression {
            case .promQL(let expression):
                return try Self.elements(of: promQL(expression, at: time, budget).value)
            case .logQL(let query):
                let nanoseconds = time.multipliedReportingOverflow(by: 1_000_000).partialValue
                return try Self.elements(of: logs.instant(query, time: nanoseconds, source: logSource, budget: budget).value)
            case .traceQL(let query):
                return try spans(query, at: time, window: window, budget)
            }
        }
    }

    private func promQL(_ expression: Expression, at time: Timestamp, _ budget: QueryBudget) throws(QueryError) -> QueryAnswer {
        let started = ContinuousClock.now
        func note(_ statistics: QueryStatistics?, _ error: String?) {
            guard let group = RuleGroupAtWork.key else { return }
            ownTraces.note(
                OwnWork(
                    name: "rule", duration: ContinuousClock.now - started,
                    attributes: [("group", .text(group.name)), ("file", .text(group.file)), ("query", .text("\(expression)"))],
                    error: error))
            guard log.isOn() else { return }
            log.note("\(expression)", .instant(time), statistics, error: error, from: .ruleGroup(file: group.file, name: group.name))
        }
        do {
            let answer = try metrics().evaluate(expression, times: .instant(time), source: series, budget: budget)
            note(answer.statistics, nil)
            return answer
        } catch {
            note(nil, error.message)
            throw error
        }
    }

    private func spans(_ query: TraceQuery, at time: Timestamp, window: Int64, _ budget: QueryBudget) throws(QueryError) -> [VectorSample] {
        let end = UInt64(max(0, time)).multipliedReportingOverflow(by: 1_000_000).partialValue
        let start = UInt64(max(0, time - window)).multipliedReportingOverflow(by: 1_000_000).partialValue
        let options = MetricsOptions(range: NanosecondRange(start: start, end: end))
        let result = try traces.metricsInstant(query, options, source: spanSource, budget: budget)
        return result.series.compactMap { series in
            series.samples.first.map {
                VectorSample(labels: SpanLabels.labels(of: series.labels), timestamp: time, value: .float($0.value))
            }
        }
    }

    func newestSamples(_ matchers: [LabelMatcher], in range: TimeRange) throws(QueryError) -> [VectorSample] {
        try bounded { (budget) throws(QueryError) in
            let selected = try series.select(matchers, in: range, for: nil, budget: budget)
            var newest: [VectorSample] = []
            var columns = SampleColumns()
            for index in 0..<selected.count {
                try budget.check()
                try selected.read(index, into: &columns)
                guard let time = columns.timestamps.last, let value = columns.values.last else { continue }
                newest.append(VectorSample(labels: selected.labels(at: index), timestamp: time, value: .float(value)))
            }
            return newest
        }
    }

    /// Does work with a budget that ends it in time.
    private func bounded<Result>(_ work: (QueryBudget) throws(QueryError) -> Result) throws(QueryError) -> Result {
        let budget = QueryBudget(samplesMax: samplesMax, bytesMax: bytesMax)
        running.add(budget)
        defer { running.remove(budget) }
        let deadline = timers.next().scheduleTask(in: .milliseconds(timeoutMilliseconds)) { budget.expire() }
        defer { deadline.cancel() }
        return try work(budget)
    }
}

/// The budgets of the queries that run, so that all of them can be ended.
final class RunningBudgets: Sendable {
    private struct State: Sendable {
        var budgets: [ObjectIdentifier: QueryBudget] = [:]
        var isCanceled = false
    }

    private let state = Mutex(State())

    func add(_ budget: QueryBudget) {
        let isCanceled = state.withLock { state in
            state.budgets[ObjectIdentifier(budget)] = budget
            return state.isCanceled
        }
        if isCanceled { budget.cancel() }
    }

    func remove(_ budget: QueryBudget) { state.withLock { $0.budgets[ObjectIdentifier(budget)] = nil } }

    /// Ends all queries, also those that are still to come.
    func cancelAll() {
        let budgets = state.withLock { state in
            state.isCanceled = true
            return Array(state.budgets.values)
        }
        for budget in budgets { budget.cancel() }
    }
}

/// Labels of spans as labels of series.
enum SpanLabels {
    /// What is no letter or digit in a name becomes `_`, so that `resource.service.name` is `resource_service_name`. Attributes without a value are left
    /// out.
    static func labels(of attributes: [Attribute]) -> LabelSet {
        LabelSet(attributes.compactMap { attribute in text(attribute.value).map { (name(attribute.key), $0) } })
    }

    private static func name(_ key: String) -> String {
        var name = String(
            decoding: key.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    byte
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
        if name.isEmpty || name.first?.isNumber == true { name = "_" + name }
        return name
    }

    private static func text(_ value: AttributeValue) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let truth): truth ? "true" : "false"
        case .int(let number): "\(number)"
        case .double(let number): FloatText.general(number)
        case .empty, .bytes, .array, .map: nil
        }
    }
}

internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import RuleTesting
internal import Rules
internal import TelemetryModel

/// Gets what the expressions of rules gave in the past: from a server where it can answer them, else computed here from recording rules of the same
/// files that the server has no series of.
struct BacktestData {
    private let fetcher: HistoryFetcher
    private let engine: QueryEngine
    private let recomputes: Bool
    private let interval: @Sendable (RuleGroup) -> Int64
    /// Recording rules by the names of their metrics, with their groups.
    private let recording: [String: [(rule: Rule, group: RuleGroup)]]
    private var isStored: [String: Bool] = [:]
    /// Recorded metrics that are being computed, so that a circle is found.
    private var underWay: Set<String> = []
    /// What the person who asked should know.
    private(set) var remarks: [String] = []

    /// - Parameters:
    ///   - recomputes: whether recording rules of the files are computed even where the server has their series.
    ///   - interval: the time between two evaluations of a group; milliseconds.
    init(
        _ client: PerchClient, groups: [RuleGroup], features: LanguageFeatures, recomputes: Bool,
        interval: @escaping @Sendable (RuleGroup) -> Int64
    ) {
        fetcher = HistoryFetcher(client: client)
        var options = EngineOptions()
        options.features = features
        engine = QueryEngine(options: options)
        self.recomputes = recomputes
        self.interval = interval
        var recording: [String: [(rule: Rule, group: RuleGroup)]] = [:]
        for group in groups {
            for rule in group.rules where !rule.isAlerting { recording[rule.name, default: []].append((rule, group)) }
        }
        self.recording = recording
    }

    /// The values of a rule's expression at every step of a range.
    mutating func history(of rule: Rule, at times: TimeRange, step: Int64) async throws(ClientError) -> ExpressionHistory {
        guard case .promQL(let expression) = rule.expression else {
            throw .usage("\(rule.name) is a rule in \(rule.expression.language.rawValue); only PromQL can be replayed")
        }
        let reads = ExpressionReads(expression)
        if reads.names.known.contains("ALERTS") || reads.names.known.contains("ALERTS_FOR_STATE") {
            remarks.append("\(rule.name) reads series of alerts: those that are stored, not those of this replay")
        }
        var computed: [String] = []
        for name in reads.names.known.sorted() where recording[name] != nil {
            if try await needsComputing(name, times) { computed.append(name) }
        }
        if computed.isEmpty {
            do throws(ClientError) {
                return try await fetcher.history(of: rule.expression.text, at: times, step: step)
            } catch {
                throw ClientError("\(rule.name): \(error.message)", status: error.status)
            }
        }
        return try await computedHistory(of: rule, expression, reads, computed, at: times, step: step)
    }

    /// Whether the server has no series of a recorded metric, so that they have to be computed.
    private mutating func needsComputing(_ name: String, _ times: TimeRange) async throws(ClientError) -> Bool {
        if recomputes { return true }
        if let known = isStored[name] { return !known }
        // Looked for at a few hundred moments; a metric that is recorded at all is there at one of them.
        let step = max(1000, (times.end - times.start) / 300)
        let matcher = LabelMatcher(LabelName.metricName, equals: name)
        let found = try await fetcher.history(of: "count({\(matcher)})", at: times, step: step)
        isStored[name] = found.count > 0
        if found.count == 0 { remarks.append("\(name) is not stored; it is computed from its recording rule") }
        return found.count == 0
    }

    private mutating func computedHistory(
        of rule: Rule, _ expression: Expression, _ reads: ExpressionReads, _ computed: [String], at times: TimeRange, step: Int64
    ) async throws(ClientError) -> ExpressionHistory {
        if reads.isUnbounded {
            throw ClientError("\(rule.name) reads \(computed[0]), which is not stored, at times (@) that cannot be computed beforehand")
        }
        if reads.names.hasOthers {
            throw ClientError("\(rule.name) reads metrics without one name, and \(computed[0]), which is not stored: it cannot be computed")
        }
        let range = TimeRange(start: times.start - reads.before, end: times.end + reads.after)
        var source = MemorySource()
        for name in computed {
            guard underWay.insert(name).inserted else { throw ClientError("the recording rule \(name) reads what it records itself") }
            for (recordingRule, group) in recording[name] ?? [] {
                let step = interval(group)
                let start = range.start - (range.start % step + step) % step
                let found = try await history(of: recordingRule, at: TimeRange(start: start, end: range.end), step: step)
                found.recorded(by: recordingRule).add(to: &source, step: step)
            }
            underWay.remove(name)
        }
        for matchers in reads.selectors {
            let name = matchers.first { $0.name == LabelName.metricName && $0.operator == .equal }?.value
            if let name, computed.contains(name) { continue }
            let samples = try await fetcher.samples(of: matchers, in: range)
            for series in samples.series {
                for (time, value) in zip(series.times, series.values) { source.append(series.labels, time, .float(value)) }
            }
        }
        do throws(QueryError) {
            return try ExpressionHistory.evaluating(expression, at: times, step: step, over: source, engine: engine)
        } catch {
            throw ClientError("\(rule.name): \(error.message)")
        }
    }
}

internal import CivilCalendar
internal import RuleTesting
internal import Rules
public import TelemetryModel

/// `perch rules backfill`: evaluates recording rules over what a server has stored, and stores what they would have recorded.
public struct RulesBackfillCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var files: [String]
        /// `--since`
        public var since: String
        /// `--until`
        public var until: String?
        /// `--rule`: names of recorded metrics; none for all.
        public var rules: [String] = []
        /// `--interval`
        public var interval: String?
        /// `--dry-run`: whether nothing is stored.
        public var isDry = false
        public var features: [String] = []

        public init(files: [String], since: String) {
            self.files = files
            self.since = since
        }
    }

    /// Samples of one series that are to be stored.
    public struct Series: Sendable, Hashable {
        public var labels: LabelSet
        /// Rising.
        public var timestamps: [Timestamp] = []
        /// As long as ``timestamps``; stale markers among them.
        public var values: [Double] = []
    }

    /// Stores samples; gives how many were refused, and why.
    public typealias Store = @Sendable ([Series]) async throws(ClientError) -> (refused: Int, reason: String)

    private let client: PerchClient
    private let options: Options
    private let terminal: Terminal
    private let now: Timestamp
    private let store: Store

    public init(client: PerchClient, options: Options, terminal: Terminal, now: Timestamp, store: @escaping Store) {
        self.client = client
        self.options = options
        self.terminal = terminal
        self.now = now
        self.store = store
    }

    /// Evaluates and stores rule by rule, in the order of the files: a rule that reads what an earlier one records finds it.
    ///
    /// - Returns: `failure` where the server did not answer or refused samples, `usage` where a file or an option is wrong.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let rules = try chosenRules(output)
            let end =
                try options.until.map { (text) throws(ClientError) in try TimeArgument.time(text, now: now, option: "--until") } ?? now
            let start = try TimeArgument.start(options.since, end: end, now: now)
            guard start < end else { throw .usage("--since: the range would end before it starts") }
            let own = try options.interval.map { (text) throws(ClientError) in try TimeArgument.duration(text, option: "--interval") }
            let fallback = await ServerSettings.of(client).evaluationInterval
            var refused = 0
            for (rule, group) in rules {
                let step = own ?? group.intervalMilliseconds ?? fallback
                let times = TimeRange(start: start + (step - start % step) % step, end: end - end % step)
                refused += try await backfill(rule, group, at: times, step: step, output)
            }
            if refused > 0 { throw ClientError("\(counted(refused, "sample")) refused") }
        }
    }

    private func chosenRules(_ output: CommandOutput) throws(ClientError) -> [(rule: Rule, group: RuleGroup)] {
        let groups = try RuleFileInput.groups(options.files, try RuleOptions.read(options.features), output)
        var rules: [(rule: Rule, group: RuleGroup)] = []
        for group in groups { for rule in group.rules where !rule.isAlerting { rules.append((rule, group)) } }
        if !options.rules.isEmpty {
            let known = Set(rules.map(\.rule.name))
            if let unknown = options.rules.first(where: { !known.contains($0) }) {
                throw .usage("--rule: there is no recording rule \(unknown)")
            }
            rules.removeAll { !options.rules.contains($0.rule.name) }
        }
        if rules.isEmpty { throw .usage("there is no recording rule to evaluate") }
        return rules
    }

    /// - Returns: the number of samples that were refused.
    private func backfill(
        _ rule: Rule, _ group: RuleGroup, at times: TimeRange, step: Int64, _ output: CommandOutput
    ) async throws(ClientError) -> Int {
        guard case .promQL = rule.expression else {
            throw .usage("\(rule.name) is a rule in \(rule.expression.language.rawValue); only PromQL can be evaluated over the past")
        }
        let fetcher = HistoryFetcher(client: client)
        let offset = group.queryOffsetMilliseconds ?? 0
        var made = BackfilledSeries(rule: rule, step: step)
        var total = (samples: 0, refused: 0, reason: "")
        // What a rule with an offset writes at a time, it computes of the data of that time.
        let shifted = TimeRange(start: times.start - offset, end: times.end - offset)
        let parts = HistoryFetcher.parts(of: shifted, step: step)
        for (index, part) in parts.enumerated() {
            let history: ExpressionHistory
            do throws(ClientError) {
                history = try await fetcher.history(of: rule.expression.text, at: part, step: step, takesHistograms: false)
            } catch {
                throw ClientError("\(rule.name): \(error.message)", status: error.status)
            }
            let series = made.take(history, of: part)
            total.samples += series.reduce(0) { $0 + $1.values.count }
            if !options.isDry, !series.isEmpty {
                let reply = try await store(series)
                if total.refused == 0 { total.reason = reply.reason }
                total.refused += reply.refused
            }
            if terminal.isWindow {
                output.remark("\(rule.name): \(index + 1) of \(counted(parts.count, "part")), through \(moment(part.end))")
            }
        }
        var line = "\(rule.name)  \(counted(made.seriesCount, "series", "series")), \(counted(total.samples - total.refused, "sample"))"
        line += options.isDry ? " would be stored" : " stored"
        if total.refused > 0 { line += ", \(grouped(total.refused)) refused: \(total.reason)" }
        output.result(line + "\n")
        return total.refused
    }

    private func moment(_ time: Timestamp) -> String { RFC3339.text(CivilTime(milliseconds: time)) }
}

/// Makes of an expression's values, part by part, what a recording rule would have written.
struct BackfilledSeries {
    let rule: Rule
    let step: Int64
    /// Series that had a value at the last step of the part before.
    private var open: Set<LabelSet> = []
    private var known: Set<LabelSet> = []

    init(rule: Rule, step: Int64) {
        self.rule = rule
        self.step = step
    }

    var seriesCount: Int { known.count }

    /// Takes the values of the next part. Where a series ends, a stale marker says so, as the rule would have left one.
    mutating func take(_ history: ExpressionHistory, of part: TimeRange) -> [RulesBackfillCommand.Series] {
        var result: [RulesBackfillCommand.Series] = []
        var ending = open
        open = []
        for element in history.recorded(by: rule).series {
            var series = RulesBackfillCommand.Series(labels: element.labels)
            known.insert(element.labels)
            if ending.remove(element.labels) != nil, let first = element.times.first, first > part.start {
                series.timestamps.append(part.start)
                series.values.append(StaleMarker.value)
            }
            for (index, time) in element.times.enumerated() {
                series.timestamps.append(time)
                series.values.append(element.values[index])
                let following = index + 1 < element.times.count ? element.times[index + 1] : .max
                if following > time + step, time + step <= part.end {
                    series.timestamps.append(time + step)
                    series.values.append(StaleMarker.value)
                }
            }
            if element.times.last == part.end { open.insert(element.labels) }
            result.append(series)
        }
        for labels in ending.sorted() {
            result.append(.init(labels: labels, timestamps: [part.start], values: [StaleMarker.value]))
        }
        return result
    }
}

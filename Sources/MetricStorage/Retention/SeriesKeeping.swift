internal import LabelMatching
internal import TelemetryModel

/// How long each series is kept: by the first rule that it passes, else for the age that holds for all.
struct SeriesKeeping: Sendable {
    let age: Int64?
    let rules: [RetentionRule]

    /// All ages that there are; nil is for ever.
    var ages: [Int64?] { [age] + rules.map(\.keep) }

    /// The longest of them; nil is for ever.
    var longest: Int64? { ages.contains(nil) ? nil : ages.compactMap { $0 }.max() }

    /// How long a series is kept; nil is for ever.
    func keep(of labels: LabelSet) -> Int64? {
        guard let rule = rules.first(where: { $0.selector.matches(labels) }) else { return age }
        return rule.keep
    }

    /// The earliest time that samples of a series are shown of, now. Without rules, days go as a whole.
    func earliest(of labels: LabelSet, now: Timestamp) -> Timestamp {
        guard let rule = rules.first(where: { $0.selector.matches(labels) }) else { return .min }
        return rule.keep.map { SeriesKeeping.limit($0, now) } ?? .min
    }

    /// Whether a whole day is older than an age.
    static func isOver(_ day: Int, keep: Int64?, now: Timestamp) -> Bool { keep.map { day < cutoff($0, now) } ?? false }

    /// The first day that has samples younger than an age.
    static func cutoff(_ keep: Int64, _ now: Timestamp) -> Int { Day.of(limit(keep, now)) }

    private static func limit(_ keep: Int64, _ now: Timestamp) -> Timestamp {
        let limit = now.subtractingReportingOverflow(keep)
        return limit.overflow ? .min : limit.partialValue
    }

    /// Those of a shard's series (sorted) whose samples of a day are all too old now.
    func over(_ series: [UInt32], of index: some PostingSource, day: Int, now: Timestamp) throws -> [UInt32] {
        var rest = series
        var over: [UInt32] = []
        for rule in rules where !rest.isEmpty {
            let found = SeriesList.intersection(rest, try index.series(matching: rule.selector.matchers))
            if SeriesKeeping.isOver(day, keep: rule.keep, now: now) { over += found }
            rest = SeriesList.subtraction(rest, found)
        }
        if SeriesKeeping.isOver(day, keep: age, now: now) { over += rest }
        return SeriesList.normalized(over)
    }
}

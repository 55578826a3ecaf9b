internal import LabelMatching
internal import TelemetryModel

/// How long each stream is kept: by the first rule that it passes, else for the age that holds for all.
struct StreamKeeping: Sendable {
    let age: Int64?
    let rules: [LogRetentionRule]

    /// All ages that there are; nil is for ever.
    private var ages: [Int64?] { [age] + rules.map(\.keep) }

    /// The longest of them; nil is for ever.
    private var longest: Int64? { ages.contains(nil) ? nil : ages.compactMap { $0 }.max() }

    /// The earliest time that anything is kept of.
    func earliestOfAll(_ now: Int64) -> Int64 { StreamKeeping.limit(longest, now) }

    /// The first day that anything is kept of.
    func firstDay(_ now: Int64) -> Int { LogDay.of(earliestOfAll(now)) }

    /// The days before which some streams go: they change once in a day.
    func cutoffs(_ now: Int64) -> [Int] { ages.map { LogDay.of(StreamKeeping.limit($0, now)) } }

    /// The earliest time that entries of a stream are shown of, now. Without rules, days go as a whole.
    func earliest(of labels: LabelSet, _ now: Int64) -> Int64 {
        guard let rule = rules.first(where: { $0.selector.matches(labels) }) else {
            return rules.isEmpty ? .min : StreamKeeping.limit(age, now)
        }
        return StreamKeeping.limit(rule.keep, now)
    }

    private static func limit(_ keep: Int64?, _ now: Int64) -> Int64 {
        guard let keep else { return .min }
        let limit = now.subtractingReportingOverflow(keep)
        return limit.overflow ? .min : limit.partialValue
    }
}

internal import AlertModel
internal import LabelMatching
internal import TelemetryModel

/// For each inhibition rule the alerts that pass its source matchers, by the values of its equal labels: so that what inhibits an alert is looked
/// up, however many alerts there are.
struct InhibitionIndex: Sendable {
    /// A rule whose target matchers an alert passes.
    struct Target: Sendable {
        var rule: Int
        var equalLabels: LabelSet
        /// Whether the alert passes the source matchers as well.
        var isSource: Bool
    }

    private struct Bucket: Sendable {
        /// Numbers of alerts, rising: those that pass the source matchers only, and those that pass both lists.
        var oneSided: [Int] = []
        var twoSided: [Int] = []
        /// What was found last, and for which state of the alerts.
        var revision: UInt64 = .max
        var found: (oneSided: Int?, twoSided: Int?) = (nil, nil)
    }

    private let rules: [InhibitRule]
    private var buckets: [[LabelSet: Bucket]]

    init(_ rules: [InhibitRule]) {
        self.rules = rules
        buckets = Array(repeating: [:], count: rules.count)
    }

    /// The rules that can inhibit an alert.
    func targets(_ labels: LabelSet) -> [Target] {
        var targets: [Target] = []
        for (index, rule) in rules.enumerated() where passes(labels, rule.targetMatchers) {
            targets.append(
                Target(rule: index, equalLabels: labels.keeping(rule.equal), isSource: passes(labels, rule.sourceMatchers)))
        }
        return targets
    }

    mutating func insert(_ id: Int, _ labels: LabelSet) {
        forEachSource(labels) { bucket, isTarget in
            if isTarget { Self.insert(id, into: &bucket.twoSided) } else { Self.insert(id, into: &bucket.oneSided) }
        }
    }

    mutating func remove(_ id: Int, _ labels: LabelSet) {
        forEachSource(labels) { bucket, isTarget in
            if isTarget { Self.remove(id, from: &bucket.twoSided) } else { Self.remove(id, from: &bucket.oneSided) }
        }
    }

    /// An alert that inhibits the one with these targets now; nil where none does.
    ///
    /// - Parameter revision: differs whenever alerts or the time differ.
    mutating func source(of targets: [Target], in table: AlertTable, now: Timestamp, revision: UInt64) -> Int? {
        for target in targets {
            guard let index = buckets[target.rule].index(forKey: target.equalLabels) else { continue }
            let found = Self.refresh(&buckets[target.rule].values[index], table, now, revision)
            if let source = found.oneSided ?? (target.isSource ? nil : found.twoSided) { return source }
        }
        return nil
    }

    private static func refresh(
        _ bucket: inout Bucket, _ table: AlertTable, _ now: Timestamp, _ revision: UInt64
    ) -> (oneSided: Int?, twoSided: Int?) {
        if bucket.revision != revision {
            bucket.revision = revision
            bucket.found.oneSided = bucket.oneSided.first { !table.entries[$0].alert.isResolved(at: now) }
            bucket.found.twoSided = bucket.twoSided.first { !table.entries[$0].alert.isResolved(at: now) }
        }
        return bucket.found
    }

    /// Calls the closure with each bucket that the alert belongs to as a source, and whether it is a target of the same rule.
    private mutating func forEachSource(_ labels: LabelSet, _ body: (inout Bucket, _ isTarget: Bool) -> Void) {
        for (index, rule) in rules.enumerated() where passes(labels, rule.sourceMatchers) {
            let key = labels.keeping(rule.equal)
            var bucket = buckets[index].removeValue(forKey: key) ?? Bucket()
            body(&bucket, passes(labels, rule.targetMatchers))
            bucket.revision = .max
            if !bucket.oneSided.isEmpty || !bucket.twoSided.isEmpty { buckets[index][key] = bucket }
        }
    }

    private func passes(_ labels: LabelSet, _ matchers: [LabelMatcher]) -> Bool { matchers.allSatisfy { $0.matches(labels) } }

    private static func place(_ id: Int, in ids: [Int]) -> Int {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func insert(_ id: Int, into ids: inout [Int]) {
        let place = place(id, in: ids)
        if place == ids.count || ids[place] != id { ids.insert(id, at: place) }
    }

    private static func remove(_ id: Int, from ids: inout [Int]) {
        let place = place(id, in: ids)
        if place < ids.count, ids[place] == id { ids.remove(at: place) }
    }
}

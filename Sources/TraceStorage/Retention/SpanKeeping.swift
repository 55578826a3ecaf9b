internal import TelemetryModel

/// How long each span is kept: by the first rule that its resource passes, else for the age that holds for all.
struct SpanKeeping: Sendable {
    /// Nanoseconds; nil is for ever.
    let age: UInt64?
    let rules: [TraceRetentionRule]

    /// All ages that there are; nil is for ever.
    var ages: [UInt64?] { [age] + rules.map(\.keep) }

    /// The longest of them; nil is for ever.
    var longest: UInt64? { ages.contains(nil) ? nil : ages.compactMap { $0 }.max() }

    /// Whether any span that started at a time may be hidden now.
    func mayHide(start: UInt64, now: UInt64) -> Bool {
        guard let shortest = rules.compactMap(\.keep).min() else { return false }
        return start < SpanKeeping.limit(shortest, now)
    }

    /// The first day that has spans younger than an age.
    static func cutoff(_ keep: UInt64, _ now: UInt64) -> Int { TraceDay.of(limit(keep, now)) }

    /// Whether a whole day is older than an age.
    static func isOver(_ day: Int, keep: UInt64?, now: UInt64) -> Bool { keep.map { day < cutoff($0, now) } ?? false }

    private static func limit(_ keep: UInt64, _ now: UInt64) -> UInt64 { now > keep ? now - keep : 0 }

    /// The earliest start of spans that stay, for each of some resources.
    ///
    /// - Parameter day: the day whose shard spans leave where they do not stay; nil where it is asked what is shown. Spans without a rule are shown as
    ///   long as they are there, and go with the day.
    func earliest(_ resources: [ResourceRecord], now: UInt64, leaving day: Int? = nil) -> [UInt64] {
        let others: UInt64 = day.map { SpanKeeping.isOver($0, keep: age, now: now) } ?? false ? .max : 0
        return resources.map { resource in
            guard let rule = rules.first(where: { $0.covers(resource.attributes) }) else { return others }
            return rule.keep.map { SpanKeeping.limit($0, now) } ?? 0
        }
    }

    /// Tells for each row of some columns whether it stays; nil where all do.
    func staying(_ columns: SpanColumns, now: UInt64, leaving day: Int? = nil) throws -> ((_ row: Int) -> Bool)? {
        if rules.isEmpty { return nil }
        var resources: [ResourceRecord] = []
        for number in 0..<columns.resources.count { resources.append(try StoredValue.resource(UInt32(number), columns.resources)) }
        let earliest = earliest(resources, now: now, leaving: day)
        if earliest.allSatisfy({ $0 == 0 }) { return nil }
        return { columns.starts[$0] >= earliest[Int(columns.resourceOf[$0])] }
    }
}

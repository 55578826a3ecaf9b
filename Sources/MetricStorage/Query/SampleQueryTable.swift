internal import ExpositionFormat
internal import LabelMatching
internal import SQLiteSupport
internal import ShardStorage
internal import TelemetryModel

/// The table `samples`, or with a row for each bucket of native histograms, `buckets`:
/// `samples(selector, since, until)`, where the arguments may be left out from the right.
final class SampleQueryTable: SQLiteTable {
    enum Kind { case samples, buckets }

    /// What a column shows.
    enum Column {
        case shard, series, metric, labels, time, value, histogram, start, lower, upper, count, selector, since, until, bits
    }

    let name: String
    let columns: [SQLiteTableColumn]
    let shown: [Column]
    let kind: Kind
    let rowEstimate: Double
    private let sources: [ShardSource]
    private let parse: (String) throws -> [LabelMatcher]

    /// - Parameter parse: reads a series selector as the query language writes it.
    init(_ kind: Kind, _ sources: [ShardSource], parse: @escaping (String) throws -> [LabelMatcher]) {
        self.kind = kind
        self.sources = sources
        self.parse = parse
        rowEstimate = sources.reduce(0) { $0 + $1.contents.pages.reduce(0) { $0 + Double($1.items) } }
        let all = Set([SQLiteTableColumn.Comparison.equal, .greater, .greaterOrEqual, .less, .lessOrEqual])
        let own: [(Column, SQLiteTableColumn)] =
            switch kind {
            case .samples:
                [
                    (.value, SQLiteTableColumn("value", "REAL")), (.histogram, SQLiteTableColumn("histogram", "TEXT")),
                    (.start, SQLiteTableColumn("start", "INTEGER")),
                ]
            case .buckets:
                [
                    (.lower, SQLiteTableColumn("lower", "REAL")), (.upper, SQLiteTableColumn("upper", "REAL")),
                    (.count, SQLiteTableColumn("count", "REAL")),
                ]
            }
        let every: [(Column, SQLiteTableColumn)] =
            [
                (.shard, SQLiteTableColumn("shard", "TEXT", taking: [.equal])),
                (.series, SQLiteTableColumn("series", "INTEGER", taking: [.equal])),
                (.metric, SQLiteTableColumn("metric", "TEXT", taking: [.equal])),
                (.labels, SQLiteTableColumn("labels", "TEXT")),
                (.time, SQLiteTableColumn("time", "INTEGER", taking: all)),
            ] + own + [
                (.selector, SQLiteTableColumn("selector", "TEXT", isHidden: true, taking: [.equal])),
                (.since, SQLiteTableColumn("since", "INTEGER", isHidden: true, taking: [.equal])),
                (.until, SQLiteTableColumn("until", "INTEGER", isHidden: true, taking: [.equal])),
                (.bits, SQLiteTableColumn("bits", "INTEGER", isHidden: true)),
            ]
        let present = kind == .samples ? every : every.filter { $0.0 != .bits }
        name = kind == .samples ? "samples" : "buckets"
        shown = present.map(\.0)
        columns = present.map(\.1)
    }

    func rows(where constraints: [SQLiteTableConstraint]) throws -> any SQLiteTableRows {
        var bounds = SampleScanBounds()
        var arguments: [Int: SQLiteValue] = [:]
        for constraint in constraints {
            switch shown[constraint.column] {
            case .time: bounds.limitTime(constraint.comparison, constraint.value)
            case .metric: bounds.limitName(constraint.value)
            case .series: bounds.limitSeries(constraint.value)
            case .shard: bounds.limitShard(constraint.value)
            case .selector:
                arguments[constraint.column] = constraint.value
                // Null stands for an argument that limits nothing.
                if case .text(let text) = constraint.value { bounds.matchers += try parse(text) }
            case .since: if let time = try time(constraint, &arguments) { bounds.raiseStart(time) }
            case .until: if let time = try time(constraint, &arguments) { bounds.lowerEnd(time) }
            default: break
            }
        }
        return SampleQueryRows(self, SampleScan(sources, bounds), arguments: arguments)
    }

    private func time(_ constraint: SQLiteTableConstraint, _ arguments: inout [Int: SQLiteValue]) throws -> Timestamp? {
        arguments[constraint.column] = constraint.value
        switch constraint.value {
        case .null: return nil
        case .integer(let time): return time
        default: throw TimeArgumentError()
        }
    }
}

private final class SampleQueryRows: SQLiteTableRows {
    private let table: SampleQueryTable
    private var scan: SampleScan
    private let arguments: [Int: SQLiteValue]
    private var buckets: [NativeHistogram.Bucket] = []
    private var bucketIndex = 0
    /// The labels shown last, which many rows share.
    private var labels: (of: LabelSet, text: String)?

    init(_ table: SampleQueryTable, _ scan: SampleScan, arguments: [Int: SQLiteValue]) {
        self.table = table
        self.scan = scan
        self.arguments = arguments
    }

    func next() throws -> Bool {
        guard table.kind == .buckets else { return try scan.next() }
        bucketIndex += 1
        while bucketIndex >= buckets.count {
            guard try scan.next() else { return false }
            guard let histogram = scan.current?.histogram else { continue }
            buckets = histogram.allBuckets.filter { $0.count != 0 }
            bucketIndex = 0
        }
        return true
    }

    func value(at column: Int) -> SQLiteValue {
        guard let place = scan.current else { return .null }
        return switch table.shown[column] {
        case .shard: .text(place.source.name)
        case .series: .integer(Int64(place.series))
        case .metric: place.labels.metricName.map { .text($0) } ?? .null
        case .labels: .text(text(of: place.labels))
        case .time: .integer(place.timestamp)
        case .value: place.value.map { .real($0) } ?? .null
        case .bits: place.value.map { .integer(Int64(bitPattern: $0.bitPattern)) } ?? .null
        case .histogram: place.histogram.map { .text(SampleLine.json($0)) } ?? .null
        case .start: place.start == 0 ? .null : .integer(place.start)
        case .lower: .real(buckets[bucketIndex].lower)
        case .upper: .real(buckets[bucketIndex].upper)
        case .count: .real(buckets[bucketIndex].count)
        case .selector, .since, .until: arguments[column] ?? .null
        }
    }

    private func text(of set: LabelSet) -> String {
        if let labels, labels.of == set { return labels.text }
        let text = SampleLine.json(set)
        labels = (set, text)
        return text
    }
}

internal import ByteCoding
internal import ExpositionFormat
internal import SQLiteSupport
internal import ShardStorage
internal import TelemetryModel

/// A table of the dictionary or the index of shards: rows are made shard by shard.
final class ShardQueryTable: SQLiteTable {
    let name: String
    let columns: [SQLiteTableColumn]
    let rowEstimate: Double
    private let sources: [ShardSource]
    private let fill: (ShardSource) throws -> [[SQLiteValue]]

    /// - Parameters:
    ///   - columns: those behind the first, which is the name of the shard.
    ///   - fill: the rows of a shard, without the first column.
    init(
        _ name: String, _ columns: [SQLiteTableColumn], _ sources: [ShardSource], rowEstimate: Int,
        fill: @escaping (ShardSource) throws -> [[SQLiteValue]]
    ) {
        self.name = name
        self.columns = [SQLiteTableColumn("shard", "TEXT", taking: [.equal])] + columns
        self.rowEstimate = Double(rowEstimate)
        self.sources = sources
        self.fill = fill
    }

    func rows(where constraints: [SQLiteTableConstraint]) -> any SQLiteTableRows {
        ShardQueryRows(sources.filter { source in constraints.allSatisfy { $0.value == .text(source.name) } }, fill)
    }
}

private final class ShardQueryRows: SQLiteTableRows {
    private var sources: ArraySlice<ShardSource>
    private let fill: (ShardSource) throws -> [[SQLiteValue]]
    private var shard = ""
    private var rows: [[SQLiteValue]] = []
    private var index = -1

    init(_ sources: [ShardSource], _ fill: @escaping (ShardSource) throws -> [[SQLiteValue]]) {
        self.sources = sources[...]
        self.fill = fill
    }

    func next() throws -> Bool {
        index += 1
        while index >= rows.count {
            guard let source = sources.popFirst() else { return false }
            shard = source.name
            rows = try fill(source)
            index = 0
        }
        return true
    }

    func value(at column: Int) -> SQLiteValue { column == 0 ? .text(shard) : rows[index][column - 1] }
}

extension ShardQueryTable {
    /// `series`: the dictionary.
    static func series(_ sources: [ShardSource]) -> ShardQueryTable {
        let columns = [
            SQLiteTableColumn("series", "INTEGER"), SQLiteTableColumn("metric", "TEXT"), SQLiteTableColumn("labels", "TEXT"),
        ]
        return ShardQueryTable("series", columns, sources, rowEstimate: seriesCount(sources)) { source in
            (0..<UInt32(source.contents.seriesCount)).compactMap { number in
                source.labels(of: number).map { labels in
                    [.integer(Int64(number)), labels.metricName.map { .text($0) } ?? .null, .text(SampleLine.json(labels))]
                }
            }
        }
    }

    /// `labels`: each label of each series.
    static func labels(_ sources: [ShardSource]) -> ShardQueryTable {
        let columns = [SQLiteTableColumn("series", "INTEGER"), SQLiteTableColumn("name", "TEXT"), SQLiteTableColumn("value", "TEXT")]
        return ShardQueryTable("labels", columns, sources, rowEstimate: seriesCount(sources) * 5) { source in
            (0..<UInt32(source.contents.seriesCount)).flatMap { number in
                (source.labels(of: number) ?? LabelSet()).map { [.integer(Int64(number)), .text($0.name), .text($0.value)] }
            }
        }
    }

    /// `pages`: what the table of pages says.
    static func pages(_ sources: [ShardSource]) -> ShardQueryTable {
        let columns = [
            "id", "seal", "level", "first_series", "last_series", "min_time", "max_time", "items", "bytes",
        ].map { SQLiteTableColumn($0, "INTEGER") }
        let count = sources.reduce(0) { $0 + $1.contents.pages.count }
        return ShardQueryTable("pages", columns, sources, rowEstimate: count) { source in
            source.contents.pages.map { page in
                [
                    page.id, Int64(bitPattern: page.seal), Int64(page.level), Int64(page.firstSeries), Int64(page.lastSeries),
                    page.minTime, page.maxTime, Int64(page.items), Int64(page.bytes),
                ].map { .integer($0) }
            }
        }
    }

    /// `exemplars`.
    static func exemplars(_ sources: [ShardSource]) -> ShardQueryTable {
        let columns = [
            SQLiteTableColumn("series", "INTEGER"), SQLiteTableColumn("metric", "TEXT"), SQLiteTableColumn("labels", "TEXT"),
            SQLiteTableColumn("time", "INTEGER"), SQLiteTableColumn("value", "REAL"), SQLiteTableColumn("exemplar", "TEXT"),
        ]
        return ShardQueryTable("exemplars", columns, sources, rowEstimate: seriesCount(sources)) { source in
            var rows: [[SQLiteValue]] = []
            for number in 0..<UInt32(source.contents.seriesCount) {
                try source.reader.forEachAttachment(of: number, from: .min, through: .max) { _, data in
                    do {
                        var bytes = ByteReader(data)
                        let exemplar = try HistogramCoding.decodeExemplar(&bytes)
                        guard let labels = source.labels(of: number) else { return }
                        rows.append([
                            .integer(Int64(number)), labels.metricName.map { .text($0) } ?? .null, .text(SampleLine.json(labels)),
                            .integer(exemplar.timestamp), .real(exemplar.value), .text(SampleLine.json(exemplar.labels)),
                        ])
                    } catch {
                        source.tell("an exemplar of series \(number)", error)
                    }
                }
            }
            return rows
        }
    }

    private static func seriesCount(_ sources: [ShardSource]) -> Int { sources.reduce(0) { $0 + $1.contents.seriesCount } }
}

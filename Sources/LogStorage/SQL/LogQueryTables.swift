internal import ByteCoding
public import LabelMatching
public import SQLiteSupport
internal import ShardStorage
internal import TelemetryModel

/// Tables for SQL over shard files of logs, of a running server or copied somewhere: `lines`, `streams` and `blocks`. Nothing is written. Used by one
/// thread.
///
/// The tables are described in `docs/storage-format.md`.
public enum LogQueryTables {
    /// Opens files, each as it is at this moment.
    ///
    /// - Parameters:
    ///   - parse: reads the selector that is an argument of `lines`.
    ///   - warn: told of every part that cannot be read; the rest is answered.
    /// - Throws: ``LogStorageError`` where a file is no shard of logs or cannot be opened.
    public static func tables(
        ofFiles files: [String], parse: @escaping (String) throws -> [LabelMatcher], warn: @escaping (String) -> Void
    ) throws(LogStorageError) -> [any SQLiteTable] {
        do {
            let shards = try files.map { try LogQueryShard(path: $0, warn: warn) }
            return [LineQueryTable(shards, parse: parse), LogShardTable.streams(shards), LogShardTable.blocks(shards)]
        } catch {
            throw LogStorageError(error, path: files.first ?? "")
        }
    }

    /// A label set as a JSON object.
    static func json(_ labels: LabelSet) -> String {
        var writer = JSONTextWriter()
        writer.beginObject()
        for label in labels {
            writer.name(label.name)
            writer.value(label.value)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// A table whose rows are made shard by shard.
final class LogShardTable: SQLiteTable {
    let name: String
    let columns: [SQLiteTableColumn]
    let rowEstimate: Double
    private let shards: [LogQueryShard]
    private let fill: (LogQueryShard) -> [[SQLiteValue]]

    /// - Parameters:
    ///   - columns: those behind the first, which is the name of the shard.
    ///   - fill: the rows of a shard, without the first column.
    private init(
        _ name: String, _ columns: [SQLiteTableColumn], _ shards: [LogQueryShard], rowEstimate: Int,
        fill: @escaping (LogQueryShard) -> [[SQLiteValue]]
    ) {
        self.name = name
        self.columns = [SQLiteTableColumn("shard", "TEXT", taking: [.equal])] + columns
        self.shards = shards
        self.rowEstimate = Double(rowEstimate)
        self.fill = fill
    }

    func rows(where constraints: [SQLiteTableConstraint]) -> any SQLiteTableRows {
        Rows(shards.filter { shard in constraints.allSatisfy { $0.value == .text(shard.name) } }, fill)
    }

    private final class Rows: SQLiteTableRows {
        private var shards: ArraySlice<LogQueryShard>
        private let fill: (LogQueryShard) -> [[SQLiteValue]]
        private var shard = ""
        private var rows: [[SQLiteValue]] = []
        private var index = -1

        init(_ shards: [LogQueryShard], _ fill: @escaping (LogQueryShard) -> [[SQLiteValue]]) {
            self.shards = shards[...]
            self.fill = fill
        }

        func next() -> Bool {
            index += 1
            while index >= rows.count {
                guard let next = shards.popFirst() else { return false }
                (shard, rows, index) = (next.name, fill(next), 0)
            }
            return true
        }

        func value(at column: Int) -> SQLiteValue { column == 0 ? .text(shard) : rows[index][column - 1] }
    }

    /// `streams`: what is in the blocks of each stream; copies that several blocks have count in each.
    static func streams(_ shards: [LogQueryShard]) -> LogShardTable {
        struct Stream {
            var lines: Int
            var times: ClosedRange<Int64>
        }
        let columns = [
            SQLiteTableColumn("labels", "TEXT"), SQLiteTableColumn("lines", "INTEGER"), SQLiteTableColumn("first", "INTEGER"),
            SQLiteTableColumn("last", "INTEGER"),
        ]
        return LogShardTable("streams", columns, shards, rowEstimate: shards.count * 100) { shard in
            var streams: [LabelSet: Stream] = [:]
            for block in shard.blocks {
                guard let spans = shard.read(block, { try $0.streams() }) else { continue }
                for (number, labels) in spans.labels.enumerated() {
                    var stream = streams[labels] ?? Stream(lines: 0, times: spans.times[number])
                    stream.lines += Int(spans.starts[number + 1] - spans.starts[number])
                    stream.times =
                        min(
                            stream.times.lowerBound, spans.times[number].lowerBound)...max(
                            stream.times.upperBound, spans.times[number].upperBound)
                    streams[labels] = stream
                }
            }
            return streams.sorted { $0.key < $1.key }.map { labels, stream in
                [
                    .text(LogQueryTables.json(labels)), .integer(Int64(stream.lines)), .integer(stream.times.lowerBound),
                    .integer(stream.times.upperBound),
                ]
            }
        }
    }

    /// `blocks`: what the table of pages says.
    static func blocks(_ shards: [LogQueryShard]) -> LogShardTable {
        let columns = ["id", "seal", "level", "streams", "min_time", "max_time", "lines", "bytes"].map { SQLiteTableColumn($0, "INTEGER") }
        return LogShardTable("blocks", columns, shards, rowEstimate: shards.reduce(0) { $0 + $1.blocks.count }) { shard in
            shard.blocks.map { block in
                [
                    block.page.id, Int64(bitPattern: block.page.seal), Int64(block.page.level), Int64(block.page.lastSeries) + 1,
                    block.page.minTime, block.page.maxTime, Int64(block.page.items), Int64(block.page.bytes),
                ].map { .integer($0) }
            }
        }
    }
}

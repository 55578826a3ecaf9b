internal import LabelMatching
internal import SQLiteSupport
internal import ShardStorage
internal import TelemetryModel

/// The table `lines`: `lines(selector, since, until)`, where the arguments may be left out from the right.
final class LineQueryTable: SQLiteTable {
    /// What a column shows.
    enum Column: Int, CaseIterable {
        case shard, labels, time, line, metadata, selector, since, until
    }

    /// What a scan is limited to.
    struct Bounds {
        var times = SQLiteIntegerRange()
        var matchers: [LabelMatcher] = []
        /// Names of files; nil for all.
        var shard: SQLiteValue?
        var isImpossible = false
    }

    let name = "lines"
    let columns: [SQLiteTableColumn]
    let rowEstimate: Double
    private let shards: [LogQueryShard]
    private let parse: (String) throws -> [LabelMatcher]

    /// - Parameter parse: reads a selector of streams as the query language writes it.
    init(_ shards: [LogQueryShard], parse: @escaping (String) throws -> [LabelMatcher]) {
        self.shards = shards
        self.parse = parse
        rowEstimate = shards.reduce(0) { $0 + $1.blocks.reduce(0) { $0 + Double($1.page.items) } }
        columns = [
            SQLiteTableColumn("shard", "TEXT", taking: [.equal]), SQLiteTableColumn("labels", "TEXT"),
            SQLiteTableColumn("time", "INTEGER", taking: [.equal, .greater, .greaterOrEqual, .less, .lessOrEqual]),
            SQLiteTableColumn("line", ""), SQLiteTableColumn("metadata", "TEXT"),
            SQLiteTableColumn("selector", "TEXT", isHidden: true, taking: [.equal]),
            SQLiteTableColumn("since", "INTEGER", isHidden: true, taking: [.equal]),
            SQLiteTableColumn("until", "INTEGER", isHidden: true, taking: [.equal]),
        ]
    }

    func rows(where constraints: [SQLiteTableConstraint]) throws -> any SQLiteTableRows {
        var bounds = Bounds()
        var arguments: [Int: SQLiteValue] = [:]
        for constraint in constraints {
            switch Column(rawValue: constraint.column) {
            case .time: bounds.times.limit(constraint.comparison, constraint.value)
            case .shard:
                if let shard = bounds.shard, shard != constraint.value { bounds.isImpossible = true }
                bounds.shard = constraint.value
            case .selector:
                arguments[constraint.column] = constraint.value
                // Null stands for an argument that limits nothing.
                if case .text(let text) = constraint.value { bounds.matchers += try parse(text) }
            case .since: if let time = try time(constraint, &arguments) { bounds.times.raiseStart(time) }
            case .until: if let time = try time(constraint, &arguments) { bounds.times.lowerEnd(time) }
            default: break
            }
        }
        return LineQueryRows(shards, bounds, arguments: arguments)
    }

    private func time(_ constraint: SQLiteTableConstraint, _ arguments: inout [Int: SQLiteValue]) throws -> Int64? {
        arguments[constraint.column] = constraint.value
        switch constraint.value {
        case .null: return nil
        case .integer(let time): return time
        default: throw LogTimeArgumentError()
        }
    }
}

/// A time given as an argument: nanoseconds since 1970.
struct LogTimeArgumentError: Error, CustomStringConvertible {
    let description = "a time has to be a number of nanoseconds since 1970"
}

/// Walks blocks one after the other. Only what a statement asks for is read: without the lines, no lines.
private final class LineQueryRows: SQLiteTableRows {
    private static let linesAtOnce = 4096

    private let bounds: LineQueryTable.Bounds
    private let arguments: [Int: SQLiteValue]
    private var shards: ArraySlice<LogQueryShard>
    private var shard: LogQueryShard?
    private var blocks: ArraySlice<LogQueryShard.Block> = []
    /// Of each block of the shard the rows that an earlier one has as well, by the block's number.
    private var doubled: [Int64: Set<Int32>] = [:]

    private var block: LogQueryShard.Block?
    private var frame = StoredLogFrame(streams: [], streamStarts: [0], times: [])
    private var rows: [Int32] = []
    private var index = -1
    private var stream = 0
    private var labels = ""
    /// The lines of some rows, from the one at `linesStart` on.
    private var lines = PackedTexts()
    private var linesStart = 0
    private var metadata: [(name: String, column: LogColumn)]?

    init(_ shards: [LogQueryShard], _ bounds: LineQueryTable.Bounds, arguments: [Int: SQLiteValue]) {
        self.bounds = bounds
        self.arguments = arguments
        let isEmpty = bounds.isImpossible || bounds.times.isEmpty
        self.shards = isEmpty ? [] : shards.filter { bounds.shard == nil || bounds.shard == .text($0.name) }[...]
    }

    func next() throws -> Bool {
        index += 1
        while index >= rows.count { guard beginBlock() else { return false } }
        let row = rows[index]
        let before = stream
        while frame.streamStarts[stream + 1] <= row { stream += 1 }
        if stream != before || labels.isEmpty { labels = LogQueryTables.json(frame.streams[stream]) }
        return true
    }

    /// Goes to the next block that has rows; false behind the last.
    private func beginBlock() -> Bool {
        block?.forget()
        block = nil
        while true {
            guard let next = blocks.popFirst() else {
                guard let next = shards.popFirst() else { return false }
                begin(next)
                continue
            }
            guard let shard, let found = shard.read(next, { try self.rows(of: $0, doubled[next.page.id] ?? []) }), !found.rows.isEmpty
            else {
                next.forget()
                continue
            }
            (block, frame, rows, index) = (next, found.frame, found.rows, 0)
            (stream, labels, lines, linesStart, metadata) = (0, "", PackedTexts(), 0, nil)
            return true
        }
    }

    private func begin(_ next: LogQueryShard) {
        shard = next
        let (start, end) = (bounds.times.start, bounds.times.end)
        // In the order in which they were written, as readers of the storage take them: the first of several copies counts.
        let own = next.blocks.filter { $0.page.minTime <= end && $0.page.maxTime >= start }
            .sorted { ($0.page.seal, $0.page.level, $0.page.id) < ($1.page.seal, $1.page.level, $1.page.id) }
            .filter { next.read($0, { _ = try $0.streams() }) != nil }
        doubled = [:]
        do {
            for (block, rows) in zip(own, try DuplicateRows().find(own.map(\.source))) { doubled[block.page.id] = Set(rows) }
        } catch {
            // What cannot be read of a block is told of when its rows are asked for.
        }
        blocks = own.sorted { ($0.page.minTime, $0.page.id) < ($1.page.minTime, $1.page.id) }[...]
    }

    private func rows(of source: BlockSource, _ dropped: Set<Int32>) throws -> (frame: StoredLogFrame, rows: [Int32]) {
        let frame = try source.frame()
        var rows: [Int32] = []
        for (stream, labels) in frame.streams.enumerated() where bounds.matchers.allSatisfy({ $0.matches(labels) }) {
            for row in frame.streamStarts[stream]..<frame.streamStarts[stream + 1] {
                let time = frame.times[Int(row)]
                if time >= bounds.times.start, time <= bounds.times.end, !dropped.contains(row) { rows.append(row) }
            }
        }
        return (frame, rows)
    }

    func value(at column: Int) throws -> SQLiteValue {
        switch LineQueryTable.Column(rawValue: column) {
        case .shard: return .text(shard?.name ?? "")
        case .labels: return .text(labels)
        case .time: return .integer(frame.times[Int(rows[index])])
        case .line: return line()
        case .metadata: return .text(metadataText())
        case .selector, .since, .until: return arguments[column] ?? .null
        case nil: return .null
        }
    }

    /// Text, or where it is not UTF-8 its bytes; null where it cannot be read.
    private func line() -> SQLiteValue {
        guard let block, let shard else { return .null }
        if !(linesStart..<linesStart + lines.count).contains(index) {
            let some = Array(rows[index..<min(index + LineQueryRows.linesAtOnce, rows.count)])
            lines = shard.read(block) { try $0.lines(of: some) } ?? PackedTexts()
            linesStart = index
            if lines.isEmpty { return .null }
        }
        let bytes = Array(lines.bytes[lines.range(index - linesStart)])
        return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .blob(bytes)
    }

    private func metadataText() -> String {
        if metadata == nil, let block, let shard {
            metadata = shard.read(block) { source in
                try source.metadataNames().sorted().compactMap { name in try source.metadata(name).map { (name, $0) } }
            }
        }
        var builder = LabelSetBuilder()
        for (name, column) in metadata ?? [] {
            let code = Int(column.codes[Int(rows[index])])
            if code >= 0 { builder.set(name, column.values.string(code)) }
        }
        return LogQueryTables.json(builder.build())
    }
}

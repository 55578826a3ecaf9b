internal import SQLiteSupport

extension ShardContents {
    /// Reads what a shard file has.
    ///
    /// - Parameter condition: which rows of the table of pages count.
    init(reading connection: SQLiteConnection, where condition: String = "true") throws {
        func number(_ key: String) throws -> Int64? { try connection.integer("SELECT value FROM meta WHERE key = '\(key)'") }
        sealedThrough = UInt64(bitPattern: try number("sealed_through") ?? 0)
        seriesCount = try ShardContents.seriesCount(connection, said: try number("series_count") ?? 0)
        revision = UInt64(bitPattern: try number("revision") ?? 0)
        startRevision = UInt64(bitPattern: try number("start_revision") ?? 0)
        marks = try ShardContents.marks(connection)
        isErasureDue = try number("erasure_due") ?? 0 != 0
        nextPage = (try connection.integer("SELECT max(id) FROM page") ?? 0) + 1
        hasStartRuns = try number("has_start_runs") == 1
        hasParts = try ShardContents.hasParts(connection)
        let select = try connection.statement(
            """
            SELECT id, seal, level, first_series, last_series, min_time, max_time, items, bytes FROM page WHERE \(condition)
            ORDER BY first_series, seal, id
            """)
        defer { select.reset() }
        while try select.step() {
            pages.append(
                ShardPage(
                    id: select.integer(at: 0), seal: UInt64(bitPattern: select.integer(at: 1)), level: Int(select.integer(at: 2)),
                    firstSeries: UInt32(truncatingIfNeeded: select.integer(at: 3)),
                    lastSeries: UInt32(truncatingIfNeeded: select.integer(at: 4)), minTime: select.integer(at: 5),
                    maxTime: select.integer(at: 6), items: Int(select.integer(at: 7)), bytes: Int(select.integer(at: 8))))
        }
    }

    /// How many series there are. Where the number is damaged it must neither trap nor have memory taken for what is not there, so it reaches
    /// no further than the groups of series do; that a row is not what was written is for verification to say.
    private static func seriesCount(_ connection: SQLiteConnection, said: Int64) throws -> Int {
        guard let last = try connection.integer("SELECT max(first) FROM series_group") else { return 0 }
        let group = Int64(Shard.seriesPerGroup)
        let reach = (min(max(last, 0), Int64(UInt32.max) - group) / group + 1) * group
        return Int(min(max(said, 0), reach))
    }

    private static func marks(_ connection: SQLiteConnection) throws -> [Int: ShardMark] {
        func numbers(_ prefix: String) throws -> [Int: UInt64] {
            let select = try connection.statement("SELECT key, value FROM meta WHERE key GLOB '\(prefix)*'")
            defer { select.reset() }
            var numbers: [Int: UInt64] = [:]
            while try select.step() {
                if let day = Int(select.text(at: 0).dropFirst(prefix.utf8.count)) {
                    numbers[day] = UInt64(bitPattern: select.integer(at: 1))
                }
            }
            return numbers
        }
        let next = try numbers("mark_next_")
        var marks: [Int: ShardMark] = [:]
        for (day, own) in try numbers("mark_day_") { marks[day] = next[day].map { ShardMark(day: own, next: $0) } }
        return marks
    }

    /// Whether a shard file has pages with parts.
    static func hasParts(_ connection: SQLiteConnection) throws -> Bool {
        try connection.integer("SELECT value FROM meta WHERE key = 'has_parts'") == 1
    }

    /// Which signal a shard file says it holds; empty where it does not say.
    static func signal(_ connection: SQLiteConnection) throws -> String {
        let select = try connection.statement("SELECT value FROM meta WHERE key = 'signal'")
        defer { select.reset() }
        return try select.step() ? select.text(at: 0) : ""
    }
}

internal import SQLiteSupport

/// The changes that one transaction makes to a shard. Used within ``Shard/write(_:)`` only.
public final class ShardTransaction {
    private let writer: ShardWriter
    private let connection: SQLiteConnection
    private var added: [ShardPage] = []
    private(set) var retired: [Int64] = []

    /// The shard as it was before the transaction, with the numbers that were set since.
    public private(set) var contents: ShardContents

    init(writer: ShardWriter, contents: ShardContents) {
        self.writer = writer
        connection = writer.connection
        self.contents = contents
    }

    /// Says that every journal segment up to this one is in the shard now.
    public func setSealedThrough(_ segment: UInt64) throws {
        try set("sealed_through", Int64(bitPattern: segment))
        contents.sealedThrough = segment
    }

    /// Says how many series there are now.
    public func setSeriesCount(_ count: Int) throws {
        try set("series_count", Int64(count))
        contents.seriesCount = count
    }

    /// Says that the transaction changes what samples there are.
    ///
    /// - Parameters:
    ///   - atStart: whether any of them may be at the first millisecond of the shard's day.
    ///   - least: the least number that the revision may have; numbers of journal segments do not come again with another file.
    public func noteChange(atStart: Bool, least: UInt64 = 0) throws {
        contents.revision = max(contents.revision + 1, least)
        try set("revision", Int64(bitPattern: contents.revision))
        guard atStart else { return }
        contents.startRevision = contents.revision
        try set("start_revision", Int64(bitPattern: contents.startRevision))
    }

    /// Keeps two numbers for a day, or forgets them.
    public func setMark(_ mark: ShardMark?, day: Int) throws {
        contents.marks[day] = mark
        for (key, value) in [("mark_day_\(day)", mark?.day), ("mark_next_\(day)", mark?.next)] {
            if let value {
                try set(key, Int64(bitPattern: value))
            } else {
                let delete = try connection.statement("DELETE FROM meta WHERE key = ?1")
                delete.bind(key, at: 1)
                try delete.run()
            }
        }
    }

    private func set(_ key: String, _ value: Int64) throws {
        let insert = try connection.statement("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")
        insert.bind(key, at: 1)
        insert.bind(value, at: 2)
        try insert.run()
    }

    /// The dictionary entry of the group that starts with a series, or nil.
    public func group(first: UInt32) throws -> [UInt8]? {
        let select = try connection.statement("SELECT data FROM series_group WHERE first = ?1")
        defer { select.reset() }
        select.bind(Int64(first), at: 1)
        return try select.step() ? select.bytes(at: 0) : nil
    }

    /// Lends the dictionary, group by group in rising order.
    public func forEachGroup(_ body: (_ first: UInt32, _ count: Int, _ data: [UInt8]) throws -> Void) throws {
        let select = try connection.statement("SELECT first, count, data FROM series_group ORDER BY first")
        defer { select.reset() }
        while try select.step() {
            try body(UInt32(truncatingIfNeeded: select.integer(at: 0)), Int(select.integer(at: 1)), select.bytes(at: 2))
        }
    }

    /// Writes the dictionary entry of a group of series, in place of an older one.
    public func putGroup(first: UInt32, count: Int, data: [UInt8]) throws {
        let insert = try connection.statement("INSERT OR REPLACE INTO series_group (first, count, data) VALUES (?1, ?2, ?3)")
        insert.bind(Int64(first), at: 1)
        insert.bind(Int64(count), at: 2)
        try insert.run(bytes: data, at: 3)
    }

    /// Adds series to those that have a label pair. Their numbers are greater than all that the pair had before.
    public func addPosting(name: String, value: String, first: UInt32, count: Int, series: [UInt8]) throws {
        let insert = try connection.statement("INSERT INTO posting (name, value, first, count, series) VALUES (?1, ?2, ?3, ?4, ?5)")
        insert.bind(name, at: 1)
        insert.bind(value, at: 2)
        insert.bind(Int64(first), at: 3)
        insert.bind(Int64(count), at: 4)
        try insert.run(bytes: series, at: 5)
    }

    /// Writes a page.
    ///
    /// - Parameter parts: what belongs to the page and is read piece by piece, by number (0 to 65,536). Most signals need none.
    public func addPage(
        seal: UInt64, level: Int, firstSeries: UInt32, lastSeries: UInt32, minTime: Int64, maxTime: Int64, items: Int, data: [UInt8],
        parts: [(number: Int, bytes: [UInt8])] = []
    ) throws {
        let insert = try connection.statement(
            """
            INSERT INTO page (seal, level, first_series, last_series, min_time, max_time, items, bytes, data, id)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """)
        let id = contents.nextPage
        contents.nextPage += 1
        insert.bind(id, at: 10)
        insert.bind(Int64(bitPattern: seal), at: 1)
        insert.bind(Int64(level), at: 2)
        insert.bind(Int64(firstSeries), at: 3)
        insert.bind(Int64(lastSeries), at: 4)
        insert.bind(minTime, at: 5)
        insert.bind(maxTime, at: 6)
        insert.bind(Int64(items), at: 7)
        let bytes = parts.reduce(data.count) { $0 + $1.bytes.count }
        insert.bind(Int64(bytes), at: 8)
        try insert.run(bytes: data, at: 9)
        try addParts(parts, ofPage: id)
        added.append(
            ShardPage(
                id: id, seal: seal, level: level, firstSeries: firstSeries, lastSeries: lastSeries,
                minTime: minTime, maxTime: maxTime, items: items, bytes: bytes))
    }

    private func addParts(_ parts: [(number: Int, bytes: [UInt8])], ofPage page: Int64) throws {
        if parts.isEmpty { return }
        if !contents.hasParts {
            try connection.execute(ShardWriter.partTable)
            try set("has_parts", 1)
            contents.hasParts = true
        }
        let insert = try connection.statement("INSERT INTO part (id, data) VALUES (?1, ?2)")
        for part in parts.sorted(by: { $0.number < $1.number }) {
            insert.bind(ShardPart.id(part.number, ofPage: page), at: 1)
            try insert.run(bytes: part.bytes, at: 2)
        }
    }

    /// The payload of a page, or nil.
    public func page(_ id: Int64) throws -> [UInt8]? {
        let select = try connection.statement("SELECT data FROM page WHERE id = ?1")
        defer { select.reset() }
        select.bind(id, at: 1)
        return try select.step() ? select.bytes(at: 0) : nil
    }

    /// Takes a page out of the contents. Its payload stays until no snapshot can ask for it.
    public func retirePage(_ id: Int64) throws {
        let insert = try connection.statement("INSERT OR IGNORE INTO retired_page (id) VALUES (?1)")
        insert.bind(id, at: 1)
        try insert.run()
        retired.append(id)
    }

    /// Writes what hangs on a series at one time, in place of what hung there.
    public func putAttachment(series: UInt32, time: Int64, data: [UInt8]) throws {
        let insert = try connection.statement("INSERT OR REPLACE INTO attachment (series, time, data) VALUES (?1, ?2, ?3)")
        insert.bind(Int64(series), at: 1)
        insert.bind(time, at: 2)
        try insert.run(bytes: data, at: 3)
    }

    /// Deletes what hangs on a series within a range of times, and the runs of starts that lie inside it.
    public func deleteAttachments(of series: UInt32, from minTime: Int64, through maxTime: Int64) throws {
        var statements = ["DELETE FROM attachment WHERE series = ?1 AND time BETWEEN ?2 AND ?3"]
        if contents.hasStartRuns { statements.append("DELETE FROM start_run WHERE series = ?1 AND first >= ?2 AND last <= ?3") }
        for statement in statements {
            let delete = try connection.statement(statement)
            delete.bind(Int64(series), at: 1)
            delete.bind(minTime, at: 2)
            delete.bind(maxTime, at: 3)
            try delete.run()
        }
    }

    /// Whether anything hangs on a series.
    public func hasAttachments(of series: UInt32) throws -> Bool {
        let select = try connection.statement("SELECT 1 FROM attachment WHERE series = ?1 LIMIT 1")
        defer { select.reset() }
        select.bind(Int64(series), at: 1)
        return try select.step()
    }

    /// The series lists of one label pair in rising order.
    public func postings(name: String, value: String) throws -> [(first: UInt32, count: Int, series: [UInt8])] {
        let select = try connection.statement("SELECT first, count, series FROM posting WHERE name = ?1 AND value = ?2 ORDER BY first")
        defer { select.reset() }
        select.bind(name, at: 1)
        select.bind(value, at: 2)
        var lists: [(first: UInt32, count: Int, series: [UInt8])] = []
        while try select.step() {
            lists.append((UInt32(truncatingIfNeeded: select.integer(at: 0)), Int(select.integer(at: 1)), select.bytes(at: 2)))
        }
        return lists
    }

    /// Deletes one of the series lists of a label pair.
    public func deletePosting(name: String, value: String, first: UInt32) throws {
        let delete = try connection.statement("DELETE FROM posting WHERE name = ?1 AND value = ?2 AND first = ?3")
        delete.bind(name, at: 1)
        delete.bind(value, at: 2)
        delete.bind(Int64(first), at: 3)
        try delete.run()
        contents.indexVersion += 1
    }

    /// Deletes the index, to write it again: its tables are made anew, so that nothing of the old ones is read.
    public func deleteAllPostings() throws {
        try connection.execute("DROP TABLE posting")
        try connection.execute(ShardWriter.postingTable)
        contents.indexVersion += 1
    }

    /// Says that something was deleted on a user's word, and bytes of it are to go from the file: see ``Shard/erase()``.
    public func requireErasure() throws {
        try set("erasure_due", 1)
        contents.isErasureDue = true
        contents.indexVersion += 1
    }

    /// Says since when items of a series, from `first` through `last`, have been counted. The table is made where it is missing: most
    /// shards need none.
    ///
    /// - Parameter seal: as of a page: what was written later holds.
    public func putStartRun(series: UInt32, seal: UInt64, first: Int64, last: Int64, start: Int64) throws {
        if !contents.hasStartRuns {
            try writer.createStartRuns()
            try set("has_start_runs", 1)
            contents.hasStartRuns = true
        }
        let insert = try connection.statement(
            "INSERT OR REPLACE INTO start_run (series, seal, first, last, start) VALUES (?1, ?2, ?3, ?4, ?5)")
        insert.bind(Int64(series), at: 1)
        insert.bind(Int64(bitPattern: seal), at: 2)
        insert.bind(first, at: 3)
        insert.bind(last, at: 4)
        insert.bind(start, at: 5)
        try insert.run()
    }

    /// The contents once the transaction is committed.
    func finishedContents() -> ShardContents {
        var finished = contents
        guard !added.isEmpty || !retired.isEmpty else { return finished }
        let gone = Set(retired)
        finished.pages.removeAll { gone.contains($0.id) }
        finished.pages += added
        finished.pages.sort { ($0.firstSeries, $0.seal, $0.id) < ($1.firstSeries, $1.seal, $1.id) }
        return finished
    }
}

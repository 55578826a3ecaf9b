internal import SQLiteSupport

/// A connection that reads a shard. Lent by ``Shard/read(_:)`` to one thread at a time, hence unchecked.
public final class ShardReader: @unchecked Sendable {
    private let connection: SQLiteConnection

    init(path: String) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 256)
        // Reads the definitions of the tables, so that what hinders reading shows here.
        _ = try connection.statement(ShardReader.selectPage)
    }

    private static let selectPage = "SELECT data FROM page WHERE id = ?1"

    init(connection: SQLiteConnection) { self.connection = connection }

    /// The payload of a page, or nil.
    public func page(_ id: Int64) throws -> [UInt8]? {
        let select = try connection.statement(ShardReader.selectPage)
        defer { select.reset() }
        select.bind(id, at: 1)
        return try select.step() ? select.bytes(at: 0) : nil
    }

    /// A part of a page, or nil.
    ///
    /// - Precondition: the page is one with parts.
    public func part(_ number: Int, ofPage page: Int64) throws -> [UInt8]? {
        let select = try connection.statement("SELECT data FROM part WHERE id = ?1")
        defer { select.reset() }
        select.bind(ShardPart.id(number, ofPage: page), at: 1)
        return try select.step() ? select.bytes(at: 0) : nil
    }

    /// The numbers of the parts of a page, rising.
    ///
    /// - Precondition: the page is one with parts.
    public func partNumbers(ofPage page: Int64) throws -> [Int] {
        let select = try connection.statement("SELECT id FROM part WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        defer { select.reset() }
        select.bind(ShardPart.id(0, ofPage: page), at: 1)
        select.bind(ShardPart.id(0, ofPage: page + 1) - 1, at: 2)
        var numbers: [Int] = []
        while try select.step() { numbers.append(Int(select.integer(at: 0) - ShardPart.id(0, ofPage: page))) }
        return numbers
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

    /// Lends the series lists of all label pairs, in the order of names, values and first series.
    public func forEachPosting(
        _ body: (_ name: String, _ value: String, _ first: Int64, _ count: Int, _ series: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let select = try connection.statement("SELECT name, value, first, count, series FROM posting ORDER BY name, value, first")
        defer { select.reset() }
        while try select.step() {
            let (name, value, first, count) = (select.text(at: 0), select.text(at: 1), select.integer(at: 2), Int(select.integer(at: 3)))
            try select.withBytes(at: 4) { try body(name, value, first, count, $0) }
        }
    }

    /// Lends the series lists of one label pair in rising order.
    public func forEachPosting(name: String, value: String, _ body: (_ count: Int, _ series: UnsafeRawBufferPointer) throws -> Void) throws
    {
        let select = try connection.statement("SELECT count, series FROM posting WHERE name = ?1 AND value = ?2 ORDER BY first")
        defer { select.reset() }
        select.bind(name, at: 1)
        select.bind(value, at: 2)
        while try select.step() {
            let count = Int(select.integer(at: 0))
            try select.withBytes(at: 1) { try body(count, $0) }
        }
    }

    /// Lends the values of a label with their series lists; a value may come several times in a row.
    public func forEachValue(
        of name: String, _ body: (_ value: UnsafeRawBufferPointer, _ count: Int, _ series: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let select = try connection.statement("SELECT value, count, series FROM posting WHERE name = ?1 ORDER BY value, first")
        defer { select.reset() }
        select.bind(name, at: 1)
        while try select.step() {
            let count = Int(select.integer(at: 1))
            try select.withBytes(at: 0) { value in try select.withBytes(at: 2) { try body(value, count, $0) } }
        }
    }

    /// The names of labels, sorted by bytes. Jumps from name to name.
    ///
    /// - Throws: also where a name is damaged: what it reads as may come before what it is, and would be found again and again.
    public func names() throws -> [String] {
        let first = try connection.statement("SELECT name FROM posting ORDER BY name LIMIT 1")
        guard try first.step() else { return [] }
        var names = [first.text(at: 0)]
        first.reset()
        let next = try connection.statement("SELECT name FROM posting WHERE name > ?1 ORDER BY name LIMIT 1")
        defer { next.reset() }
        while true {
            next.reset()
            let last = names[names.count - 1]
            next.bind(last, at: 1)
            guard try next.step() else { return names }
            let name = next.text(at: 0)
            guard last.utf8.lexicographicallyPrecedes(name.utf8) else {
                throw ShardStorageError(.corrupt, "the name of a label is damaged", path: connection.path)
            }
            names.append(name)
        }
    }

    /// Lends what hangs on a series within a range of times, in rising order.
    public func forEachAttachment(
        of series: UInt32, from minTime: Int64, through maxTime: Int64, _ body: (_ time: Int64, _ data: [UInt8]) throws -> Void
    ) throws {
        let select = try connection.statement(
            "SELECT time, data FROM attachment WHERE series = ?1 AND time BETWEEN ?2 AND ?3 ORDER BY time")
        defer { select.reset() }
        select.bind(Int64(series), at: 1)
        select.bind(minTime, at: 2)
        select.bind(maxTime, at: 3)
        while try select.step() { try body(select.integer(at: 0), select.bytes(at: 1)) }
    }

    /// Lends the runs of items of a series that were counted since one moment and concern a range of times, later written ones last.
    ///
    /// - Precondition: the shard has such runs (``ShardContents/hasStartRuns``).
    public func forEachStartRun(
        of series: UInt32, from minTime: Int64, through maxTime: Int64, _ body: (_ first: Int64, _ last: Int64, _ start: Int64) -> Void
    ) throws {
        let select = try connection.statement(
            "SELECT first, last, start FROM start_run WHERE series = ?1 AND last >= ?2 AND first <= ?3 ORDER BY seal, first")
        defer { select.reset() }
        select.bind(Int64(series), at: 1)
        select.bind(minTime, at: 2)
        select.bind(maxTime, at: 3)
        while try select.step() { body(select.integer(at: 0), select.integer(at: 1), select.integer(at: 2)) }
    }

    /// What tells that something changed in the file that holds no checksum of its own, one sentence each.
    public func changesOfRows() throws -> [String] {
        // All of it of one moment; where the reader is for one moment only, it is in a transaction already.
        guard connection.isInTransaction else {
            try connection.execute("BEGIN")
            defer { try? connection.execute("COMMIT") }
            return try ShardRows.problems(connection)
        }
        return try ShardRows.problems(connection)
    }

    /// What SQLite's own check finds wrong with the file.
    public func integrityProblems() throws -> [String] { try connection.integrityProblems() }
}

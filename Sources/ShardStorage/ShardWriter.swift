internal import SQLiteSupport

/// The connection of a shard that writes. Its connection is used under the lock `Shard.writer` only, hence unchecked.
final class ShardWriter: @unchecked Sendable {
    static let postingTable = """
        CREATE TABLE posting (
            name TEXT NOT NULL, value TEXT NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, series BLOB NOT NULL,
            PRIMARY KEY (name, value, first)
        ) WITHOUT ROWID;
        """
    static let tables = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE series_group (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL);
        \(postingTable)
        CREATE TABLE page (
            id INTEGER PRIMARY KEY, seal INTEGER NOT NULL, level INTEGER NOT NULL,
            first_series INTEGER NOT NULL, last_series INTEGER NOT NULL, min_time INTEGER NOT NULL, max_time INTEGER NOT NULL,
            items INTEGER NOT NULL, bytes INTEGER NOT NULL, data BLOB NOT NULL
        );
        CREATE TABLE retired_page (id INTEGER PRIMARY KEY);
        CREATE TABLE attachment (
            series INTEGER NOT NULL, time INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (series, time)
        ) WITHOUT ROWID;
        """

    static let startRunTable = """
        CREATE TABLE start_run (
            series INTEGER NOT NULL, seal INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            start INTEGER NOT NULL, PRIMARY KEY (series, seal, first)
        ) WITHOUT ROWID
        """

    static let partTable = "CREATE TABLE part (id INTEGER PRIMARY KEY, data BLOB NOT NULL)"

    let connection: SQLiteConnection
    private let path: String
    /// The sum of the rows that have no checksum of their own; it is in the file as well.
    private let rowSum = RowSum()
    /// Whether the file is of an older version, without the sum.
    private var lacksSum: Bool
    /// Whether the checksums of the file at rest are there.
    private(set) var hasSums: Bool

    /// Opens the file, creates its tables where it is new, and checks that it is ours.
    init(path: String, signal: String) throws {
        self.path = path
        hasSums = FileOperations.exists(ShardSums.path(ofShard: path))
        let connection = try SQLiteConnection(path: path, synchronous: .full, cacheKilobytes: 1024, autoVacuum: true)
        self.connection = connection
        let version = try connection.integer("PRAGMA user_version") ?? 0
        lacksSum = version != Shard.format
        switch version {
        case 0:
            guard try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 else {
                throw ShardStorageError(.corrupt, "is a database of something else", path: path)
            }
            try connection.transaction {
                try connection.execute(ShardWriter.tables)
                let insert = try connection.statement("INSERT INTO meta (key, value) VALUES ('signal', ?1)")
                insert.bind(signal, at: 1)
                try insert.run()
                try connection.execute("PRAGMA application_id = \(Shard.applicationID)")
                try connection.execute("PRAGMA user_version = \(Shard.format)")
                rowSum.value = try connection.rowSum(of: ShardRows.always)
                try writeRowSum()
            }
            lacksSum = false
        case Shard.oldestFormat...Shard.format:
            let found = try ShardContents.signal(connection)
            guard found == signal else { throw ShardStorageError(.corrupt, "holds \(found), not \(signal)", path: path) }
        case let other:
            throw ShardStorageError(.unsupportedVersion, "format \(other) is newer than this program's \(Shard.format)", path: path)
        }
        try keepRowSum()
    }

    private func keepRowSum() throws {
        let tables = try ShardRows.tables(of: connection)
        if let known = try connection.integer("SELECT value FROM meta WHERE key = '\(ShardRows.sumKey)'") {
            rowSum.value = UInt64(bitPattern: known)
        } else {
            rowSum.value = try connection.rowSum(of: tables)
        }
        try connection.keep(rowSum)
        for table in tables { try connection.follow(table) }
    }

    private func writeRowSum() throws {
        let insert = try connection.statement("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")
        insert.bind(ShardRows.sumKey, at: 1)
        insert.bind(Int64(bitPattern: rowSum.value), at: 2)
        try insert.run()
    }

    /// Makes the table of starts, where it is missing.
    func createStartRuns() throws {
        try connection.execute(ShardWriter.startRunTable)
        try connection.follow(ShardRows.startRuns)
    }

    /// Deletes what merges left behind, and reads what the shard has.
    func loadContents() throws -> ShardContents {
        if try connection.integer("SELECT count(*) FROM retired_page") != 0 {
            let hasParts = try ShardContents.hasParts(connection)
            try transaction {
                if hasParts { try connection.execute(ShardPart.deletion(ofPages: "SELECT id FROM retired_page")) }
                try connection.execute("DELETE FROM page WHERE id IN (SELECT id FROM retired_page)")
                try connection.execute("DELETE FROM retired_page")
            }
        }
        return try ShardContents(reading: connection)
    }

    func transaction(_ body: () throws -> Void) throws {
        try willChange()
        let before = rowSum.value
        do {
            try connection.transaction {
                try body()
                if lacksSum { try connection.execute("PRAGMA user_version = \(Shard.format)") }
                if lacksSum || rowSum.value != before { try writeRowSum() }
            }
            lacksSum = false
        } catch {
            rowSum.value = before
            throw error
        }
    }

    /// Deletes the checksums of the file at rest, for good, before it changes.
    private func willChange() throws {
        guard hasSums else { return }
        try FileOperations.delete(ShardSums.path(ofShard: path))
        try FileOperations.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        hasSums = false
    }

    /// Makes the checksums of the file at rest; false where readers keep its log from being emptied.
    func writeSums() throws -> Bool {
        if hasSums { return true }
        guard try connection.checkpoint() else { return false }
        try ShardSums.write(ofShard: path, pageBytes: Int(try connection.integer("PRAGMA page_size") ?? 4096))
        hasSums = true
        return true
    }

    func deletePages(_ pages: [Int64]) throws {
        let hasParts = try ShardContents.hasParts(connection)
        try transaction {
            for page in pages {
                if hasParts {
                    let delete = try connection.statement("DELETE FROM part WHERE id BETWEEN ?1 AND ?2")
                    delete.bind(ShardPart.id(0, ofPage: page), at: 1)
                    delete.bind(ShardPart.id(0, ofPage: page + 1) - 1, at: 2)
                    try delete.run()
                }
                for sql in ["DELETE FROM page WHERE id = ?1", "DELETE FROM retired_page WHERE id = ?1"] {
                    let delete = try connection.statement(sql)
                    delete.bind(page, at: 1)
                    try delete.run()
                }
            }
        }
    }

    /// Shortens the file by its free pages.
    func giveBackSpace() throws {
        guard try connection.integer("PRAGMA freelist_count") != 0 else { return }
        try willChange()
        try connection.execute("PRAGMA incremental_vacuum")
    }

    /// Copies what is there into fresh pages and empties the log; false where readers keep the log from being emptied.
    func erase() throws -> Bool {
        try willChange()
        try connection.execute("VACUUM")
        guard try connection.checkpoint() else { return false }
        try transaction { try connection.execute("DELETE FROM meta WHERE key = 'erasure_due'") }
        try connection.checkpoint()
        return true
    }

    /// Copies what is there into fresh pages.
    func rewrite() throws {
        try willChange()
        try connection.execute("VACUUM")
        try connection.checkpoint()
    }

    func checkpoint() throws { try connection.checkpoint() }

    func close() throws { try connection.close() }
}

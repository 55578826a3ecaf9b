internal import ByteCoding
internal import SQLiteSupport
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// What is known of metric families, in memory and in a small SQLite file.
final class MetadataTable: Sendable {
    /// Version 1 has no checksums.
    static let format: Int64 = 2
    /// The checksum is CRC32C of the four texts, each with its length in bytes (varint) before it.
    static let table = """
        CREATE TABLE metadata (
            family TEXT PRIMARY KEY, type TEXT NOT NULL, help TEXT NOT NULL, unit TEXT NOT NULL, checksum INTEGER NOT NULL
        ) WITHOUT ROWID
        """

    /// The connection is used under the lock only, hence unchecked.
    private final class File: @unchecked Sendable {
        let connection: SQLiteConnection
        init(connection: SQLiteConnection) { self.connection = connection }
    }

    private struct State: Sendable {
        var families: [[UInt8]: MetricMetadata] = [:]
        /// Nil while nothing is written: then SQLite's log and its index are not on the disk either.
        var file: File?
        var isClosed = false
    }

    private let path: String
    private let familiesMax: Int
    private let state: Mutex<State>

    /// - Parameter damaged: told of every row that is left out because it is damaged.
    init(path: String, familiesMax: Int, damaged: (String) -> Void) throws {
        self.path = path
        self.familiesMax = familiesMax
        let connection = try MetadataTable.open(path)
        let version = try connection.integer("PRAGMA user_version") ?? 0
        guard version <= MetadataTable.format else {
            throw ShardStorageError(
                .unsupportedVersion, "format \(version) is newer than this program's \(MetadataTable.format)", path: path)
        }
        var families: [[UInt8]: MetricMetadata] = [:]
        let hasRows = try connection.integer("SELECT 1 FROM sqlite_schema WHERE name = 'metadata'") != nil
        if hasRows {
            for row in try MetadataTable.rows(connection, hasChecksums: version == MetadataTable.format) {
                if row.isSound {
                    families[Array(row.family.utf8)] = row.metadata
                } else {
                    damaged("the metadata of \(quoted(row.family)) is damaged")
                }
            }
        }
        if version < MetadataTable.format {
            try connection.transaction {
                if hasRows { try connection.execute("DROP TABLE metadata") }
                try connection.execute(MetadataTable.table)
                for (family, metadata) in families {
                    try MetadataTable.write(String(decoding: family, as: UTF8.self), metadata, connection)
                }
                try connection.execute("PRAGMA user_version = \(MetadataTable.format)")
            }
        }
        state = Mutex(State(families: families, file: File(connection: connection)))
    }

    // MARK: Rows

    private struct Row {
        var family: String
        var metadata: MetricMetadata
        var isSound: Bool
    }

    private static func rows(_ connection: SQLiteConnection, hasChecksums: Bool) throws -> [Row] {
        let select = try connection.statement("SELECT family, type, help, unit\(hasChecksums ? ", checksum" : "") FROM metadata")
        defer { select.reset() }
        var rows: [Row] = []
        while try select.step() {
            let texts = (0..<4).map { select.text(at: $0) }
            rows.append(
                Row(
                    family: texts[0],
                    metadata: MetricMetadata(type: MetricType(rawValue: texts[1]) ?? .unknown, help: texts[2], unit: texts[3]),
                    isSound: !hasChecksums || select.integer(at: 4) == checksum(texts)))
        }
        return rows
    }

    private static func write(_ family: String, _ metadata: MetricMetadata, _ connection: SQLiteConnection) throws {
        let insert = try connection.statement(
            "INSERT OR REPLACE INTO metadata (family, type, help, unit, checksum) VALUES (?1, ?2, ?3, ?4, ?5)")
        let texts = [family, metadata.type.rawValue, metadata.help, metadata.unit]
        for (index, text) in texts.enumerated() { insert.bind(text, at: Int32(index + 1)) }
        insert.bind(checksum(texts), at: 5)
        try insert.run()
    }

    private static func checksum(_ texts: [String]) -> Int64 {
        var bytes: [UInt8] = []
        for text in texts { bytes.appendLengthPrefixed(text.utf8) }
        return Int64(CRC32C.checksum(bytes))
    }

    /// What is wrong with a file of metadata, one sentence each.
    static func problems(_ path: String) -> [String] {
        var problems = DatabaseFile.problems(path, format: format, definitions: table)
        do {
            let connection = try SQLiteConnection(path: path, mode: DatabaseFile.readingMode(path), cacheKilobytes: 64)
            guard try connection.integer("PRAGMA user_version") == format else { return problems }
            for row in try rows(connection, hasChecksums: true) where !row.isSound {
                problems.append("the metadata of \(quoted(row.family)) is not what its checksum says")
            }
        } catch {
            if problems.isEmpty { problems.append("\(error)") }
        }
        return problems
    }

    /// Sets what is known of a family; one family more than the limit is left out.
    func set(_ family: String, _ metadata: MetricMetadata) throws {
        let key = Array(family.utf8)
        try state.withLock { state in
            let known = state.families[key]
            guard known != metadata, known != nil || state.families.count < familiesMax, !state.isClosed else { return }
            let file = try state.file ?? File(connection: MetadataTable.open(path))
            state.file = file
            try MetadataTable.write(family, metadata, file.connection)
            state.families[key] = metadata
        }
    }

    func metadata(of family: String) -> MetricMetadata? { state.withLock { $0.families[Array(family.utf8)] } }

    /// Every family with what is known of it, sorted by name.
    var all: [(family: String, metadata: MetricMetadata)] {
        let families = state.withLock { $0.families }
        return families.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
    }

    private static func open(_ path: String) throws -> SQLiteConnection { try SQLiteConnection(path: path, cacheKilobytes: 64) }

    /// Closes the file until something is written.
    func rest() throws {
        try state.withLock { state in
            try state.file?.connection.close()
            state.file = nil
        }
    }

    func close() throws {
        state.withLock { $0.isClosed = true }
        try rest()
    }
}

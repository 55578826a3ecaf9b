internal import SQLiteSupport
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// What is known of metric families, in memory and in a small SQLite file.
final class MetadataTable: Sendable {
    static let format: Int64 = 1

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

    init(path: String, familiesMax: Int) throws {
        self.path = path
        self.familiesMax = familiesMax
        let connection = try MetadataTable.open(path)
        switch try connection.integer("PRAGMA user_version") ?? 0 {
        case 0:
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS metadata (
                    family TEXT PRIMARY KEY, type TEXT NOT NULL, help TEXT NOT NULL, unit TEXT NOT NULL
                ) WITHOUT ROWID;
                PRAGMA user_version = \(MetadataTable.format)
                """)
        case MetadataTable.format: break
        case let other:
            throw ShardStorageError(.unsupportedVersion, "format \(other) is newer than this program's \(MetadataTable.format)", path: path)
        }
        var families: [[UInt8]: MetricMetadata] = [:]
        let select = try connection.statement("SELECT family, type, help, unit FROM metadata")
        while try select.step() {
            families[Array(select.text(at: 0).utf8)] = MetricMetadata(
                type: MetricType(rawValue: select.text(at: 1)) ?? .unknown, help: select.text(at: 2), unit: select.text(at: 3))
        }
        state = Mutex(State(families: families, file: File(connection: connection)))
    }

    /// Sets what is known of a family; one family more than the limit is left out.
    func set(_ family: String, _ metadata: MetricMetadata) throws {
        let key = Array(family.utf8)
        try state.withLock { state in
            let known = state.families[key]
            guard known != metadata, known != nil || state.families.count < familiesMax, !state.isClosed else { return }
            let file = try state.file ?? File(connection: MetadataTable.open(path))
            state.file = file
            let insert = try file.connection.statement("INSERT OR REPLACE INTO metadata (family, type, help, unit) VALUES (?1, ?2, ?3, ?4)")
            insert.bind(family, at: 1)
            insert.bind(metadata.type.rawValue, at: 2)
            insert.bind(metadata.help, at: 3)
            insert.bind(metadata.unit, at: 4)
            try insert.run()
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

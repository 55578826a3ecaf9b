internal import SQLiteSupport

/// One moment of a shard file that may belong to another process: it is only read.
public final class ShardInspection {
    /// What the shard has at that moment.
    public let contents: ShardContents
    /// Reads at that moment.
    public let reader: ShardReader

    /// What a shard file holds: `metrics`, `logs`, `traces`; empty where it does not say.
    ///
    /// - Throws: ``ShardStorageError`` where the file cannot be read.
    public static func signal(ofFile path: String) throws(ShardStorageError) -> String {
        do {
            let connection = try SQLiteConnection(path: path, mode: DatabaseFile.readingMode(path), cacheKilobytes: 64)
            return try connection.integer("PRAGMA application_id") == Shard.applicationID ? try ShardContents.signal(connection) : ""
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// Opens a shard file to look at it.
    ///
    /// - Throws: ``ShardStorageError``: `corrupt` where it is no shard of the signal or damaged, `unsupportedVersion` where it is newer.
    public init(path: String, signal: String) throws(ShardStorageError) {
        do {
            let connection = try SQLiteConnection(path: path, mode: DatabaseFile.readingMode(path), cacheKilobytes: 1024)
            // All reads of the transaction see the same moment.
            try connection.execute("BEGIN")
            let version = try connection.integer("PRAGMA user_version") ?? 0
            guard version <= Shard.format else {
                throw ShardStorageError(
                    .unsupportedVersion, "format \(version) is newer than this program's \(Shard.format)", path: path)
            }
            guard try connection.integer("PRAGMA application_id") == Shard.applicationID, version > 0 else {
                throw ShardStorageError(.corrupt, "is no shard", path: path)
            }
            let found = try ShardContents.signal(connection)
            guard found == signal else { throw ShardStorageError(.corrupt, "holds \(found), not \(signal)", path: path) }
            contents = try ShardContents(reading: connection, where: "id NOT IN (SELECT id FROM retired_page)")
            reader = ShardReader(connection: connection)
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }
}

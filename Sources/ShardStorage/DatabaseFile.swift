internal import SQLiteSupport

/// Looking at and copying a storage file, of a running server or a stopped one. The file is only read, and writers are not kept waiting.
public enum DatabaseFile {
    /// Copies the database as it is at one moment, all transactions of its log in it, into a new file without a log, and waits until that
    /// is on the disk.
    ///
    /// - Throws: ``ShardStorageError``; what was begun of the copy is deleted then.
    public static func copy(_ path: String, to destination: String) throws(ShardStorageError) {
        do {
            let source = try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 1024)
            let vacuum = try source.statement("VACUUM INTO ?1")
            vacuum.bind(destination, at: 1)
            try vacuum.run()
            try source.close()
            try FileOperations.syncFile(destination)
        } catch {
            try FileOperations.delete(destination)
            throw ShardStorageError(error, path: path)
        }
    }

    /// What SQLite's own check finds wrong with the file, and with its version.
    ///
    /// - Parameter format: the newest version that this program knows.
    public static func problems(_ path: String, format: Int64) -> [String] {
        do {
            let connection = try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 1024)
            let version = try connection.integer("PRAGMA user_version") ?? 0
            guard version <= format else { return ["format \(version) is newer than this program's \(format)"] }
            return try connection.integrityProblems()
        } catch {
            return ["\(error)"]
        }
    }
}

public import SQLiteSupport

/// Looking at and copying a storage file, of a running server or a stopped one. The file is only read, and writers are not kept waiting.
public enum DatabaseFile {
    /// How a file is opened that is only looked at.
    ///
    /// A copy somewhere, with no log beside it and not in a folder that a server uses, is read as it is, so that reading leaves nothing
    /// behind; and so is a file where nothing can be written.
    public static func readingMode(_ path: String) -> SQLiteConnection.Mode {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let place = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
        if FileOperations.exists(path + "-wal") || FileOperations.exists(path + "-shm") { return .readOnly }
        return FileOperations.exists(place + "/lock") && FileOperations.isWritable(place) ? .readOnly : .frozen
    }

    /// Copies the database as it is at one moment, all transactions of its log in it, into a new file without a log, and waits until that
    /// is on the disk.
    ///
    /// - Throws: ``ShardStorageError``; what was begun of the copy is deleted then.
    public static func copy(_ path: String, to destination: String) throws(ShardStorageError) {
        do {
            let source = try SQLiteConnection(path: path, mode: readingMode(path), cacheKilobytes: 1024)
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
            let connection = try SQLiteConnection(path: path, mode: readingMode(path), cacheKilobytes: 1024)
            let version = try connection.integer("PRAGMA user_version") ?? 0
            guard version <= format else { return ["format \(version) is newer than this program's \(format)"] }
            return try connection.integrityProblems()
        } catch {
            return ["\(error)"]
        }
    }
}

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

    /// Copies those databases of a folder whose names are wanted, each as it is at one moment. One that is deleted meanwhile is left out.
    ///
    /// - Throws: ``ShardStorageError``; what was copied until then stays.
    public static func copyAll(
        of directory: String, into folder: String, where isWanted: (_ name: String) -> Bool
    ) throws(ShardStorageError) {
        for name in try FileOperations.names(in: directory).sorted() where isWanted(name) {
            let path = directory + "/" + name
            do { try copy(path, to: folder + "/" + name) } catch {
                // Days older than the retention go at any time.
                if FileOperations.exists(path) { throw error }
            }
        }
    }

    /// Renames a file that cannot be opened because it is damaged, with its log, so that work goes on without it.
    ///
    /// - Returns: what to tell an operator.
    /// - Throws: the error itself where it is none of damage, such as a full disk or a newer format; and what hinders the renaming.
    public static func setAside(_ path: String, becauseOf error: any Error) throws(ShardStorageError) -> ShardStorageError {
        let known = ShardStorageError(error, path: path)
        // Damage to the definition of a table looks like a wrong statement.
        let isDamage = known.code == .corrupt || (error as? SQLiteError)?.code == .other
        guard isDamage else { throw known }
        try moveAside(path)
        return ShardStorageError(.corrupt, "was set aside: \(known.message)", path: path)
    }

    /// Renames a damaged file and its log to the next free name with `.damaged-` and a number.
    static func moveAside(_ path: String) throws(ShardStorageError) {
        var number = 1
        while FileOperations.exists("\(path).damaged-\(number)") { number += 1 }
        try FileOperations.move(path, to: "\(path).damaged-\(number)")
        for suffix in ["-wal", "-shm"] where FileOperations.exists(path + suffix) {
            try FileOperations.move(path + suffix, to: "\(path).damaged-\(number)\(suffix)")
        }
    }

    /// What SQLite's own check finds wrong with the file, and with its version and the definitions of its tables.
    ///
    /// - Parameters:
    ///   - format: the newest version that this program knows.
    ///   - definitions: statements that make the tables that a file of this version has.
    public static func problems(_ path: String, format: Int64, definitions: String) -> [String] {
        do {
            let connection = try SQLiteConnection(path: path, mode: readingMode(path), cacheKilobytes: 1024)
            let version = try connection.integer("PRAGMA user_version") ?? 0
            guard version <= format else { return ["format \(version) is newer than this program's \(format)"] }
            var problems = try connection.integrityProblems()
            // A file that a running server is just about to make has no tables and no version yet.
            let isNew = try version == 0 && connection.integer("SELECT count(*) FROM sqlite_schema") == 0
            if version != format && !isNew { problems.append("format \(version) is unknown") }
            if version == format { problems += try TableDefinitions(definitions).problems(connection) }
            if try connection.integer("PRAGMA application_id") != 0 { problems.append("it is marked as a file of something else") }
            return problems
        } catch {
            return ["\(error)"]
        }
    }
}

internal import ShardStorage
public import TelemetryModel

/// Copies the data of a running server or a stopped one into a backup directory.
///
/// Everything that was acknowledged before the backup began is in it. Each file is copied as it is at one moment.
/// A backup directory may be used again: files that did not change are kept, the others are copied under new names, and the manifest
/// turns from the old list to the new one at once. So at every moment there is one whole backup in it.
public struct StorageBackup: Sendable {
    private let source: any BackupSource
    private let directory: String
    private let clock: @Sendable () -> Timestamp
    private let remark: @Sendable (String) -> Void

    /// What a backup did.
    public struct Summary: Sendable, Hashable {
        public internal(set) var filesCopied = 0
        public internal(set) var bytesCopied = 0
        /// Files that had not changed since the backup before.
        public internal(set) var filesKept = 0
    }

    /// - Parameters:
    ///   - directory: where the backup goes: a new or empty directory, or one with an earlier backup of the same data.
    ///   - clock: the present in milliseconds since 1970.
    ///   - remark: told what an operator should know.
    public init(
        source: any BackupSource, directory: String, clock: @escaping @Sendable () -> Timestamp,
        remark: @escaping @Sendable (String) -> Void
    ) {
        self.source = source
        self.directory = directory
        self.clock = clock
        self.remark = remark
    }

    /// Makes the backup.
    ///
    /// - Throws: where it cannot be made; the backup before, if there is one, is whole then.
    public func run() async throws(StorageCommandError) -> Summary {
        do {
            let found = try await source.files()
            guard found.contains(where: { !$0.isSetAside }) else { throw StorageCommandError("there is no data to back up") }
            let lock = try DirectoryLock(directory: directory)
            defer { lock.release() }
            let previous = try previousManifest()
            var manifest = BackupManifest(program: "perch " + PerchVersion.current, started: clock())
            var summary = Summary()
            for phase in BackupPlace.phases {
                // Read anew each time, because sealing the journal creates shards.
                for file in try await source.files() where BackupPlace.phase(of: file.name) == phase && !file.isSetAside {
                    let earlier = previous?.files.first { $0.name == file.name }
                    if let kept = try await backUp(file, earlier: earlier, &summary) { manifest.files.append(kept) }
                }
            }
            for folder in Set(manifest.files.map { StorageBackup.folder(of: $0.storedAs) }) {
                try FileOperations.syncDirectory(directory + "/" + folder)
            }
            try manifest.write(to: directory)
            try deleteWhatIsNot(in: manifest)
            for file in try await source.files() where file.isSetAside {
                remark("\(file.name): was set aside as damaged, and is not in the backup")
            }
            return summary
        } catch let error as StorageCommandError {
            throw error
        } catch {
            throw StorageCommandError("\(error)")
        }
    }

    /// The manifest of the earlier backup, or nil where there is none.
    private func previousManifest() throws -> BackupManifest? {
        let names = try FileOperations.names(in: directory)
        if names.contains(BackupManifest.fileName) { return try BackupManifest(directory: directory) }
        // An earlier attempt that was broken off leaves folders of copies; a folder with a lock is data in use.
        let foreign = try names.filter { name in
            if ["lock", BackupManifest.fileName + ".partial"].contains(name) { return false }
            return try !isOfBrokenOffBackup(name)
        }
        guard foreign.isEmpty else {
            throw StorageCommandError(
                "\(directory): has other files in it; give an empty directory or one with an earlier backup", status: 2)
        }
        return nil
    }

    private func isOfBrokenOffBackup(_ folder: String) throws -> Bool {
        let path = directory + "/" + folder
        guard FileOperations.isDirectory(path), BackupPlace.isSignal(folder) else { return false }
        return try FileOperations.names(in: path).allSatisfy { name in
            name.hasSuffix(".partial") || FileOperations.isDirectory(path + "/" + name) || name.contains("-")
        } && !FileOperations.exists(path + "/lock")
    }

    /// Copies one file, unless the earlier copy is still it; nil where the server has deleted the file meanwhile.
    private func backUp(
        _ file: BackupSourceFile, earlier: BackupManifest.File?, _ summary: inout Summary
    ) async throws -> BackupManifest.File? {
        guard BackupPlace.isValid(file.name) else { throw StorageCommandError("\(file.name): is no name of a file of data") }
        if let earlier, earlier.source == file.state, BackupManifest.problem(with: earlier, in: directory) == nil {
            summary.filesKept += 1
            return earlier
        }
        try FileOperations.createDirectory(directory + "/" + StorageBackup.folder(of: file.name))
        let partial = directory + "/" + file.name + ".partial"
        try FileOperations.delete(partial)
        guard let copy = try await source.copy(file.name, to: partial) else { return nil }
        let (bytes, xxh3) = try BackupManifest.contents(of: partial)
        guard xxh3 == copy.xxh3 else { throw StorageCommandError("\(partial): is not what was sent; its checksum differs") }
        let isDatabase = file.name.hasSuffix(".sqlite")
        let stem = isDatabase ? String(file.name.dropLast(".sqlite".utf8.count)) : file.name
        let storedAs = stem + "-" + xxh3 + (isDatabase ? ".sqlite" : "")
        try FileOperations.move(partial, to: directory + "/" + storedAs)
        summary.filesCopied += 1
        summary.bytesCopied += bytes
        return BackupManifest.File(name: file.name, storedAs: storedAs, bytes: bytes, xxh3: xxh3, source: copy.state)
    }

    private func deleteWhatIsNot(in manifest: BackupManifest) throws {
        let kept = Set(manifest.files.map(\.storedAs))
        for folder in try FileOperations.names(in: directory) where FileOperations.isDirectory(directory + "/" + folder) {
            try deleteFiles(notIn: kept, of: folder)
        }
    }

    private func deleteFiles(notIn kept: Set<String>, of folder: String) throws {
        for name in try FileOperations.names(in: directory + "/" + folder) {
            let place = folder + "/" + name
            if FileOperations.isDirectory(directory + "/" + place) {
                try deleteFiles(notIn: kept, of: place)
            } else if !kept.contains(place) {
                try FileOperations.delete(directory + "/" + place)
            }
        }
    }

    private static func folder(of name: String) -> String { name.split(separator: "/").dropLast().joined(separator: "/") }
}

internal import MetricStorage
internal import ShardStorage
public import TelemetryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Copies a data directory, of a running server or a stopped one, into a backup directory.
///
/// Everything that was acknowledged before the backup began is in it. Each file is copied as it is at one moment. Journal segments come
/// first: what a server moves from the journal to a shard meanwhile is then in both or in the shard, never in neither.
/// A backup directory may be used again: files that did not change are kept, the others are copied under new names, and the manifest
/// turns from the old list to the new one at once. So at every moment there is one whole backup in it.
public struct StorageBackup: Sendable {
    private let source: String
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
        dataDirectory: String, directory: String, clock: @escaping @Sendable () -> Timestamp, remark: @escaping @Sendable (String) -> Void
    ) {
        source = dataDirectory
        self.directory = directory
        self.clock = clock
        self.remark = remark
    }

    /// Makes the backup.
    ///
    /// - Throws: where it cannot be made; the backup before, if there is one, is whole then.
    public func run() throws(StorageCommandError) -> Summary {
        do {
            guard FileOperations.exists(source + "/metrics") else {
                throw StorageCommandError("\(source)/metrics: there is no data in this directory")
            }
            let lock = try DirectoryLock(directory: directory)
            defer { lock.release() }
            let previous = try previousManifest()
            try FileOperations.createDirectory(directory + "/metrics")
            var manifest = BackupManifest(program: "perch " + PerchVersion.current, started: clock())
            var summary = Summary()
            for kind in [StorageFileReport.Kind.journalSegment, .shard, .metadata] {
                // Read anew for each kind, because sealing the journal creates shards.
                let names = try FileOperations.names(in: source + "/metrics").filter { StorageInspection.kind(ofName: $0) == kind }
                for name in names.sorted() {
                    let earlier = previous?.files.first { $0.name == "metrics/" + name }
                    if let file = try backUp(name, earlier: earlier, &summary) { manifest.files.append(file) }
                }
            }
            try FileOperations.syncDirectory(directory + "/metrics")
            try manifest.write(to: directory)
            try deleteWhatIsNot(in: manifest)
            remarkOnWhatIsLeftOut(try FileOperations.names(in: source + "/metrics"))
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
        // An earlier attempt that was broken off leaves these.
        let foreign = names.filter { !["lock", "metrics", BackupManifest.fileName + ".partial"].contains($0) }
        let isData = FileOperations.exists(directory + "/metrics/lock")
        guard foreign.isEmpty, !isData else {
            throw StorageCommandError(
                "\(directory): has other files in it; give an empty directory or one with an earlier backup", status: 2)
        }
        return nil
    }

    /// Copies one file, unless the earlier copy is still it; nil where the server has deleted the file meanwhile.
    private func backUp(_ name: String, earlier: BackupManifest.File?, _ summary: inout Summary) throws -> BackupManifest.File? {
        let path = source + "/metrics/" + name
        guard let before = SourceState(path: path) else { return nil }
        let looked = clock()
        if let earlier, earlier.source == before, BackupManifest.problem(with: earlier, in: directory) == nil {
            summary.filesKept += 1
            return earlier
        }
        let partial = directory + "/metrics/" + name + ".partial"
        try FileOperations.delete(partial)
        do { try DatabaseFile.copy(path, to: partial) } catch {
            if SourceState(path: path)?.file.inode != before.file.inode { return nil }
            throw error
        }
        // A file that was deleted while it was copied may have lost its log before the copy was made. What it held is in shards by now.
        let after = SourceState(path: path)
        guard let after, after.file.inode == before.file.inode else {
            try FileOperations.delete(partial)
            return nil
        }
        let (bytes, xxh3) = try BackupManifest.contents(of: partial)
        let storedAs = "metrics/" + name.dropLast(".sqlite".utf8.count) + "-" + xxh3 + ".sqlite"
        try FileOperations.move(partial, to: directory + "/" + storedAs)
        summary.filesCopied += 1
        summary.bytesCopied += bytes
        let isTelling = after == before && before.isSettled(at: looked)
        return BackupManifest.File(
            name: "metrics/" + name, storedAs: storedAs, bytes: bytes, xxh3: xxh3, source: isTelling ? before : nil)
    }

    private func deleteWhatIsNot(in manifest: BackupManifest) throws {
        let kept = Set(manifest.files.map(\.storedAs))
        for name in try FileOperations.names(in: directory + "/metrics") where !kept.contains("metrics/" + name) {
            try FileOperations.delete(directory + "/metrics/" + name)
        }
    }

    private func remarkOnWhatIsLeftOut(_ names: [String]) {
        for name in names.sorted() where StorageInspection.kind(ofName: name) == .setAside {
            remark("\(source)/metrics/\(name): was set aside as damaged, and is not in the backup")
        }
    }
}

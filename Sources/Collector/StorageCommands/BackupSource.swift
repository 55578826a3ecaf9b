internal import ConfigFile
internal import ShardStorage
public import TelemetryModel

/// Where a backup takes its files from: a data directory of this machine, or a server that is asked over the network.
public protocol BackupSource: Sendable {
    /// What there is now. Names are places in the data directory: `metrics/2026-11-22.sqlite`.
    func files() async throws -> [BackupSourceFile]

    /// Copies one file, a database as it is at one moment and without its log, and waits until the copy is on the disk.
    ///
    /// - Returns: nil where the file has been deleted meanwhile, which is fine: what it held is elsewhere or was to go.
    func copy(_ name: String, to path: String) async throws -> BackupCopy?
}

/// A file that a backup is to have.
public struct BackupSourceFile: Codable, Sendable, Hashable {
    public let name: String
    /// How it stands in the file system.
    public let state: SourceState
    /// Whether it was set aside as damaged, and is left out.
    public let isSetAside: Bool
}

/// What is known of a copy.
public struct BackupCopy: Codable, Sendable, Hashable {
    /// How the original stood when it was copied; nil where a later change might not show in that.
    public let state: SourceState?
    /// The hash of the copy as the source made it.
    public let xxh3: String
}

/// Takes files from a data directory of this machine. A server may run on it.
public struct LocalBackupSource: BackupSource {
    private let dataDirectory: String
    private let clock: @Sendable () -> Timestamp

    /// - Parameter clock: the present in milliseconds since 1970.
    public init(dataDirectory: String, clock: @escaping @Sendable () -> Timestamp) {
        self.dataDirectory = dataDirectory
        self.clock = clock
    }

    /// Everything in the folders of signals, whatever it is called, but for what only a running process needs.
    public func files() throws -> [BackupSourceFile] {
        var files: [BackupSourceFile] = []
        for folder in try FileOperations.names(in: dataDirectory).sorted() where BackupPlace.isSignal(folder) {
            if FileOperations.isDirectory(dataDirectory + "/" + folder) { try collect(folder, into: &files) }
        }
        return files
    }

    private func collect(_ folder: String, into files: inout [BackupSourceFile]) throws {
        for name in try FileOperations.names(in: dataDirectory + "/" + folder).sorted() {
            let place = folder + "/" + name
            if FileOperations.isDirectory(dataDirectory + "/" + place) {
                if !name.hasPrefix(".") { try collect(place, into: &files) }
            } else if BackupPlace.isKept(name), let state = SourceState(path: dataDirectory + "/" + place) {
                files.append(BackupSourceFile(name: place, state: state, isSetAside: BackupPlace.isSetAside(name)))
            }
        }
    }

    public func copy(_ name: String, to path: String) throws -> BackupCopy? {
        let source = dataDirectory + "/" + name
        guard BackupPlace.isValid(name), let before = SourceState(path: source) else { return nil }
        let looked = clock()
        do {
            if name.hasSuffix(".sqlite") {
                try DatabaseFile.copy(source, to: path)
            } else {
                try FileOperations.copy(source, to: path)
            }
        } catch {
            if SourceState(path: source)?.file.inode != before.file.inode { return nil }
            throw error
        }
        // A file that was deleted while it was copied may have lost its log before the copy was made. What it held is in shards by now.
        guard let after = SourceState(path: source), after.file.inode == before.file.inode else {
            try FileOperations.delete(path)
            return nil
        }
        let isTelling = after == before && before.isSettled(at: looked)
        return BackupCopy(state: isTelling ? before : nil, xxh3: try BackupManifest.contents(of: path).xxh3)
    }
}

/// Which names belong in a backup.
enum BackupPlace {
    /// Whether a folder of the data directory is that of a signal.
    static func isSignal(_ folder: String) -> Bool {
        !folder.hasPrefix(".") && folder != "snapshots" && !folder.hasSuffix(".restoring") && !folder.hasSuffix(".partial")
    }

    /// Whether a file is data. Locks, logs of databases, half-made files and how far the scrub came are not, and the checksums of a file's
    /// bytes are not those of its copy.
    static func isKept(_ name: String) -> Bool {
        let passing = ["-wal", "-shm", "-journal", ".partial", ".tmp", ".sqlite.sums"]
        return name != "lock" && name != "scrub" && !name.hasPrefix(".") && !passing.contains { name.hasSuffix($0) }
    }

    static func isSetAside(_ name: String) -> Bool { name.contains(".sqlite.damaged-") }

    /// Whether a name is a file in the folder of a signal, and none outside of the data directory.
    static func isValid(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, let first = parts.first, let last = parts.last, isSignal(String(first)), isKept(String(last)) else {
            return false
        }
        return parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") } && !name.utf8.contains(0)
    }

    /// The order of copying. Journal segments come first: what a server moves from the journal to a shard meanwhile is then in both or in
    /// the shard, never in neither. Whatever else stands beside shards comes before them, and shards of samples before what is made of them.
    static func phase(of name: String) -> Int {
        let file = name.split(separator: "/").last.map(String.init) ?? name
        if file.hasPrefix("journal-") { return 0 }
        let isShard = file.hasSuffix(".sqlite") && file.contains { $0.isNumber }
        if !isShard { return 1 }
        return file.first?.isNumber == true ? 2 : 3
    }

    static let phases = 0...3
}

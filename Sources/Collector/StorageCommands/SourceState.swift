internal import ConfigFile
internal import TelemetryModel

/// How a database file and its log stand in the file system: equal states are equal contents, once their times are a while ago.
public struct SourceState: Codable, Sendable, Hashable {
    var file: FileSignature
    /// The write-ahead log; nil where it holds nothing.
    var log: FileSignature?

    /// Nil where there is no such file.
    init?(path: String) {
        guard let file = FileSignature(path: path) else { return nil }
        self.file = file
        log = FileSignature(path: path + "-wal").flatMap { $0.bytes > 0 ? $0 : nil }
    }

    /// Whether a change after this look would show in the times: file systems count them in coarse steps.
    func isSettled(at now: Timestamp) -> Bool { max(file.modified, log?.modified ?? 0) / 1_000_000 < now - 2000 }
}

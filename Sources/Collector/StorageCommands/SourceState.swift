internal import TelemetryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// How a database file and its log stand in the file system: equal states are equal contents, once their times are a while ago.
public struct SourceState: Codable, Sendable, Hashable {
    struct Part: Codable, Sendable, Hashable {
        var inode: UInt64
        var bytes: Int64
        /// The time of the last change, in nanoseconds since 1970.
        var modified: Int64

        /// Nil where there is no such file.
        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt64(status.st_ino)
            bytes = Int64(status.st_size)
            #if canImport(Darwin)
            let time = status.st_mtimespec
            #else
            let time = status.st_mtim
            #endif
            modified = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
    }

    var file: Part
    /// The write-ahead log; nil where it holds nothing.
    var log: Part?

    /// Nil where there is no such file.
    init?(path: String) {
        guard let file = Part(path: path) else { return nil }
        self.file = file
        log = Part(path: path + "-wal").flatMap { $0.bytes > 0 ? $0 : nil }
    }

    /// Whether a change after this look would show in the times: file systems count them in coarse steps.
    func isSettled(at now: Timestamp) -> Bool { max(file.modified, log?.modified ?? 0) / 1_000_000 < now - 2000 }
}

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What tells a changed file from an unchanged one without reading it: its number on the disk, its size and when it was last written.
///
/// Replacing a file by renaming another over it changes the signature as well.
public struct FileSignature: Codable, Sendable, Hashable {
    public let inode: UInt64
    public let bytes: Int64
    /// The time of the last change, in nanoseconds since 1970.
    public let modified: Int64

    /// The signature of the file as it is now, links followed.
    ///
    /// - Returns: nil where there is no such file or it cannot be looked at.
    public init?(path: String) {
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

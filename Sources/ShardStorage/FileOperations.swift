#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The few things that storage asks of the file system besides SQLite.
public enum FileOperations {
    /// The words of the system for the latest error.
    static func latestError() -> String { String(cString: strerror(errno)) }

    /// Creates a folder and the ones above it.
    public static func createDirectory(_ path: String) throws(ShardStorageError) {
        var index = path.startIndex
        while index < path.endIndex {
            let next = path[index...].dropFirst().firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<next])
            if mkdir(part, 0o755) != 0 && errno != EEXIST {
                throw ShardStorageError(.inputOutput, "cannot create the folder: \(latestError())", path: part)
            }
            index = next
        }
    }

    /// Names of the entries of a folder, in no particular order.
    public static func names(in path: String) throws(ShardStorageError) -> [String] {
        guard let folder = opendir(path) else {
            throw ShardStorageError(.inputOutput, "cannot read the folder: \(latestError())", path: path)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Bytes that a file takes on the disk; 0 where it is missing.
    static func allocatedBytes(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    /// Whether there is nothing in a file, or no file.
    static func isEmpty(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_size == 0 : errno == ENOENT
    }

    /// Asks the system to read a file into its memory, without waiting for it.
    ///
    /// - Returns: how many bytes are read.
    public static func readAhead(_ path: String, bytesMax: Int) -> Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        let bytes = min(max(bytesMax, 0), Int(lseek(descriptor, 0, SEEK_END)))
        guard bytes > 0 else { return 0 }
        #if os(Linux)
        // Of what is asked for at once Linux reads no more than this, however much it is.
        let piece = 128 << 10
        for start in stride(from: 0, to: bytes, by: piece) {
            posix_fadvise(descriptor, off_t(start), off_t(min(piece, bytes - start)), POSIX_FADV_WILLNEED)
        }
        #else
        var advice = radvisory(ra_offset: 0, ra_count: Int32(clamping: bytes))
        _ = fcntl(descriptor, F_RDADVISE, &advice)
        #endif
        return bytes
    }

    /// Bytes that the files of a folder take on the disk, those of folders in it left out.
    public static func allocatedBytes(inFolder path: String) throws(ShardStorageError) -> Int {
        try names(in: path).reduce(0) { $0 + allocatedBytes(path + "/" + $1) }
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether this process may make files in a folder.
    static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

    /// Deletes a file; one that is missing is fine.
    public static func delete(_ path: String) throws(ShardStorageError) {
        if unlink(path) != 0 && errno != ENOENT {
            throw ShardStorageError(.inputOutput, "cannot delete: \(latestError())", path: path)
        }
    }

    /// Whether there is a folder at a path.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Copies the bytes of a file into a new one, and waits until they are on the disk.
    public static func copy(_ path: String, to destination: String) throws(ShardStorageError) {
        let source = open(path, O_RDONLY)
        guard source >= 0 else { throw ShardStorageError(.inputOutput, "cannot open to copy: \(latestError())", path: path) }
        defer { close(source) }
        let target = open(destination, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard target >= 0 else { throw ShardStorageError(.inputOutput, "cannot create: \(latestError())", path: destination) }
        defer { close(target) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var copied = 0
        while true {
            let count = read(source, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw ShardStorageError(.inputOutput, "cannot read: \(latestError())", path: path)
            }
            try writeAll(buffer[..<count], to: target, at: copied, path: destination)
            copied += count
        }
        if fsync(target) != 0 { throw ShardStorageError(.inputOutput, "cannot sync: \(latestError())", path: destination) }
    }

    public static func move(_ path: String, to destination: String) throws(ShardStorageError) {
        if rename(path, destination) != 0 {
            throw ShardStorageError(.inputOutput, "cannot rename to \(destination): \(latestError())", path: path)
        }
    }

    /// The text of a small file; nil where it is missing or cannot be read.
    public static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Writes a file, in place of one that is there.
    public static func write(_ bytes: [UInt8], to path: String) throws(ShardStorageError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw ShardStorageError(.inputOutput, "cannot create: \(latestError())", path: path) }
        defer { close(descriptor) }
        try writeAll(bytes[...], to: descriptor, at: 0, path: path)
    }

    /// Writes all bytes at a place of an open file.
    private static func writeAll(
        _ bytes: ArraySlice<UInt8>, to descriptor: Int32, at offset: Int, path: String
    ) throws(ShardStorageError) {
        var written = 0
        while written < bytes.count {
            let result = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written, off_t(offset + written))
            }
            if result > 0 {
                written += result
                continue
            }
            if result < 0 && errno == EINTR { continue }
            let code: ShardStorageError.Code = errno == ENOSPC || errno == EDQUOT ? .diskFull : .inputOutput
            throw ShardStorageError(code, "cannot write: \(latestError())", path: path)
        }
    }

    /// Waits until what was written to a file is on the disk. A missing file is fine: there is nothing to lose.
    public static func syncFile(_ path: String) throws(ShardStorageError) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw ShardStorageError(.inputOutput, "cannot open to sync: \(latestError())", path: path)
        }
        defer { close(descriptor) }
        #if canImport(Glibc)
        let result = fdatasync(descriptor)
        #else
        let result = fsync(descriptor)
        #endif
        if result != 0 { throw ShardStorageError(.inputOutput, "cannot sync: \(latestError())", path: path) }
    }

    /// Waits until the names in a folder are on the disk.
    public static func syncDirectory(_ path: String) throws(ShardStorageError) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else {
            throw ShardStorageError(.inputOutput, "cannot open to sync: \(latestError())", path: path)
        }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw ShardStorageError(.inputOutput, "cannot sync: \(latestError())", path: path) }
    }
}

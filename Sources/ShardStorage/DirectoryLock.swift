#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Holds a data folder for one process. The system lets go when the process ends, however it ends.
public final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Takes the folder, creating it where it is missing.
    ///
    /// - Throws: ``ShardStorageError`` with code `directoryInUse` where another process holds it.
    public init(directory: String) throws(ShardStorageError) {
        try FileOperations.createDirectory(directory)
        let path = directory + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ShardStorageError(.inputOutput, "cannot open: \(FileOperations.latestError())", path: path)
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno == EWOULDBLOCK ? "the folder is in use by another process" : FileOperations.latestError()
            let code: ShardStorageError.Code = errno == EWOULDBLOCK ? .directoryInUse : .inputOutput
            close(descriptor)
            throw ShardStorageError(code, reason, path: directory)
        }
    }

    deinit { close(descriptor) }
}

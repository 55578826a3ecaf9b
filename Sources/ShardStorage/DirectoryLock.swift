internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Holds a data folder for one process. The system lets go when the process ends, however it ends.
public final class DirectoryLock: Sendable {
    /// -1 once the folder is let go.
    private let descriptor: Atomic<Int32>

    /// Takes the folder, creating it where it is missing.
    ///
    /// - Throws: ``ShardStorageError`` with code `directoryInUse` where another process holds it.
    public init(directory: String) throws(ShardStorageError) {
        try FileOperations.createDirectory(directory)
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ShardStorageError(.inputOutput, "cannot open: \(FileOperations.latestError())", path: path)
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno == EWOULDBLOCK ? "the folder is in use by another process" : FileOperations.latestError()
            let code: ShardStorageError.Code = errno == EWOULDBLOCK ? .directoryInUse : .inputOutput
            close(descriptor)
            throw ShardStorageError(code, reason, path: directory)
        }
        self.descriptor = Atomic(descriptor)
    }

    /// Lets the folder go before the lock itself goes.
    public func release() {
        let held = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        if held >= 0 { close(held) }
    }

    deinit { release() }
}

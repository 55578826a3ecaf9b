internal import ShardStorage

/// Something in a file that is not as it was written.
public struct LogStorageProblem: Sendable, Hashable {
    public let file: String
    public let problem: String
}

extension LogStorage {
    /// Reads every shard whole: where it rests, whether any bit changed since; SQLite's structure, checksums, and whether all columns decode to what
    /// is said of them. Writing and reading go on meanwhile.
    public func verify() throws(LogStorageError) -> [LogStorageProblem] {
        try checkOpen()
        do {
            let verification = try LogShardVerification()
            return catalog.problems { verification.problems(of: $0) }.map { LogStorageProblem(file: $0.file, problem: $0.problem) }
        } catch {
            throw LogStorageError(error, path: directory)
        }
    }
}

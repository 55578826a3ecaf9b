internal import ShardStorage

/// Something in a file that is not as it was written.
public struct TraceStorageProblem: Sendable, Hashable {
    public let file: String
    public let problem: String
}

extension TraceStorage {
    /// Reads every shard whole: where it rests, whether any bit changed since; SQLite's structure, checksums, and whether all columns decode to what
    /// is said of them. Writing and reading go on meanwhile.
    public func verify() throws(TraceStorageError) -> [TraceStorageProblem] {
        try checkOpen()
        do {
            let verification = try TraceShardVerification()
            return catalog.problems { verification.problems(of: $0) }.map { TraceStorageProblem(file: $0.file, problem: $0.problem) }
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }
}

internal import ShardStorage

/// Something in a file that is not as it was written.
public struct StorageProblem: Sendable, Hashable {
    public let file: String
    public let problem: String
}

extension MetricStorage {
    /// Reads every shard whole: where it rests, whether any bit changed since; SQLite's structure, checksums, columns, and whether dictionary, index and pages agree. Writing and reading
    /// go on meanwhile.
    ///
    /// - Returns: what is wrong; empty for sound files.
    public func verify() throws(MetricStorageError) -> [StorageProblem] {
        try checkOpen()
        return ([catalog] + rollups.allCatalogs).flatMap { catalog in
            catalog.problems { try ShardVerification().problems(of: $0) }.map { StorageProblem(file: $0.file, problem: $0.problem) }
        }
    }
}

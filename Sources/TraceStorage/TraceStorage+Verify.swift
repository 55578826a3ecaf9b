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
        var problems: [TraceStorageProblem] = []
        for day in catalog.days {
            let path = catalog.path(day: day)
            problems += ShardSums.changesAtRest(ofShard: path).map { TraceStorageProblem(file: path, problem: $0) }
            do {
                guard let shard = try catalog.shard(day: day) else { continue }
                problems += try TraceShardVerification().problems(of: shard).map { TraceStorageProblem(file: path, problem: $0) }
            } catch {
                problems.append(TraceStorageProblem(file: path, problem: "\(error)"))
            }
        }
        return problems
    }
}

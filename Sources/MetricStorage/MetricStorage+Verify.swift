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
        var problems: [StorageProblem] = []
        for (catalog, day) in ([catalog] + rollups.allCatalogs).flatMap({ catalog in catalog.days.map { (catalog, $0) } }) {
            let path = catalog.path(day: day)
            problems += ShardSums.changesAtRest(ofShard: path).map { StorageProblem(file: path, problem: $0) }
            do {
                guard let shard = try catalog.shard(day: day) else { continue }
                problems += try ShardVerification().problems(of: shard).map { StorageProblem(file: path, problem: $0) }
            } catch {
                problems.append(StorageProblem(file: path, problem: "\(error)"))
            }
        }
        return problems
    }
}

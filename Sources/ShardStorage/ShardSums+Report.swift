extension ShardSums {
    /// Which pages of a resting shard's file are not as they were when it came to rest; empty where they are, and while it is written.
    public static func changesAtRest(ofShard path: String) -> [String] {
        do {
            guard let sums = try ShardSums(ofShard: path) else { return [] }
            return try sums.changedPages(ofShard: path).map { sentence(onPage: $0, pageBytes: sums.pageBytes) }
        } catch {
            return ["\(error)"]
        }
    }

    /// What to say of a page that is not as it was.
    public static func sentence(onPage page: Int, pageBytes: Int) -> String {
        "bytes \((page - 1) * pageBytes) to \(page * pageBytes - 1) are not as they were (SQLite's page \(page))"
    }
}

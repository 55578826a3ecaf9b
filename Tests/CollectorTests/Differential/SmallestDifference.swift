/// A query that is answered differently, made as small as it gets.
struct SmallestDifference: Sendable {
    let query: QueryNode
    let evaluation: Evaluation
    let difference: Difference

    /// Prefers an instant query at the first time that differs, and takes parts of the query away as long as it still differs.
    init(_ query: QueryNode, _ evaluation: Evaluation, _ difference: Difference, _ servers: ServerPair) async throws {
        let early = try await Self.instant(query, evaluation, difference, servers)
        let smallest = try await QueryNode.shrink(query) { try await servers.difference($0, early) != nil }
        let remaining = try await servers.difference(smallest, early) ?? difference
        self.query = smallest
        self.evaluation = try await Self.instant(smallest, early, remaining, servers)
        self.difference = try await servers.difference(smallest, self.evaluation) ?? remaining
    }

    private static func instant(
        _ query: QueryNode, _ evaluation: Evaluation, _ difference: Difference, _ servers: ServerPair
    ) async throws -> Evaluation {
        guard !evaluation.isInstant, let time = difference.time else { return evaluation }
        return try await servers.difference(query, .instant(time)) == nil ? evaluation : .instant(time)
    }
}

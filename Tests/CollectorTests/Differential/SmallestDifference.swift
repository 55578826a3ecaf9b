/// A query that is answered differently, made as small as it gets.
struct SmallestDifference: Sendable {
    private(set) var query: QueryNode
    private(set) var evaluation: Evaluation
    private(set) var difference: Difference

    /// A query that differs at one time, as it is.
    init(_ query: QueryNode, at time: Int64, _ difference: Difference) {
        self.query = query
        evaluation = .instant(time)
        self.difference = difference
    }

    /// Prefers an instant query at the first time that differs, and takes parts of the query away as long as it still differs.
    init(_ query: QueryNode, _ evaluation: Evaluation, _ difference: Difference, _ servers: ServerPair) async throws {
        // Written as times, the ends of a range query stay what they are in an instant query.
        let written = query.replacingEdges(of: evaluation)
        let query = try await servers.difference(written, evaluation) == nil ? query : written
        let early = try await Self.instant(query, evaluation, difference, servers)
        let smallest = try await QueryNode.shrink(query) { try await servers.difference($0, early) != nil }
        let remaining = try await servers.difference(smallest, early) ?? difference
        let last = try await Self.instant(smallest, early, remaining, servers)
        if let (inner, time) = try await Self.insideSubquery(of: smallest, last, servers) {
            self = try await SmallestDifference(inner.query, .instant(time), inner.difference, servers)
            return
        }
        self.query = smallest
        self.evaluation = last
        self.difference = try await servers.difference(smallest, last) ?? remaining
    }

    private static func instant(
        _ query: QueryNode, _ evaluation: Evaluation, _ difference: Difference, _ servers: ServerPair
    ) async throws -> Evaluation {
        guard !evaluation.isInstant, let time = difference.time else { return evaluation }
        return try await servers.difference(query, .instant(time)) == nil ? evaluation : .instant(time)
    }

    /// The expression of a subquery and the time of a step at which it differs by itself.
    private static func insideSubquery(
        of query: QueryNode, _ evaluation: Evaluation, _ servers: ServerPair
    ) async throws -> (inner: (query: QueryNode, difference: Difference), time: Int64)? {
        guard evaluation.isInstant else { return nil }
        for subquery in query.all where subquery.isSubquery {
            guard let time = try await servers.difference(subquery, evaluation)?.time, let inner = subquery.children.first,
                let difference = try await servers.difference(inner, .instant(time))
            else { continue }
            return ((inner, difference), time)
        }
        return nil
    }
}

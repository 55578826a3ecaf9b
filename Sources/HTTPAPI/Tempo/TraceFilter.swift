internal import QueryModel
internal import TelemetryModel
internal import TraceQL

/// Which spans of one trace are wanted: those that a query finds, and as asked for some of those above and below them.
struct TraceFilter: Sendable {
    static let message = "Trace filtered, only a subset of spans matching the filter is returned"

    private let query: String
    private let engine: TraceQLEngine
    /// How far down descendants of the spans found are kept; nil for all.
    private let matchDepth: Int?
    /// How far up their ancestors are kept; nil for all.
    private let ancestorDepth: Int?

    /// The parameters `q`, `keep_hierarchy`, `match_depth` and `ancestor_depth`; nil where there is no query.
    init?(_ parameters: FormParameters, _ engine: TraceQLEngine) throws {
        guard let text = parameters["q"], text.contains(where: { !$0.isWhitespace }) else { return nil }
        query = text
        self.engine = engine
        matchDepth = try TraceFilter.depth("match_depth", parameters, otherwise: 0)
        let keepsHierarchy = try TraceFilter.flag("keep_hierarchy", parameters)
        // Without the hierarchy nothing above is kept, and its depth is not looked at.
        ancestorDepth = keepsHierarchy ? try TraceFilter.depth("ancestor_depth", parameters, otherwise: nil) : 0
    }

    private static func flag(_ name: String, _ parameters: FormParameters) throws(APIFailure) -> Bool {
        switch parameters[name] ?? "false" {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        case let text: throw APIFailure(.badData, "invalid value for \(name): parsing \(quoted(text)): invalid syntax")
        }
    }

    /// -1 is for no limit.
    private static func depth(_ name: String, _ parameters: FormParameters, otherwise: Int?) throws(APIFailure) -> Int? {
        guard let text = parameters[name] else { return otherwise }
        guard let depth = Int(text) else {
            throw APIFailure(.badData, "invalid value for \(name): parsing \(quoted(text)): invalid syntax")
        }
        if depth < -1 { throw APIFailure(.badData, "invalid value for \(name): must be >= -1") }
        return depth == -1 ? nil : depth
    }

    /// The part of a trace that is wanted.
    func apply(to batch: SpanBatch, budget: QueryBudget) throws(QueryError) -> SpanBatch {
        var options = SearchOptions()
        options.tracesMax = 1
        options.spansPerSpanSet = .max
        let table = BatchTable(batch)
        let result = try engine.search(try engine.parse(query), options, source: BatchSource([table]), budget: budget)
        let found = Set(result.traces.flatMap { $0.spanSets.flatMap { $0.spans.map(\.spanID) } })
        let parents = table.parentRows
        var isWanted = table.batch.spans.map { found.contains($0.spanID) }
        let matches = isWanted.indices.filter { isWanted[$0] }
        for match in matches {
            var row = Int(parents[match])
            var depth = 0
            while row >= 0, ancestorDepth.map({ depth < $0 }) ?? true, depth < parents.count {
                isWanted[row] = true
                row = Int(parents[row])
                depth += 1
            }
        }
        keepDescendants(of: matches, parents, &isWanted)
        var part = table.batch
        part.spans = zip(table.batch.spans, isWanted).filter(\.1).map(\.0)
        return part
    }

    private func keepDescendants(of matches: [Int], _ parents: [Int32], _ isWanted: inout [Bool]) {
        if matchDepth == 0 { return }
        var children = [[Int]](repeating: [], count: parents.count)
        for (row, parent) in parents.enumerated() where parent >= 0 { children[Int(parent)].append(row) }
        // The least depth below a match at which a span was met, so that each is visited again only from nearer by.
        var depths = [Int](repeating: .max, count: parents.count)
        var waiting = matches.map { (row: $0, depth: 0) }
        var next = 0
        while next < waiting.count {
            let (row, depth) = waiting[next]
            next += 1
            if depth >= depths[row] { continue }
            depths[row] = depth
            isWanted[row] = true
            if matchDepth.map({ depth < $0 }) ?? true { waiting += children[row].map { ($0, depth + 1) } }
        }
    }
}

internal import LabelMatching
internal import LinearRegex

/// An index from label pairs to series: that of the head, or that of a shard.
protocol PostingSource {
    /// The series with a label pair, sorted.
    func series(name: String, value: String) throws -> [UInt32]

    /// The series of all values of a label that pass, sorted. The test runs once per distinct value.
    func series(name: String, where passes: (UnsafeRawBufferPointer) -> Bool) throws -> [UInt32]

    /// Every series, sorted.
    func allSeries() throws -> [UInt32]
}

extension PostingSource {
    /// The series that pass all matchers, sorted.
    func series(matching matchers: [LabelMatcher]) throws -> [UInt32] {
        var lists: [[UInt32]] = []
        for matcher in matchers where !matcher.matchesEmpty {
            let list = try series(havingValueOf: matcher)
            if list.isEmpty { return [] }
            lists.append(list)
        }
        lists.sort { $0.count < $1.count }
        var result = try lists.first ?? allSeries()
        for list in lists.dropFirst() { result = SeriesList.intersection(result, list) }
        for matcher in matchers where matcher.matchesEmpty && !result.isEmpty {
            result = SeriesList.subtraction(result, try series(refusedBy: matcher))
        }
        return result
    }

    /// The series that have the label with a value that passes.
    private func series(havingValueOf matcher: LabelMatcher) throws -> [UInt32] {
        switch matcher.operator {
        case .equal: return try series(name: matcher.name, value: matcher.value)
        case .matches:
            if let literals = matcher.pattern?.literalAlternatives {
                return SeriesList.normalized(try literals.flatMap { try series(name: matcher.name, value: $0) })
            }
            return try series(name: matcher.name) { matcher.matches($0) }
        case .notEqual, .notMatches: return try series(name: matcher.name) { matcher.matches($0) }
        }
    }

    /// The series that have the label with a value that does not pass; series without the label pass.
    private func series(refusedBy matcher: LabelMatcher) throws -> [UInt32] {
        switch matcher.operator {
        case .notEqual: return try series(name: matcher.name, value: matcher.value)
        case .notMatches:
            if let literals = matcher.pattern?.literalAlternatives {
                return SeriesList.normalized(try literals.flatMap { try series(name: matcher.name, value: $0) })
            }
            return try series(name: matcher.name) { !matcher.matches($0) }
        case .equal: return try series(name: matcher.name) { _ in true }
        case .matches:
            if matcher.pattern?.matchesEverything == true { return [] }
            return try series(name: matcher.name) { !matcher.matches($0) }
        }
    }
}

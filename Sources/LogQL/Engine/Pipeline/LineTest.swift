internal import LinearRegex
internal import QueryModel

/// A line filter, ready to be tried.
struct LineTest: Sendable {
    /// What a line is compared with.
    enum Comparison: Sendable {
        case contains(LiteralSearch)
        /// A line that matches has all of the texts.
        case matches(LinearPattern, needs: [LiteralSearch])
        case hasPattern(PatternFilter)
        case hasAddress(IPPattern)
    }

    /// A line has to agree with one of them.
    let alternatives: [Comparison]
    /// Whether it must not.
    let isNegated: Bool

    /// - Throws: ``QueryError`` with code `badInput` where an operand has no meaning.
    init(_ filter: LineFilter) throws(QueryError) {
        var alternatives: [Comparison] = []
        do throws(StageError) {
            for operand in filter.operands { alternatives += try LineTest.comparisons(filter.operator, operand) }
        } catch {
            throw QueryError(.badInput, PipelinePlan.fault(.lineFilter(filter), error.message))
        }
        self.alternatives = alternatives
        switch filter.operator {
        case .contains, .matches, .hasPattern: isNegated = false
        case .containsNot, .matchesNot, .hasNotPattern: isNegated = true
        }
    }

    private static func comparisons(
        _ filterOperator: LineFilter.Operator, _ operand: LineFilter.Operand
    ) throws(StageError) -> [Comparison] {
        switch filterOperator {
        case .contains, .containsNot:
            return [operand.isAddress ? .hasAddress(try IPPattern(operand.text)) : .contains(LiteralSearch(Array(operand.text.utf8)))]
        case .matches, .matchesNot, .hasPattern, .hasNotPattern:
            if operand.isAddress { throw StageError("ip: invalid operation") }
        }
        if filterOperator == .hasPattern || filterOperator == .hasNotPattern { return [.hasPattern(try PatternFilter(operand.text))] }
        if let literals = LineTest.literals(ofPattern: operand.text) { return literals.map { .contains(LiteralSearch($0)) } }
        do throws(LinearPatternError) {
            let pattern = try LinearPattern(operand.text, anchored: false)
            return [.matches(pattern, needs: PatternLiterals.required(by: operand.text).map { LiteralSearch($0) })]
        } catch {
            throw StageError(error.description)
        }
    }

    /// The texts of an expression that is no more than texts to choose from, such as `error|failed`; nil for others.
    private static func literals(ofPattern pattern: String) -> [[UInt8]]? {
        let bytes = Array(pattern.utf8)
        if bytes.contains(where: { byte in "\\.+*?()[]{}^$".utf8.contains(byte) || byte >= 0x80 }) { return nil }
        return bytes.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).map { Array($0) }
    }

    func passes(_ line: UnsafeRawBufferPointer) -> Bool {
        for alternative in alternatives where LineTest.holds(alternative, line) { return !isNegated }
        return isNegated
    }

    private static func holds(_ comparison: Comparison, _ line: UnsafeRawBufferPointer) -> Bool {
        switch comparison {
        case .contains(let search): search.isIn(line)
        case .matches(let pattern, let needs): needs.allSatisfy { $0.isIn(line) } && pattern.matches(line)
        case .hasPattern(let filter): filter.matches(line)
        case .hasAddress(let pattern): pattern.matches(line)
        }
    }

    /// Whether every line passes.
    var isTrivial: Bool {
        if isNegated { return false }
        return alternatives.contains { if case .contains(let search) = $0 { search.literal.isEmpty } else { false } }
    }

    /// Of these sets of literals a passing line has all of one; nil where nothing is known.
    var literals: [[[UInt8]]]? {
        if isNegated { return nil }
        var sets: [[[UInt8]]] = []
        for alternative in alternatives {
            switch alternative {
            case .contains(let search): sets.append([search.literal])
            case .hasPattern(let filter): sets.append(filter.literals)
            case .matches(_, let needs): sets.append(needs.map(\.literal))
            case .hasAddress: return nil
            }
        }
        return sets
    }
}

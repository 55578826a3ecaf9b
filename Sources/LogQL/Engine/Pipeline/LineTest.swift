internal import LinearRegex
internal import QueryModel

/// A line filter, ready to be tried.
struct LineTest: Sendable {
    /// What a line is compared with.
    enum Comparison: Sendable {
        case contains([UInt8])
        case matches(LinearPattern)
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
            for operand in filter.operands { alternatives.append(try LineTest.comparison(filter.operator, operand)) }
        } catch {
            throw QueryError(.badInput, PipelinePlan.fault(.lineFilter(filter), error.message))
        }
        self.alternatives = alternatives
        switch filter.operator {
        case .contains, .matches, .hasPattern: isNegated = false
        case .containsNot, .matchesNot, .hasNotPattern: isNegated = true
        }
    }

    private static func comparison(_ filterOperator: LineFilter.Operator, _ operand: LineFilter.Operand) throws(StageError) -> Comparison {
        switch filterOperator {
        case .contains, .containsNot:
            return operand.isAddress ? .hasAddress(try IPPattern(operand.text)) : .contains(Array(operand.text.utf8))
        case .matches, .matchesNot, .hasPattern, .hasNotPattern:
            if operand.isAddress { throw StageError("ip: invalid operation") }
        }
        if filterOperator == .hasPattern || filterOperator == .hasNotPattern { return .hasPattern(try PatternFilter(operand.text)) }
        do throws(LinearPatternError) {
            return .matches(try LinearPattern(operand.text, anchored: false))
        } catch {
            throw StageError(error.description)
        }
    }

    func passes(_ line: UnsafeRawBufferPointer) -> Bool {
        for alternative in alternatives where LineTest.holds(alternative, line) { return !isNegated }
        return isNegated
    }

    private static func holds(_ comparison: Comparison, _ line: UnsafeRawBufferPointer) -> Bool {
        switch comparison {
        case .contains(let literal): ByteSearch.firstIndex(of: literal, in: line) != nil
        case .matches(let pattern): pattern.matches(line)
        case .hasPattern(let filter): filter.matches(line)
        case .hasAddress(let pattern): pattern.matches(line)
        }
    }

    /// Whether every line passes.
    var isTrivial: Bool {
        if isNegated { return false }
        return alternatives.contains { if case .contains(let literal) = $0 { literal.isEmpty } else { false } }
    }

    /// Of these sets of literals a passing line has all of one; nil where nothing is known.
    var literals: [[[UInt8]]]? {
        if isNegated { return nil }
        var sets: [[[UInt8]]] = []
        for alternative in alternatives {
            switch alternative {
            case .contains(let literal): sets.append([literal])
            case .hasPattern(let filter): sets.append(filter.literals)
            case .matches, .hasAddress: return nil
            }
        }
        return sets
    }
}

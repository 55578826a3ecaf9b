internal import LabelMatching

extension Parser {
    /// How tightly operators bind: `or` less than `and`. A comma, and nothing at all, mean `and`, but take all that follows for their right
    /// side: `a, b or c` is `a and (b or c)`.
    private enum Binding {
        static let or = 1
        static let and = 2
    }

    mutating func parseLabelFilter(_ leastBinding: Int = 0) throws(SyntaxFault) -> LabelFilter {
        var left = try parseSimpleFilter()
        while true {
            switch token {
            case .word(.or) where leastBinding <= Binding.or:
                try advance()
                left = .either(left, try parseRightSide(Binding.or + 1))
            case .word(.and) where leastBinding <= Binding.and:
                try advance()
                left = .both(left, try parseRightSide(Binding.and + 1))
            case .word(.comma):
                try advance()
                left = .both(left, try parseRightSide(0))
            case .identifier, .word(.openParenthesis): left = .both(left, try parseRightSide(0))
            default: return left
            }
        }
    }

    private mutating func parseRightSide(_ leastBinding: Int) throws(SyntaxFault) -> LabelFilter {
        try countOperator()
        return try nested { (parser: inout Parser) throws(SyntaxFault) in try parser.parseLabelFilter(leastBinding) }
    }

    private mutating func parseSimpleFilter() throws(SyntaxFault) -> LabelFilter {
        if try take(.openParenthesis) {
            let filter = try nested { (parser: inout Parser) throws(SyntaxFault) in try parser.parseLabelFilter() }
            try expect(.closeParenthesis)
            return filter
        }
        guard case .identifier(let label) = token else { throw unexpected() }
        try advance()
        switch token {
        case .word(.equal):
            try advance()
            return try parseEquality(label, isNegated: false)
        case .word(.notEqual):
            try advance()
            return try parseEquality(label, isNegated: true)
        case .word(.matches):
            try advance()
            return .text(try matcher(label, .matches, try expectString()))
        case .word(.notMatches):
            try advance()
            return .text(try matcher(label, .notMatches, try expectString()))
        default:
            guard case .word(let word) = token, let comparison = Parser.comparisons[word] else { throw unexpected() }
            try advance()
            return try parseComparison(label, comparison)
        }
    }

    private static let comparisons: [Token.Word: LabelFilter.Comparison] = [
        .compareEqual: .equal, .greater: .greater, .greaterOrEqual: .greaterOrEqual, .less: .less, .lessOrEqual: .lessOrEqual,
    ]

    /// What may stand behind `=` and `!=`.
    private mutating func parseEquality(_ label: String, isNegated: Bool) throws(SyntaxFault) -> LabelFilter {
        switch token {
        case .string(let value):
            try advance()
            return .text(try matcher(label, isNegated ? .notEqual : .equal, value))
        case .word(.ip):
            try advance()
            try expect(.openParenthesis)
            let range = try expectString()
            try expect(.closeParenthesis)
            return .address(label: label, isNegated: isNegated, range: range)
        default: return try parseComparison(label, isNegated ? .notEqual : .equal)
        }
    }

    private mutating func parseComparison(_ label: String, _ comparison: LabelFilter.Comparison) throws(SyntaxFault) -> LabelFilter {
        switch token {
        case .duration(let duration):
            try advance()
            return .duration(label: label, comparison, duration)
        case .byteSize(let size):
            try advance()
            return .byteSize(label: label, comparison, size)
        default:
            guard let number = try parseSignedNumber() else { throw unexpected() }
            switch number {
            case .success(let number): return .number(label: label, comparison, number)
            case .failure(let fault): throw fault
            }
        }
    }
}

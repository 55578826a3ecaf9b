internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// Holds the parts of a query against one another: types of operands and arguments, modifiers, matchers.
struct TypeChecker {
    let text: [UInt8]

    /// - Throws: the first fault, in the order in which Prometheus finds them: operands before their operation, but the number of
    ///   arguments before the arguments.
    func check(_ expression: Expression) throws(SyntaxFault) { _ = try type(of: expression) }

    private func type(of expression: Expression) throws(SyntaxFault) -> ValueType {
        switch expression {
        case .number: return .scalar
        case .string: return .string
        case .selector(let node):
            try check(node, mayMatchAll: false)
            return .vector
        case .range(let node):
            try check(node.selector, mayMatchAll: false)
            return .matrix
        case .parenthesized(let node): return try type(of: node.expression)
        case .unary(let node): return try type(of: node)
        case .subquery(let node):
            let inner = try type(of: node.expression)
            if inner != .vector {
                throw SyntaxFault("subquery is only allowed on instant vector, got \(inner.rawValue) instead", at: node.position)
            }
            return .matrix
        case .aggregation(let node):
            try check(node)
            return .vector
        case .call(let node):
            try check(node)
            return node.function.result
        case .binary(let node): return try type(of: node)
        }
    }

    private func type(of node: UnaryOperation) throws(SyntaxFault) -> ValueType {
        let operand = try type(of: node.operand)
        if operand != .scalar && operand != .vector {
            let shown = GoQuoting.string(operand.documentedName)
            let message = "unary expression only allowed on expressions of type scalar or instant vector, got \(shown)"
            throw SyntaxFault(message, at: node.position)
        }
        return operand
    }

    // MARK: Selectors

    private func check(_ node: VectorSelector, mayMatchAll: Bool) throws(SyntaxFault) {
        if let name = node.name {
            if let second = node.matchers.dropLast().first(where: { $0.name == LabelName.metricName }) {
                let names = "\(GoQuoting.string(name)) or \(GoQuoting.string(second.value))"
                throw SyntaxFault("metric name must not be set twice: \(names)", at: node.position)
            }
        } else if !mayMatchAll && node.matchers.allSatisfy(\.matchesEmpty) {
            throw SyntaxFault("vector selector must contain at least one non-empty matcher", at: node.position)
        }
    }

    // MARK: Calls

    private func check(_ node: Aggregation) throws(SyntaxFault) {
        try expect(.vector, of: node.expression, in: "aggregation expression")
        if let parameter = node.parameter {
            try expect(node.operator == .countValues ? .string : .scalar, of: parameter, in: "aggregation parameter")
        }
    }

    private func expect(_ wanted: ValueType, of expression: Expression, in place: String) throws(SyntaxFault) {
        let found = try type(of: expression)
        if found != wanted {
            let message = "expected type \(wanted.documentedName) in \(place), got \(found.documentedName)"
            throw SyntaxFault(message, at: expression.position)
        }
    }

    private func check(_ node: FunctionCall) throws(SyntaxFault) {
        try checkArgumentCount(node)
        let isInfo = node.function.name == "info"
        if isInfo && node.arguments.count > 1 { try checkInfoSelector(node.arguments[1], node) }
        let declared = node.function.arguments
        for (index, argument) in node.arguments.enumerated() {
            if isInfo, index == 1, case .selector(let selector) = argument {
                try check(selector, mayMatchAll: true)
            } else {
                try expectArgument(declared[min(index, declared.count - 1)], argument, node)
            }
        }
    }

    private func expectArgument(_ wanted: ValueType, _ argument: Expression, _ node: FunctionCall) throws(SyntaxFault) {
        let found = try type(of: argument)
        if found != wanted { throw mismatch(wanted, found, node, at: argument.position) }
    }

    private func mismatch(_ wanted: ValueType, _ found: ValueType, _ node: FunctionCall, at range: SourceRange) -> SyntaxFault {
        let place = "call to function \(GoQuoting.string(node.function.name))"
        return SyntaxFault("expected type \(wanted.documentedName) in \(place), got \(found.documentedName)", at: range)
    }

    /// The second argument of `info`: matchers without a name.
    private func checkInfoSelector(_ argument: Expression, _ node: FunctionCall) throws(SyntaxFault) {
        if argument.type != .vector { throw mismatch(.vector, argument.type, node, at: node.position) }
        guard case .selector(let selector) = argument else {
            throw SyntaxFault("expected label selectors only", at: argument.position)
        }
        if selector.name != nil { throw SyntaxFault("expected label selectors only, got vector selector instead", at: argument.position) }
    }

    private func checkArgumentCount(_ node: FunctionCall) throws(SyntaxFault) {
        let (declared, variadic, given) = (node.function.arguments.count, node.function.variadic, node.arguments.count)
        let name = GoQuoting.string(node.function.name)
        if variadic == 0 {
            if given != declared {
                throw SyntaxFault("expected \(declared) argument(s) in call to \(name), got \(given)", at: node.position)
            }
            return
        }
        let least = declared - 1
        if given < least {
            throw SyntaxFault("expected at least \(least) argument(s) in call to \(name), got \(given)", at: node.position)
        }
        if variadic > 0 && given > least + variadic {
            throw SyntaxFault("expected at most \(least + variadic) argument(s) in call to \(name), got \(given)", at: node.position)
        }
    }

    // MARK: Operators

    private func type(of node: BinaryOperation) throws(SyntaxFault) -> ValueType {
        let left = try type(of: node.left)
        let right = try type(of: node.right)
        if node.returnsBool && !node.operator.isComparison {
            throw SyntaxFault("bool modifier can only be used on comparison operators", at: operatorRange(node))
        }
        if node.operator.isComparison && !node.returnsBool && left == .scalar && right == .scalar {
            throw SyntaxFault("comparisons between scalars must use BOOL modifier", at: operatorRange(node))
        }
        if let matching = node.matching, matching.isOn, let label = matching.labels.first(where: matching.include.contains) {
            let message = "label \(GoQuoting.string(label)) must not occur in ON and GROUP clause at once"
            throw SyntaxFault(message, at: operatorRange(node))
        }
        for (type, side) in [(left, node.left), (right, node.right)] where type != .scalar && type != .vector {
            throw SyntaxFault("binary expression must contain only scalar and instant vector types", at: side.position)
        }
        try checkMatching(node, isBetweenVectors: left == .vector && right == .vector)
        if node.operator.isSet && (left == .scalar || right == .scalar) {
            let name = GoQuoting.string(node.operator.rawValue)
            throw SyntaxFault("set operator \(name) not allowed in binary scalar expression", at: node.position)
        }
        return left == .scalar && right == .scalar ? .scalar : .vector
    }

    private func checkMatching(_ node: BinaryOperation, isBetweenVectors: Bool) throws(SyntaxFault) {
        guard let matching = node.matching else { return }
        let hasFill = matching.fillLeft != nil || matching.fillRight != nil
        if !isBetweenVectors {
            if !matching.labels.isEmpty { throw SyntaxFault("vector matching only allowed between instant vectors", at: node.position) }
            if hasFill { throw SyntaxFault("filling in missing series only allowed between instant vectors", at: node.position) }
        } else if node.operator.isSet {
            if matching.cardinality != .manyToMany {
                let name = GoQuoting.string(node.operator.rawValue)
                throw SyntaxFault("no grouping allowed for \(name) operation", at: node.position)
            }
            if hasFill { throw SyntaxFault("filling in missing series not allowed for set operators", at: node.position) }
        }
    }

    /// Where the operator of an operation stands, its modifiers included.
    private func operatorRange(_ node: BinaryOperation) -> SourceRange {
        var range = SourceRange(node.left.position.end, node.right.position.start)
        while range.start < range.end, isSpace(text[range.start]) { range.start += 1 }
        while range.end > range.start, isSpace(text[range.end - 1]) { range.end -= 1 }
        return range
    }
}

extension ValueType {
    /// The type as the documentation of the language names it.
    var documentedName: String {
        switch self {
        case .vector: "instant vector"
        case .matrix: "range vector"
        case .scalar, .string: rawValue
        }
    }
}

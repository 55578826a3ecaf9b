extension Expression {
    /// The expression over as many lines as it takes to keep them short, in the form of Prometheus' `format_query`: a part whose one-line
    /// form has more than `widthMax` bytes is split, its operands indented by two spaces a level.
    public func prettified(widthMax: Int = 100) -> String {
        var prettifier = Prettifier(widthMax: widthMax)
        prettifier.print(self, level: 0)
        return prettifier.text
    }
}

private struct Prettifier {
    let widthMax: Int
    var text = ""

    mutating func print(_ expression: Expression, level: Int, isIndented: Bool = true) {
        switch expression {
        case .subquery(let node): return print(node, level: level, isIndented: isIndented)
        case .unary(let node):
            if isIndented { indent(level) }
            text += node.isNegation ? "-" : "+"
            return print(node.operand, level: level, isIndented: false)
        default: break
        }
        if isIndented { indent(level) }
        guard isLong(expression) else {
            text += expression.description
            return
        }
        switch expression {
        case .aggregation(let node):
            text += written { $0.printHead(of: node) } + "(\n"
            if let parameter = node.parameter {
                print(parameter, level: level + 1)
                text += ",\n"
            }
            print(node.expression, level: level + 1)
            close(level)
        case .call(let node):
            text += node.function.name + "(\n"
            for (index, argument) in node.arguments.enumerated() {
                if index > 0 { text += ",\n" }
                print(argument, level: level + 1)
            }
            close(level)
        case .parenthesized(let node):
            text += "(\n"
            print(node.expression, level: level + 1)
            close(level)
        case .binary(let node):
            // The operator stands on a line of its own, less indented than its operands.
            text.removeLast(isIndented ? 2 * level : 0)
            print(node.left, level: level + 1, isIndented: isIndented)
            text += "\n"
            indent(level)
            text += written { $0.printOperator(of: node) } + "\n"
            print(node.right, level: level + 1)
        default: text += expression.description
        }
    }

    /// A short subquery stands where it stands; of a long one the inside is split and the suffix follows it.
    private mutating func print(_ node: Subquery, level: Int, isIndented: Bool) {
        guard isLong(.subquery(node)) else {
            text += Expression.subquery(node).description
            return
        }
        print(node.expression, level: level, isIndented: isIndented)
        text += written { $0.printSuffix(of: node) }
    }

    private func isLong(_ expression: Expression) -> Bool {
        var printer = Printer()
        printer.limit = widthMax
        printer.print(expression)
        return printer.isOverLimit
    }

    private func written(_ body: (inout Printer) -> Void) -> String {
        var printer = Printer()
        body(&printer)
        return printer.text
    }

    private mutating func indent(_ level: Int) { text += String(repeating: "  ", count: level) }

    private mutating func close(_ level: Int) {
        text += "\n"
        indent(level)
        text += ")"
    }
}

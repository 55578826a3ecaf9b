internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

extension Expression: CustomStringConvertible {
    /// The expression on one line, in the form in which Prometheus prints it. Parsing it gives the same expression, positions aside.
    public var description: String {
        var printer = Printer()
        printer.print(self)
        return printer.text
    }
}

extension VectorSelector: CustomStringConvertible {
    public var description: String { Expression.selector(self).description }
}

extension DurationValue: CustomStringConvertible {
    public var description: String {
        var printer = Printer()
        printer.print(self)
        return printer.text
    }
}

/// Writes expressions in canonical form.
struct Printer {
    private(set) var text = ""
    /// Once the text is longer, in bytes, nothing more is written: whoever only asks whether it fits need not pay for the rest.
    var limit = Int.max

    var isOverLimit: Bool { text.utf8.count > limit }

    mutating func print(_ expression: Expression) {
        if isOverLimit { return }
        switch expression {
        case .number(let node): print(node)
        case .string(let node): text += node.quoted
        case .selector(let node):
            printSeries(node)
            printAnchor(node.anchor)
            printBoundary(node.boundary)
            printOffset(node.offset)
        case .range(let node):
            printSeries(node.selector)
            text += "["
            print(node.range)
            text += "]"
            printBoundary(node.selector.boundary)
            printAnchor(node.selector.anchor)
            printOffset(node.selector.offset)
        case .subquery(let node):
            print(node.expression)
            printSuffix(of: node)
        case .call(let node):
            text += node.function.name + "("
            for (index, argument) in node.arguments.enumerated() {
                if index > 0 { text += ", " }
                print(argument)
            }
            text += ")"
        case .aggregation(let node):
            printHead(of: node)
            text += "("
            if let parameter = node.parameter {
                print(parameter)
                text += ", "
            }
            print(node.expression)
            text += ")"
        case .unary(let node):
            text += node.isNegation ? "-" : "+"
            print(node.operand)
        case .binary(let node):
            print(node.left)
            text += " "
            printOperator(of: node)
            text += " "
            print(node.right)
        case .parenthesized(let node):
            text += "("
            print(node.expression)
            text += ")"
        }
    }

    // MARK: Parts

    private mutating func print(_ node: NumberLiteral) {
        text +=
            node.isDuration
            ? PromQLDuration.text(milliseconds: Int64((node.value * 1000).rounded(.toNearestOrAwayFromZero)))
            : FloatText.fixed(node.value)
    }

    private mutating func printSeries(_ node: VectorSelector) {
        let name = node.name ?? ""
        text += name
        var parts: [[UInt8]] = []
        for matcher in node.matchers {
            if !name.isEmpty, matcher.name == LabelName.metricName, matcher.operator == .equal, matcher.value == name { continue }
            let label = LabelSet.isClassicLabelName(matcher.name) ? matcher.name : GoQuoting.string(matcher.name)
            parts.append(Array((label + matcher.operator.rawValue + GoQuoting.string(matcher.value)).utf8))
        }
        if parts.isEmpty {
            if name.isEmpty { text += "{}" }
            return
        }
        parts.sort { $0.lexicographicallyPrecedes($1) }
        text += "{" + String(decoding: Array(parts.joined(separator: [UInt8(ascii: ",")])), as: UTF8.self) + "}"
    }

    private mutating func printAnchor(_ anchor: TimeAnchor?) {
        switch anchor {
        case nil: break
        case .start: text += " @ start()"
        case .end: text += " @ end()"
        case .timestamp(let milliseconds):
            let fraction = String(milliseconds.magnitude % 1000)
            let zeros = String(repeating: "0", count: 3 - fraction.utf8.count)
            text += " @ \(milliseconds < 0 ? "-" : "")\(milliseconds.magnitude / 1000).\(zeros)\(fraction)"
        }
    }

    private mutating func printBoundary(_ boundary: RangeBoundary) {
        switch boundary {
        case .plain: break
        case .anchored: text += " anchored"
        case .smoothed: text += " smoothed"
        }
    }

    private mutating func printOffset(_ offset: DurationValue?) {
        guard let offset else { return }
        let value = offset.description
        text += " offset "
        // A plain value ends an offset; two signs, which cancel out, say that an operator belongs to it.
        if !offset.endsOffset && !value.hasPrefix("(") && !value.hasPrefix("--") { text += "+ +" }
        text += value
    }

    mutating func printSuffix(of node: Subquery) {
        text += "["
        print(node.range)
        text += ":"
        if let step = node.step { print(step) }
        text += "]"
        printAnchor(node.anchor)
        printOffset(node.offset)
    }

    mutating func print(_ duration: DurationValue) {
        if isOverLimit { return }
        switch duration {
        case .milliseconds(let milliseconds): text += PromQLDuration.text(milliseconds: milliseconds)
        case .number(let literal): print(literal)
        case .step: text += "step()"
        case .range: text += "range()"
        case .negated(let operand, _):
            text += "-"
            print(operand)
        case .binary(let `operator`, let left, let right, _):
            print(left)
            text += " \(`operator`.rawValue) "
            print(right)
        case .minimum(let first, let second, _): print(function: "min_of", first, second)
        case .maximum(let first, let second, _): print(function: "max_of", first, second)
        case .parenthesized(let inner):
            text += "("
            print(inner)
            text += ")"
        }
    }

    private mutating func print(function: String, _ first: DurationValue, _ second: DurationValue) {
        text += function + "("
        print(first)
        text += ", "
        print(second)
        text += ")"
    }

    /// The operator of an aggregation and its grouping.
    mutating func printHead(of node: Aggregation) {
        text += node.operator.rawValue
        guard node.isWithout || !node.grouping.isEmpty else { return }
        text += node.isWithout ? " without " : " by "
        print(labels: node.grouping)
        text += " "
    }

    /// The operator of a binary operation and its modifiers.
    mutating func printOperator(of node: BinaryOperation) {
        text += node.operator.rawValue
        if node.returnsBool { text += " bool" }
        guard let matching = node.matching else { return }
        let isGrouped = matching.cardinality == .manyToOne || matching.cardinality == .oneToMany
        if !matching.labels.isEmpty || matching.isOn || isGrouped {
            text += matching.isOn ? " on " : " ignoring "
            print(labels: matching.labels)
        }
        if isGrouped {
            text += matching.cardinality == .manyToOne ? " group_left " : " group_right "
            print(labels: matching.include)
        }
        if let left = matching.fillLeft, let right = matching.fillRight, left == right {
            text += " fill (\(FloatText.general(left)))"
        } else {
            if let left = matching.fillLeft { text += " fill_left (\(FloatText.general(left)))" }
            if let right = matching.fillRight { text += " fill_right (\(FloatText.general(right)))" }
        }
    }

    private mutating func print(labels: [String]) {
        text += "("
        for (index, label) in labels.enumerated() {
            if index > 0 { text += ", " }
            // Words that no list of labels takes unquoted are quoted even where they look like a label name.
            let isPlain = LabelSet.isClassicLabelName(label) && (TokenKind(word: Array(label.utf8)[...])?.isLabelName ?? true)
            text += isPlain ? label : GoQuoting.string(label)
        }
        text += ")"
    }
}

extension DurationValue {
    /// Whether an operator after the value, in an offset, is no part of it.
    fileprivate var endsOffset: Bool {
        switch self {
        case .binary: false
        case .negated(let operand, _):
            switch operand {
            case .negated, .binary: false
            default: true
            }
        default: true
        }
    }
}

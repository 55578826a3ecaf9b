public import LabelMatching
public import QueryModel
internal import TelemetryModel

/// A typed PromQL expression. Every node knows where it stands in the text.
public indirect enum Expression: Sendable, Hashable {
    case number(NumberLiteral)
    case string(StringLiteral)
    case selector(VectorSelector)
    case range(RangeSelector)
    case subquery(Subquery)
    case call(FunctionCall)
    case aggregation(Aggregation)
    case unary(UnaryOperation)
    case binary(BinaryOperation)
    case parenthesized(Parenthesized)

    /// Where the expression stands in the text of the query.
    public var position: SourceRange {
        switch self {
        case .number(let node): node.position
        case .string(let node): node.position
        case .selector(let node): node.position
        case .range(let node): node.position
        case .subquery(let node): node.position
        case .call(let node): node.position
        case .aggregation(let node): node.position
        case .unary(let node): node.position
        case .binary(let node): node.position
        case .parenthesized(let node): node.position
        }
    }
}

public struct NumberLiteral: Sendable, Hashable {
    public var value: Double
    /// Whether it was written as a duration (`1h30m`), so that it prints as one.
    public var isDuration: Bool
    public var position: SourceRange

    public init(value: Double, isDuration: Bool = false, position: SourceRange) {
        self.value = value
        self.isDuration = isDuration
        self.position = position
    }
}

public struct StringLiteral: Sendable, Hashable {
    /// The string; bytes that are no UTF-8, which `\xff` can write, are replacement characters here.
    public var value: String
    /// The exact bytes where they are no UTF-8, else nil.
    public var invalidBytes: [UInt8]?
    public var position: SourceRange

    public init(value: String, invalidBytes: [UInt8]? = nil, position: SourceRange) {
        self.value = value
        self.invalidBytes = invalidBytes
        self.position = position
    }

    /// The literal in double quotes, as the language prints it and as messages show it.
    public var quoted: String { invalidBytes.map(GoQuoting.string(bytes:)) ?? GoQuoting.string(value) }
}

/// A length of time in a range, step or offset: known at parse time, or an expression over `step()`, `range()` and numbers
/// (feature `promql-duration-expr`), which the engine resolves before it evaluates.
public indirect enum DurationValue: Sendable, Hashable {
    case milliseconds(Int64)
    case number(NumberLiteral)
    case step(SourceRange)
    case range(SourceRange)
    case negated(DurationValue, SourceRange)
    case binary(BinaryOperator, DurationValue, DurationValue, SourceRange)
    case minimum(DurationValue, DurationValue, SourceRange)
    case maximum(DurationValue, DurationValue, SourceRange)
    case parenthesized(DurationValue)
}

/// The `@` modifier.
public enum TimeAnchor: Sendable, Hashable {
    case timestamp(Int64)
    case start
    case end
}

/// How samples at the borders of a range are completed (feature `promql-extended-range-selectors`).
public enum RangeBoundary: Sendable, Hashable {
    case plain, anchored, smoothed
}

public struct VectorSelector: Sendable, Hashable {
    /// The name as written before the braces, if any; ``matchers`` holds it as a `__name__` matcher too.
    public var name: String?
    public var matchers: [LabelMatcher]
    public var offset: DurationValue?
    public var anchor: TimeAnchor?
    public var boundary: RangeBoundary
    public var position: SourceRange

    public init(
        name: String?, matchers: [LabelMatcher], offset: DurationValue? = nil, anchor: TimeAnchor? = nil,
        boundary: RangeBoundary = .plain, position: SourceRange
    ) {
        self.name = name
        self.matchers = matchers
        self.offset = offset
        self.anchor = anchor
        self.boundary = boundary
        self.position = position
    }
}

public struct RangeSelector: Sendable, Hashable {
    public var selector: VectorSelector
    public var range: DurationValue
    public var position: SourceRange

    public init(selector: VectorSelector, range: DurationValue, position: SourceRange) {
        self.selector = selector
        self.range = range
        self.position = position
    }
}

public struct Subquery: Sendable, Hashable {
    public var expression: Expression
    public var range: DurationValue
    /// nil stands for the default step, the evaluation interval.
    public var step: DurationValue?
    public var offset: DurationValue?
    public var anchor: TimeAnchor?
    public var position: SourceRange

    public init(
        expression: Expression, range: DurationValue, step: DurationValue?, offset: DurationValue? = nil, anchor: TimeAnchor? = nil,
        position: SourceRange
    ) {
        self.expression = expression
        self.range = range
        self.step = step
        self.offset = offset
        self.anchor = anchor
        self.position = position
    }
}

public struct FunctionCall: Sendable, Hashable {
    public var function: FunctionSignature
    public var arguments: [Expression]
    public var position: SourceRange

    public init(function: FunctionSignature, arguments: [Expression], position: SourceRange) {
        self.function = function
        self.arguments = arguments
        self.position = position
    }
}

/// What a function takes and gives. The table of all functions is in `FunctionSignature+Table.swift`.
public struct FunctionSignature: Sendable, Hashable {
    public let name: String
    public let arguments: [ValueType]
    /// 0: exactly ``arguments``; n > 0: up to n of the last ones may be left out (the last may repeat n-1 more times as in Prometheus);
    /// -1: the last argument may repeat without limit, or be left out.
    public let variadic: Int
    public let result: ValueType
    /// Whether it needs the feature `promql-experimental-functions`.
    public let isExperimental: Bool

    public init(_ name: String, _ arguments: [ValueType], variadic: Int = 0, _ result: ValueType, isExperimental: Bool = false) {
        self.name = name
        self.arguments = arguments
        self.variadic = variadic
        self.result = result
        self.isExperimental = isExperimental
    }
}

public enum AggregationOperator: String, Sendable, Hashable, CaseIterable {
    case sum, avg, min, max, count, group, stddev, stdvar, topk, bottomk, quantile
    case countValues = "count_values"
    case limitk
    case limitRatio = "limit_ratio"

    /// Whether it is written with a parameter before the vector.
    public var takesParameter: Bool {
        switch self {
        case .topk, .bottomk, .quantile, .countValues, .limitk, .limitRatio: true
        default: false
        }
    }
}

public struct Aggregation: Sendable, Hashable {
    public var `operator`: AggregationOperator
    public var expression: Expression
    public var parameter: Expression?
    /// The names after `by` or `without`.
    public var grouping: [String]
    public var isWithout: Bool
    public var position: SourceRange

    public init(
        operator: AggregationOperator, expression: Expression, parameter: Expression?, grouping: [String], isWithout: Bool,
        position: SourceRange
    ) {
        self.operator = `operator`
        self.expression = expression
        self.parameter = parameter
        self.grouping = grouping
        self.isWithout = isWithout
        self.position = position
    }
}

public struct UnaryOperation: Sendable, Hashable {
    public var isNegation: Bool
    public var operand: Expression
    public var position: SourceRange

    public init(isNegation: Bool, operand: Expression, position: SourceRange) {
        self.isNegation = isNegation
        self.operand = operand
        self.position = position
    }
}

public enum BinaryOperator: String, Sendable, Hashable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case atan2
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    /// Histogram trimming, experimental.
    case trimUpper = "</"
    case trimLower = ">/"
    case and, or, unless

    public var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }

    public var isSet: Bool { self == .and || self == .or || self == .unless }
}

public enum MatchCardinality: Sendable, Hashable {
    case oneToOne, manyToOne, oneToMany, manyToMany
}

public struct VectorMatching: Sendable, Hashable {
    public var cardinality: MatchCardinality
    public var labels: [String]
    /// true: `on(labels)`; false: `ignoring(labels)`, also where nothing was written.
    public var isOn: Bool
    /// Labels of the one side that `group_left` or `group_right` carry over.
    public var include: [String]
    /// What stands for a missing sample of each side (feature `promql-binop-fill-modifiers`).
    public var fillLeft: Double?
    public var fillRight: Double?

    public init(
        cardinality: MatchCardinality = .oneToOne, labels: [String] = [], isOn: Bool = false, include: [String] = [],
        fillLeft: Double? = nil, fillRight: Double? = nil
    ) {
        self.cardinality = cardinality
        self.labels = labels
        self.isOn = isOn
        self.include = include
        self.fillLeft = fillLeft
        self.fillRight = fillRight
    }
}

public struct BinaryOperation: Sendable, Hashable {
    public var `operator`: BinaryOperator
    public var left: Expression
    public var right: Expression
    /// Present where both sides are vectors.
    public var matching: VectorMatching?
    /// Whether a comparison gives 0 and 1 instead of filtering.
    public var returnsBool: Bool
    public var position: SourceRange

    public init(
        operator: BinaryOperator, left: Expression, right: Expression, matching: VectorMatching?, returnsBool: Bool,
        position: SourceRange
    ) {
        self.operator = `operator`
        self.left = left
        self.right = right
        self.matching = matching
        self.returnsBool = returnsBool
        self.position = position
    }
}

public struct Parenthesized: Sendable, Hashable {
    public var expression: Expression
    public var position: SourceRange

    public init(expression: Expression, position: SourceRange) {
        self.expression = expression
        self.position = position
    }
}

extension Expression {
    /// The type of the value that the expression gives.
    public var type: ValueType {
        switch self {
        case .number: .scalar
        case .string: .string
        case .selector: .vector
        case .range, .subquery: .matrix
        case .call(let node): node.function.result
        case .aggregation: .vector
        case .unary(let node): node.operand.type
        case .binary(let node): node.left.type == .scalar && node.right.type == .scalar ? .scalar : .vector
        case .parenthesized(let node): node.expression.type
        }
    }

    /// The expression inside any parentheses.
    public var unparenthesized: Expression {
        if case .parenthesized(let node) = self { return node.expression.unparenthesized }
        return self
    }
}

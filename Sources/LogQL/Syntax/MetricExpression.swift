public import LinearRegex

/// An expression that gives numbers.
public indirect enum MetricExpression: Sendable, Hashable {
    /// `rate({app="shop"}[5m])`
    case range(RangeAggregation)
    /// `sum by (app) (…)`
    case vector(VectorAggregation)
    /// `a / b`
    case binary(BinaryOperation)
    /// `4.5`
    case literal(Double)
    /// `vector(4.5)`
    case constantVector(Double)
    case labelReplace(LabelReplacement)
}

/// What is made of the lines of a window before each step.
public struct RangeAggregation: Sendable, Hashable {
    public enum Operation: String, Sendable, Hashable, CaseIterable {
        case count = "count_over_time"
        case rate
        case rateCounter = "rate_counter"
        case bytes = "bytes_over_time"
        case bytesRate = "bytes_rate"
        case average = "avg_over_time"
        case sum = "sum_over_time"
        case minimum = "min_over_time"
        case maximum = "max_over_time"
        case variance = "stdvar_over_time"
        case deviation = "stddev_over_time"
        case quantile = "quantile_over_time"
        case first = "first_over_time"
        case last = "last_over_time"
        case absent = "absent_over_time"
    }

    public var operation: Operation
    /// The quantile; nil for other operations.
    public var parameter: Double?
    public var range: LogRange
    public var grouping: Grouping?

    public init(_ operation: Operation, parameter: Double? = nil, _ range: LogRange, grouping: Grouping? = nil) {
        self.operation = operation
        self.parameter = parameter
        self.range = range
        self.grouping = grouping
    }
}

/// Lines of a window of time.
public struct LogRange: Sendable, Hashable {
    public var selector: LogSelector
    /// The length of the window.
    public var intervalNanoseconds: Int64
    /// How far the window is moved into the past; may be negative.
    public var offsetNanoseconds: Int64
    public var unwrap: Unwrap?

    public init(selector: LogSelector, intervalNanoseconds: Int64, offsetNanoseconds: Int64 = 0, unwrap: Unwrap? = nil) {
        self.selector = selector
        self.intervalNanoseconds = intervalNanoseconds
        self.offsetNanoseconds = offsetNanoseconds
        self.unwrap = unwrap
    }
}

/// `| unwrap duration(took) | __error__=""`: a label whose value is a number.
public struct Unwrap: Sendable, Hashable {
    public enum Conversion: String, Sendable, Hashable {
        case bytes, duration
        case durationSeconds = "duration_seconds"
    }

    public var label: String
    public var conversion: Conversion?
    /// What stands behind it; all have to pass.
    public var filters: [LabelFilter]

    public init(label: String, conversion: Conversion? = nil, filters: [LabelFilter] = []) {
        self.label = label
        self.conversion = conversion
        self.filters = filters
    }
}

/// Which labels tell groups apart.
public struct Grouping: Sendable, Hashable {
    /// In the order of the text.
    public var labels: [String]
    /// Whether all labels but these count.
    public var isWithout: Bool

    public init(labels: [String] = [], isWithout: Bool = false) {
        self.labels = labels
        self.isWithout = isWithout
    }

    /// Whether all series are one group without labels.
    public var isSingle: Bool { labels.isEmpty && !isWithout }
}

public struct VectorAggregation: Sendable, Hashable {
    public enum Operation: String, Sendable, Hashable, CaseIterable {
        case sum
        case average = "avg"
        case count
        case maximum = "max"
        case minimum = "min"
        case deviation = "stddev"
        case variance = "stdvar"
        case bottomK = "bottomk"
        case topK = "topk"
        case sort
        case sortDescending = "sort_desc"
        case approximateTopK = "approx_topk"

        /// Whether it takes a number of series.
        public var takesParameter: Bool { self == .bottomK || self == .topK || self == .approximateTopK }
    }

    public var operation: Operation
    /// How many series; 0 where the operation takes no number.
    public var parameter: Int
    public var operand: MetricExpression
    public var grouping: Grouping

    public init(_ operation: Operation, parameter: Int = 0, _ operand: MetricExpression, grouping: Grouping = Grouping()) {
        self.operation = operation
        self.parameter = parameter
        self.operand = operand
        self.grouping = grouping
    }
}

public struct BinaryOperation: Sendable, Hashable {
    public enum Operator: String, Sendable, Hashable, CaseIterable {
        case or, and, unless
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case modulo = "%"
        case power = "^"
        case equal = "=="
        case notEqual = "!="
        case greater = ">"
        case greaterOrEqual = ">="
        case less = "<"
        case lessOrEqual = "<="

        /// Whether it works on sets of series.
        public var isSetOperator: Bool { self == .or || self == .and || self == .unless }

        public var isComparison: Bool {
            switch self {
            case .equal, .notEqual, .greater, .greaterOrEqual, .less, .lessOrEqual: true
            default: false
            }
        }
    }

    public var `operator`: Operator
    public var left: MetricExpression
    public var right: MetricExpression
    /// Whether a comparison gives 0 or 1 instead of leaving series out.
    public var returnsBool: Bool
    public var matching: VectorMatching

    public init(
        _ operator: Operator, _ left: MetricExpression, _ right: MetricExpression, returnsBool: Bool = false,
        matching: VectorMatching = VectorMatching()
    ) {
        self.operator = `operator`
        self.left = left
        self.right = right
        self.returnsBool = returnsBool
        self.matching = matching
    }
}

/// Which series of two sides belong together.
public struct VectorMatching: Sendable, Hashable {
    public enum Cardinality: Sendable, Hashable {
        case oneToOne
        /// `group_left`
        case manyToOne
        /// `group_right`
        case oneToMany
    }

    public var cardinality = Cardinality.oneToOne
    public var labels: [String] = []
    /// Whether only ``labels`` count (`on`), else all but these (`ignoring`).
    public var isOn = false
    /// Whether `on` or `ignoring` was written.
    public var isWritten = false
    /// Labels of the "one" side that the result gets; nil where none were written.
    public var included: [String]?

    public init() {}
}

/// `label_replace(v, "dst", "$1", "src", "(.*):.*")`
public struct LabelReplacement: Sendable, Hashable {
    public var operand: MetricExpression
    public var destination: String
    public var replacement: String
    public var source: String
    /// Anchored at both ends.
    public var pattern: LinearPattern

    public init(_ operand: MetricExpression, destination: String, replacement: String, source: String, pattern: LinearPattern) {
        self.operand = operand
        self.destination = destination
        self.replacement = replacement
        self.source = source
        self.pattern = pattern
    }
}

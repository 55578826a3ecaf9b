public import LabelMatching

/// One step of a pipeline.
public enum PipelineStage: Sendable, Hashable {
    /// `|= "x"`
    case lineFilter(LineFilter)
    /// `| json`, or with names what to extract: `| json first="servers[0]"`.
    case json([LabelExtraction])
    /// `| logfmt --strict first="x"`
    case logfmt(LogfmtFlags, [LabelExtraction])
    /// `| regexp "(?P<method>\\w+)"`
    case regexp(String)
    /// `| pattern "<ip> - <_>"`
    case pattern(String)
    /// `| unpack`
    case unpack
    /// `| status >= 500`
    case labelFilter(LabelFilter)
    /// `| line_format "{{.method}}"`
    case lineFormat(String)
    /// `| label_format a=b, c="{{.d}}"`
    case labelFormat([LabelFormat])
    /// `| decolorize`
    case decolorize
    /// `| drop a, b="x"`
    case drop([LabelChoice])
    /// `| keep a, b="x"`
    case keep([LabelChoice])
}

/// Keeps lines by their text.
public struct LineFilter: Sendable, Hashable {
    public enum Operator: String, Sendable, Hashable {
        case contains = "|="
        case containsNot = "!="
        case matches = "|~"
        case matchesNot = "!~"
        case hasPattern = "|>"
        case hasNotPattern = "!>"
    }

    /// What a line is compared with.
    public struct Operand: Sendable, Hashable {
        public var text: String
        /// Whether the text names addresses: `ip("10.0.0.0/8")`.
        public var isAddress: Bool

        public init(_ text: String, isAddress: Bool = false) {
            self.text = text
            self.isAddress = isAddress
        }
    }

    public var `operator`: Operator
    /// A line has to agree with one of them. Operators that exclude lines have exactly one.
    public var operands: [Operand]

    public init(_ operator: Operator, _ operands: [Operand]) {
        self.operator = `operator`
        self.operands = operands
    }
}

/// A label and where in the line its value stands.
public struct LabelExtraction: Sendable, Hashable {
    public var label: String
    /// As it was written: `servers[0].name`, or the name of a logfmt key.
    public var expression: String

    public init(label: String, expression: String) {
        self.label = label
        self.expression = expression
    }
}

/// How logfmt is read.
public struct LogfmtFlags: Sendable, Hashable {
    /// `--strict`: a line that is not logfmt throughout is an error.
    public var isStrict = false
    /// `--keep-empty`: keys without a value become labels with an empty one.
    public var keepsEmpty = false

    public init() {}
}

/// A label that is made from others.
public struct LabelFormat: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// Another label, which goes.
        case rename(String)
        case template(String)
    }

    public var label: String
    public var source: Source

    public init(label: String, source: Source) {
        self.label = label
        self.source = source
    }
}

/// A label to keep or to drop.
public enum LabelChoice: Sendable, Hashable {
    case name(String)
    /// Only where its value passes.
    case matcher(LabelMatcher)
}

/// One way in which what arrived differs from what is declared.
public struct ContractFinding: Sendable, Hashable {
    /// What is wrong, as a word that programs may go by.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case missingMetric = "missing-metric"
        case undeclaredMetric = "undeclared-metric"
        case wrongType = "wrong-type"
        case wrongHelp = "wrong-help"
        case wrongUnit = "wrong-unit"
        case wrongBuckets = "wrong-buckets"
        case missingLabel = "missing-label"
        case undeclaredLabel = "undeclared-label"
        case missingValue = "missing-value"
        case undeclaredValue = "undeclared-value"
        /// Many values, or ever more.
        case unboundedLabel = "unbounded-label"
        /// More values than there may be, so that some are counted together.
        case limitReached = "limit-reached"
        case missingSpan = "missing-span"
        case undeclaredSpan = "undeclared-span"
        case wrongKind = "wrong-kind"
        case missingAttribute = "missing-attribute"
        case wrongAttributeType = "wrong-attribute-type"
        case missingLine = "missing-line"
        case wrongLevel = "wrong-level"

        /// Whether it is no fault by itself: a span or a line that did not occur in the time looked at, or one that a library adds.
        public var isNote: Bool { self == .missingSpan || self == .missingLine || self == .undeclaredSpan }
    }

    public let kind: Kind
    /// The metric, span or line, such as `shop_orders_total`.
    public let subject: String
    /// The label or attribute, if it is about one.
    public let label: String?
    public let message: String

    init(_ kind: Kind, _ subject: String, label: String? = nil, _ message: String) {
        self.kind = kind
        self.subject = subject
        self.label = label
        self.message = message
    }

    /// One line, whatever names and values hold.
    public var line: String {
        let text = "\(subject): \(label.map { "\($0): " } ?? "")\(message) [\(kind.rawValue)]"
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

/// Values as a finding shows them: some, and how many more.
func shown(_ values: some Collection<String>) -> String {
    let first = values.sorted().prefix(5).map { "“\($0.prefix(100))”" }.joined(separator: ", ")
    return first + (values.count > 5 ? " and \(values.count - 5) more" : "")
}

public import TelemetryModel

/// A span that a server has, as far as a contract is about it.
public struct ArrivedSpan: Sendable, Hashable {
    public var name: String
    public var attributes: [Attribute]

    public init(name: String, attributes: [Attribute]) {
        self.name = name
        self.attributes = attributes
    }
}

/// Holds spans against those of a contract.
public struct SpanCheck: Sendable {
    private let contract: Contract

    public init(_ contract: Contract) { self.contract = contract }

    /// What differs of one declared span.
    ///
    /// - Parameters:
    ///   - arrived: some spans of that name and kind.
    ///   - others: how many spans of that name and another kind were found.
    public func findings(_ span: Contract.Span, _ arrived: [ArrivedSpan], ofOtherKind others: Int) -> [ContractFinding] {
        let subject = "span “\(span.name)”"
        if arrived.isEmpty && others == 0 { return [.init(.missingSpan, subject, "did not occur in this time")] }
        var findings: [ContractFinding] = []
        if others > 0 { findings.append(.init(.wrongKind, subject, "is declared as \(span.kind), and \(others) of another kind arrived")) }
        for attribute in span.attributes {
            findings += attribute.findings(subject, arrived.map { $0.attributes[key: attribute.name] }, missing: .missingAttribute)
        }
        return findings
    }

    /// Names of spans that arrived and are not declared.
    public func undeclared(_ names: some Sequence<String>) -> [ContractFinding] {
        let declared = Set(contract.spans.map(\.name))
        return Set(names).subtracting(declared).sorted().map { .init(.undeclaredSpan, "span “\($0)”", "arrives, and is not declared") }
    }
}

extension Contract.Attribute {
    /// What differs of an attribute, by the value that each span or line has of it.
    func findings(_ subject: String, _ arrived: [AttributeValue?], missing: ContractFinding.Kind) -> [ContractFinding] {
        var findings: [ContractFinding] = []
        let values = arrived.compactMap { $0 }
        if values.count < arrived.count {
            findings.append(.init(missing, subject, label: name, "is missing in \(arrived.count - values.count) of \(arrived.count)"))
        }
        let wrong = values.filter { !type.fits($0) }
        if let example = wrong.first {
            findings.append(
                .init(
                    .wrongAttributeType, subject, label: name,
                    "is declared as \(type.rawValue), and is \(example.typeName) in \(wrong.count) of \(arrived.count)"))
        }
        if let declared = self.values {
            let texts = values.compactMap { value in if case .string(let text) = value { text } else { nil } }
            let further = Set(texts).subtracting(declared)
            if !further.isEmpty {
                findings.append(.init(.undeclaredValue, subject, label: name, "has values that are not declared: \(shown(further))"))
            }
        }
        return findings
    }
}

extension Contract.ValueType {
    /// Whether a value is of this type. A whole number is a number, too.
    fileprivate func fits(_ value: AttributeValue) -> Bool {
        switch (self, value) {
        case (.string, .string), (.int, .int), (.double, .double), (.double, .int), (.bool, .bool): true
        default: false
        }
    }

    /// The value that a text stands for, where values come as texts.
    func value(of text: String) -> AttributeValue {
        switch self {
        case .string: .string(text)
        case .int: Int64(text).map { .int($0) } ?? .string(text)
        case .double: Double(text).map { .double($0) } ?? .string(text)
        case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : .string(text)
        }
    }
}

extension AttributeValue {
    fileprivate var typeName: String {
        switch self {
        case .empty: "empty"
        case .string: "string"
        case .bool: "bool"
        case .int: "int"
        case .double: "double"
        case .bytes: "bytes"
        case .array: "a list"
        case .map: "a map"
        }
    }
}

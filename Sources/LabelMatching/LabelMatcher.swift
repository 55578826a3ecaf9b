public import LinearRegex
public import TelemetryModel

/// One test of one label: `name="x"`, `name!="x"`, `name=~"x"`, `name!~"x"`. A label that is absent has the empty value.
public struct LabelMatcher: Sendable, Hashable {
    public enum Operator: String, Sendable, Hashable {
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case notMatches = "!~"
    }

    public let name: String
    public let `operator`: Operator
    public let value: String
    /// The compiled pattern of `=~` and `!~`, anchored at both ends.
    public let pattern: LinearPattern?

    /// - Throws: ``LinearPatternError`` where the value of `=~` or `!~` is no regular expression.
    public init(_ name: String, _ operator: Operator, _ value: String) throws(LinearPatternError) {
        self.name = name
        self.operator = `operator`
        self.value = value
        switch `operator` {
        case .equal, .notEqual: pattern = nil
        case .matches, .notMatches: pattern = try LinearPattern(value, anchored: true)
        }
    }

    /// A matcher of equality, which cannot fail to compile.
    public init(_ name: String, equals value: String) {
        self.name = name
        self.operator = .equal
        self.value = value
        pattern = nil
    }

    /// Whether a value passes, given as UTF-8 bytes; no bytes stand for an absent label.
    public func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch `operator` {
        case .equal: return equalsValue(bytes)
        case .notEqual: return !equalsValue(bytes)
        case .matches: return pattern.map { $0.matches(bytes) } ?? false
        case .notMatches: return !(pattern.map { $0.matches(bytes) } ?? false)
        }
    }

    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// Whether series without the label pass.
    public var matchesEmpty: Bool { matches("") }

    /// Whether a label set passes.
    public func matches(_ labels: LabelSet) -> Bool {
        labels.packed.withUnsafeBytes { bytes in
            guard let range = labels.valueRange(of: name) else { return matches(UnsafeRawBufferPointer(rebasing: bytes[0..<0])) }
            return matches(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    private func equalsValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
        value.utf8.count == bytes.count && value.utf8.elementsEqual(bytes)
    }

    public static func == (left: LabelMatcher, right: LabelMatcher) -> Bool {
        left.operator == right.operator && left.name.utf8.elementsEqual(right.name.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(`operator`)
        hasher.combine(value)
    }
}

extension LabelMatcher: CustomStringConvertible {
    /// As it is written in a selector.
    public var description: String {
        (LabelSet.isClassicLabelName(name) ? name : quoted(name)) + `operator`.rawValue + quoted(value)
    }
}

/// Label matchers that a series has to pass all of.
public struct LabelSelector: Sendable, Hashable {
    public var matchers: [LabelMatcher]

    public init(_ matchers: [LabelMatcher]) { self.matchers = matchers }

    public func matches(_ labels: LabelSet) -> Bool { matchers.allSatisfy { $0.matches(labels) } }

    /// Whether at least one matcher rejects the empty value, as the APIs ask of a selector.
    public var isBounded: Bool { matchers.contains { !$0.matchesEmpty } }
}

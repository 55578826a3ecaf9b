internal import LinearRegex
public import TelemetryModel

/// A list of relabelling rules, checked and compiled once, then applied to any number of label sets from any thread.
///
/// Two lists are equal where their rules are.
public struct RelabelRules: Sendable {
    /// The rules as they were stated.
    public let rules: [RelabelRule]
    private let compiled: [CompiledRule]

    /// No rules: every label set stays as it is.
    public init() {
        rules = []
        compiled = []
    }

    /// - Throws: ``RelabelRuleError`` with the place of the rule and the setting at fault, also for a bad regular expression.
    public init(_ rules: [RelabelRule]) throws(RelabelRuleError) {
        self.rules = rules
        var compiled: [CompiledRule] = []
        for (index, rule) in rules.enumerated() {
            do {
                compiled.append(try CompiledRule(rule))
            } catch {
                throw error.at(index)
            }
        }
        self.compiled = compiled
    }

    public var isEmpty: Bool { rules.isEmpty }

    /// The label set after all rules, or nil where one of them drops it.
    public func apply(to labels: LabelSet) -> LabelSet? {
        if compiled.isEmpty { return labels }
        var builder = LabelSetBuilder(labels)
        return apply(to: &builder) ? builder.build() : nil
    }

    /// Changes the labels by all rules. False where one of them drops the set; the labels are then those up to that rule.
    public func apply(to labels: inout LabelSetBuilder) -> Bool { compiled.allSatisfy { $0.apply(to: &labels) } }
}

extension RelabelRules: Hashable {
    public static func == (left: RelabelRules, right: RelabelRules) -> Bool { left.rules == right.rules }
    public func hash(into hasher: inout Hasher) { hasher.combine(rules) }
}

/// One rule with its expression and templates compiled.
struct CompiledRule: Sendable {
    private let rule: RelabelRule
    private let pattern: LinearPattern
    private let target: ReplacementTemplate
    private let replacement: ReplacementTemplate
    /// Whether a `replace` writes the same for every text, and matches every text.
    private let isConstant: Bool

    init(_ rule: RelabelRule) throws(RelabelRuleError) {
        try rule.validate()
        self.rule = rule
        do {
            pattern = try LinearPattern(rule.regex, anchored: true)
        } catch {
            throw RelabelRuleError(.regex, "\(error)")
        }
        target = ReplacementTemplate(rule.targetLabel)
        replacement = ReplacementTemplate(rule.replacement)
        isConstant = pattern.matchesEverything && target.isPlainText && replacement.isPlainText
    }

    /// False where the rule drops the labels.
    func apply(to labels: inout LabelSetBuilder) -> Bool {
        switch rule.action {
        case .keep: return pattern.matches(source(labels))
        case .drop: return !pattern.matches(source(labels))
        case .keepequal: return labels[rule.targetLabel].utf8.elementsEqual(source(labels).utf8)
        case .dropequal: return !labels[rule.targetLabel].utf8.elementsEqual(source(labels).utf8)
        case .replace: replace(&labels)
        case .lowercase: labels.set(rule.targetLabel, CompiledRule.mapped(source(labels)) { $0.lowercaseMapping })
        case .uppercase: labels.set(rule.targetLabel, CompiledRule.mapped(source(labels)) { $0.uppercaseMapping })
        case .hashmod: labels.set(rule.targetLabel, String(MD5.lowerHalf(of: source(labels).utf8) % rule.modulus))
        case .labelmap:
            for label in labels.current where pattern.matches(label.name) {
                labels.set(pattern.replaceAll(in: label.name, with: replacement), label.value)
            }
        case .labeldrop: labels.removeAll { pattern.matches($0.name) }
        case .labelkeep: labels.removeAll { !pattern.matches($0.name) }
        }
        return true
    }

    private func replace(_ labels: inout LabelSetBuilder) {
        if isConstant { return labels.set(target.plainText, replacement.plainText) }
        var text = source(labels)
        let outcome: (name: [UInt8], value: [UInt8])? = text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            guard let match = pattern.firstMatch(in: bytes) else { return nil }
            var name: [UInt8] = []
            var value: [UInt8] = []
            pattern.expand(target, match, in: bytes, into: &name)
            pattern.expand(replacement, match, in: bytes, into: &value)
            return (name, value)
        }
        // A name that comes out empty is no label name: the rule does nothing then.
        guard let outcome, !outcome.name.isEmpty else { return }
        labels.set(String(decoding: outcome.name, as: UTF8.self), String(decoding: outcome.value, as: UTF8.self))
    }

    private func source(_ labels: LabelSetBuilder) -> String {
        if rule.sourceLabels.count == 1 { return labels[rule.sourceLabels[0]] }
        return rule.sourceLabels.map { labels[$0] }.joined(separator: rule.separator)
    }

    /// Maps character by character, as Go does: where the mapping of one is not one character, it stays.
    private static func mapped(_ text: String, _ mapping: (Unicode.Scalar.Properties) -> String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let image = mapping(scalar.properties).unicodeScalars
            result.append(image.count == 1 ? image.first ?? scalar : scalar)
        }
        return String(result)
    }
}

extension ReplacementTemplate {
    /// What a template without references stands for.
    fileprivate var plainText: String { source.contains("$") ? source.replacing("$$", with: "$") : source }
}

/// A relabelling rule that makes no sense.
public struct RelabelRuleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The setting of the rule that is wrong; a configuration reader points at its line.
    public enum Setting: String, Sendable, Hashable {
        case sourceLabels = "source_labels"
        case separator, regex, modulus, replacement, action
        case targetLabel = "target_label"
    }

    public let setting: Setting
    public let message: String
    /// Place of the rule in its list, from 0; nil where a single rule was checked.
    public let index: Int?

    init(_ setting: Setting, _ message: String, index: Int? = nil) {
        self.setting = setting
        self.message = message
        self.index = index
    }

    func at(_ index: Int) -> RelabelRuleError { RelabelRuleError(setting, message, index: index) }

    public var description: String { index.map { "rule \($0 + 1): \(message)" } ?? message }
}

extension RelabelRule {
    /// Checks everything except that the regular expression compiles.
    ///
    /// - Throws: ``RelabelRuleError`` naming the setting at fault.
    public func validate() throws(RelabelRuleError) {
        switch action {
        case .replace:
            try requireTarget()
        case .hashmod:
            if modulus == 0 { throw RelabelRuleError(.modulus, "relabel action hashmod needs a modulus above 0") }
            try requireTarget()
        case .lowercase, .uppercase:
            try requireTarget()
            try refuse(.replacement, unless: replacement == RelabelRule.defaultReplacement, "has no replacement")
        case .keepequal, .dropequal:
            try requireTarget()
            let reason = "takes source_labels and target_label only"
            try refuse(.regex, unless: regex == RelabelRule.defaultRegex, reason)
            try refuse(.modulus, unless: modulus == 0, reason)
            try refuse(.separator, unless: separator == RelabelRule.defaultSeparator, reason)
            try refuse(.replacement, unless: replacement == RelabelRule.defaultReplacement, reason)
        case .labeldrop, .labelkeep:
            let reason = "takes a regex only"
            try refuse(.sourceLabels, unless: sourceLabels.isEmpty, reason)
            try refuse(.targetLabel, unless: targetLabel.isEmpty, reason)
            try refuse(.modulus, unless: modulus == 0, reason)
            try refuse(.separator, unless: separator == RelabelRule.defaultSeparator, reason)
            try refuse(.replacement, unless: replacement == RelabelRule.defaultReplacement, reason)
        case .labelmap:
            try refuse(.replacement, unless: !replacement.isEmpty, "needs a replacement that gives a label name")
        case .keep, .drop:
            break
        }
        if sourceLabels.contains("") { throw RelabelRuleError(.sourceLabels, "a source label has no name") }
    }

    private func requireTarget() throws(RelabelRuleError) {
        try refuse(.targetLabel, unless: !targetLabel.isEmpty, "needs a target_label")
    }

    private func refuse(_ setting: RelabelRuleError.Setting, unless fine: Bool, _ reason: String) throws(RelabelRuleError) {
        if !fine { throw RelabelRuleError(setting, "relabel action \(action.rawValue) \(reason)") }
    }
}

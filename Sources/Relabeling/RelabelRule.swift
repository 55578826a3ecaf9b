/// One relabelling step as a configuration file states it (Prometheus configuration, `relabel_config`).
///
/// The defaults are those of Prometheus. A rule is a plain value; ``RelabelRules`` checks and compiles a list of them.
public struct RelabelRule: Sendable, Hashable {
    /// What a rule does; the raw values are the names in configuration files.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        case replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase
    }

    public static let defaultSeparator = ";"
    public static let defaultRegex = "(.*)"
    public static let defaultReplacement = "$1"

    public var action: Action
    /// Names of the labels whose values are joined into the text that the rule looks at.
    public var sourceLabels: [String]
    /// What stands between the joined values.
    public var separator: String
    /// An RE2 expression that has to match the whole text; `.` also matches a line break.
    public var regex: String
    /// The divisor of `hashmod`; 0 where it is not given.
    public var modulus: UInt64
    /// The label that is written, for `replace` with `$1`, `${name}` filled in.
    public var targetLabel: String
    /// The value that is written, or for `labelmap` the new name, with `$1`, `${name}` filled in.
    public var replacement: String

    public init(
        action: Action = .replace, sourceLabels: [String] = [], separator: String = RelabelRule.defaultSeparator,
        regex: String = RelabelRule.defaultRegex, modulus: UInt64 = 0, targetLabel: String = "",
        replacement: String = RelabelRule.defaultReplacement
    ) {
        self.action = action
        self.sourceLabels = sourceLabels
        self.separator = separator
        self.regex = regex
        self.modulus = modulus
        self.targetLabel = targetLabel
        self.replacement = replacement
    }
}

public import LabelMatching

/// Alerts that keep notifications of others back: an entry of `inhibit_rules`.
///
/// An alert that passes ``targetMatchers`` is inhibited while another that has not ended passes ``sourceMatchers`` and both have the same
/// values (or none) of all labels in ``equal``. Where the inhibited one passes both lists, one that passes both does not inhibit it: so no alert
/// inhibits itself.
public struct InhibitRule: Sendable, Hashable {
    /// May be empty.
    public var name: String
    public var sourceMatchers: [LabelMatcher]
    public var targetMatchers: [LabelMatcher]
    /// Names of labels.
    public var equal: [String]

    public init(name: String = "", sourceMatchers: [LabelMatcher], targetMatchers: [LabelMatcher], equal: [String] = []) {
        self.name = name
        self.sourceMatchers = sourceMatchers
        self.targetMatchers = targetMatchers
        self.equal = equal
    }
}

/// Parts of the language that are off unless enabled, by the names that Prometheus gives them.
public struct LanguageFeatures: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `promql-experimental-functions`: experimental functions and aggregations.
    public static let experimentalFunctions = LanguageFeatures(rawValue: 1 << 0)
    /// `promql-duration-expr`: arithmetic in ranges, steps and offsets.
    public static let durationExpressions = LanguageFeatures(rawValue: 1 << 1)
    /// `promql-extended-range-selectors`: `anchored` and `smoothed`.
    public static let extendedRangeSelectors = LanguageFeatures(rawValue: 1 << 2)
    /// `promql-binop-fill-modifiers`: `fill`, `fill_left`, `fill_right`.
    public static let fillModifiers = LanguageFeatures(rawValue: 1 << 3)
    /// `promql-delayed-name-removal`: the metric name is dropped at the end of the evaluation only.
    public static let delayedNameRemoval = LanguageFeatures(rawValue: 1 << 4)
    /// `type-and-unit-labels`: `__type__` and `__unit__` are part of a series' identity.
    public static let typeAndUnitLabels = LanguageFeatures(rawValue: 1 << 5)

    /// `use-start-timestamps`: counters heed when their samples began to be counted.
    public static let startTimestamps = LanguageFeatures(rawValue: 1 << 6)

    public static let all: LanguageFeatures = [
        .experimentalFunctions, .durationExpressions, .extendedRangeSelectors, .fillModifiers, .delayedNameRemoval, .typeAndUnitLabels,
        .startTimestamps,
    ]

    /// The feature of a name as given to `--enable-feature`, or nil.
    ///
    /// `all` stands for everything that adds to the language. `type-and-unit-labels` has to be named, since it takes the meaning of names
    /// away from series that carry no such labels.
    public init?(name: String) {
        switch name {
        case "all": self = LanguageFeatures.all.subtracting(.typeAndUnitLabels)
        case "promql-experimental-functions": self = .experimentalFunctions
        case "promql-duration-expr": self = .durationExpressions
        case "promql-extended-range-selectors": self = .extendedRangeSelectors
        case "promql-binop-fill-modifiers": self = .fillModifiers
        case "promql-delayed-name-removal": self = .delayedNameRemoval
        case "type-and-unit-labels": self = .typeAndUnitLabels
        case "use-start-timestamps": self = .startTimestamps
        default: return nil
        }
    }
}

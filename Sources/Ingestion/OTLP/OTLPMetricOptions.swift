public import OTLPFormat

/// What becomes of names, attributes and histograms of OpenTelemetry: the `otlp` section of a Prometheus 3 file, with its defaults.
public struct OTLPMetricOptions: Sendable, Hashable {
    /// Which attributes of a resource become labels of all its series.
    public enum Promotion: Sendable, Hashable {
        /// These.
        case named(Set<String>)
        /// All but these.
        case allBut(Set<String>)

        func includes(_ name: String) -> Bool {
            switch self {
            case .named(let names): names.contains(name)
            case .allBut(let names): !names.contains(name)
            }
        }
    }

    /// `translation_strategy`.
    public var strategy = OTLPTranslationStrategy.underscoreEscapingWithSuffixes
    /// `promote_resource_attributes`, or `promote_all_resource_attributes` and `ignore_resource_attributes`.
    public var promotion = Promotion.named([])
    /// `keep_identifying_resource_attributes`: whether `target_info` has `service.name`, `service.namespace` and `service.instance.id` too.
    public var keepsIdentifyingAttributes = false
    /// `convert_histograms_to_nhcb`: whether histograms with bounds become native ones with custom buckets.
    public var convertsHistograms = false
    /// `promote_scope_metadata`: whether series have labels for what made them (`otel_scope_…`).
    public var promotesScope = false
    /// `label_name_underscore_sanitization`.
    public var sanitizesLabelUnderscores = true
    /// `label_name_preserve_multiple_underscores`.
    public var preservesLabelUnderscores = true
    /// Whether series have labels for their type and unit (feature `type-and-unit-labels`).
    public var writesTypeAndUnit = false
    /// How far back a query looks for a sample: `target_info` is written twice as often.
    public var lookbackMilliseconds: Int64 = 300_000

    public init() {}

    var metricNamer: OTLPMetricNamer { OTLPMetricNamer(strategy) }

    var labelNamer: OTLPLabelNamer {
        OTLPLabelNamer(
            allowsUTF8: !strategy.escapes, sanitizesUnderscores: sanitizesLabelUnderscores, preservesUnderscores: preservesLabelUnderscores)
    }
}

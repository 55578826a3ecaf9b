public import TelemetryModel

/// Targets that came from one place and share labels.
public struct TargetGroup: Sendable, Hashable {
    /// Where the group came from, unique within its provider: a later group with the same source takes its place.
    public var source: String
    /// The labels of each target, `__address__` among them.
    public var targets: [LabelSet]
    /// Labels of all targets of the group; a target's own label of the same name wins.
    public var labels: LabelSet

    public init(source: String, targets: [LabelSet], labels: LabelSet = LabelSet()) {
        self.source = source
        self.targets = targets
        self.labels = labels
    }
}

/// Labels that discovery gives to targets, or reads from them. All names with two leading underscores vanish before storage.
public enum TargetLabelName {
    /// Host and port to scrape.
    public static let address = "__address__"
    /// `http` or `https`.
    public static let scheme = "__scheme__"
    /// Path to scrape.
    public static let metricsPath = "__metrics_path__"
    /// Time between scrapes, as a Prometheus duration.
    public static let scrapeInterval = "__scrape_interval__"
    /// Time that a scrape may take, as a Prometheus duration.
    public static let scrapeTimeout = "__scrape_timeout__"
    /// Prefix of labels that carry the first value of a query parameter.
    public static let parameterPrefix = "__param_"
    /// Prefix of what providers know about a target; for relabelling only.
    public static let metaPrefix = "__meta_"
    /// Prefix of every label that is not kept with samples.
    public static let internalPrefix = "__"
    /// The file that a target was read from.
    public static let filePath = "__meta_filepath"
}

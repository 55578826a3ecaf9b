internal import Foundation
public import OutboundHTTP
public import Relabeling

/// One entry of `scrape_configs`: how the targets of a job are scraped. The defaults are those of Prometheus 3.
///
/// A plain value: whoever reads the configuration fills it, the relabelling rules being compiled already. Two equal jobs scrape alike,
/// so a reload that gives an equal job leaves its loops running.
public struct ScrapeJob: Sendable, Hashable {
    /// `job_name`; the name of the scrape pool.
    public var name: String
    /// Time between two scrapes of a target; more than 0.
    public var intervalMilliseconds: Int64
    /// Time after which a scrape has failed; at most the interval.
    public var timeoutMilliseconds: Int64
    /// `metrics_path`, before relabelling.
    public var metricsPath: String
    /// `http` or `https`, before relabelling.
    public var scheme: String
    /// `params`: names and values of the URL's query, before relabelling.
    public var parameters: [String: [String]]
    /// Whether a label of the target's page wins over a label that the target has; otherwise it is renamed to `exported_…`.
    public var honorLabels: Bool
    /// Whether timestamps on the page are taken; otherwise every sample gets the scrape's time.
    public var honorTimestamps: Bool
    /// Whether series with timestamps of their own get a staleness marker when they disappear.
    public var trackTimestampsStaleness: Bool
    public var limits: ScrapeLimits
    /// Whether gzip is asked for.
    public var enableCompression: Bool
    /// `scrape_protocols`, the preferred one first.
    public var protocols: [ScrapeProtocol]
    /// `fallback_scrape_protocol`: what a page without a usable Content-Type is read as; nil where such a scrape fails.
    public var fallbackProtocol: ScrapeProtocol?
    public var client: HTTPClientSettings
    /// `relabel_configs`, applied to targets by discovery.
    public var relabelRules: RelabelRules
    /// `metric_relabel_configs`, applied to every series of a page.
    public var metricRelabelRules: RelabelRules
    /// What histograms are read as, and how large native ones may be.
    public var histograms: HistogramScraping
    /// Which names are taken and asked for.
    public var names: NameScraping
    /// Whether `scrape_timeout_seconds`, `scrape_sample_limit` and `scrape_body_size_bytes` are written too
    /// (feature `extra-scrape-metrics`).
    public var writesExtraScrapeMetrics: Bool
    /// Whether a zero is written where a series began to be counted (feature `created-timestamp-zero-ingestion`); `_created` lines are no
    /// series of their own then.
    public var ingestsStartsAsZeros: Bool
    /// `scrape_failure_log_file`: where failed scrapes are told of, one line each; nil for nowhere.
    public var failureLogFile: String?

    public init(
        name: String, intervalMilliseconds: Int64 = 60_000, timeoutMilliseconds: Int64 = 10_000, metricsPath: String = "/metrics",
        scheme: String = "http", parameters: [String: [String]] = [:], honorLabels: Bool = false, honorTimestamps: Bool = true,
        trackTimestampsStaleness: Bool = false, limits: ScrapeLimits = ScrapeLimits(), enableCompression: Bool = true,
        protocols: [ScrapeProtocol] = ScrapeProtocol.defaultOrder, fallbackProtocol: ScrapeProtocol? = nil,
        client: HTTPClientSettings = HTTPClientSettings(), relabelRules: RelabelRules = RelabelRules(),
        metricRelabelRules: RelabelRules = RelabelRules(), histograms: HistogramScraping = HistogramScraping(),
        names: NameScraping = NameScraping(), writesExtraScrapeMetrics: Bool = false, ingestsStartsAsZeros: Bool = false,
        failureLogFile: String? = nil
    ) {
        self.name = name
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.metricsPath = metricsPath
        self.scheme = scheme
        self.parameters = parameters
        self.honorLabels = honorLabels
        self.honorTimestamps = honorTimestamps
        self.trackTimestampsStaleness = trackTimestampsStaleness
        self.limits = limits
        self.enableCompression = enableCompression
        self.protocols = protocols
        self.fallbackProtocol = fallbackProtocol
        self.client = client
        self.relabelRules = relabelRules
        self.metricRelabelRules = metricRelabelRules
        self.histograms = histograms
        self.names = names
        self.writesExtraScrapeMetrics = writesExtraScrapeMetrics
        self.ingestsStartsAsZeros = ingestsStartsAsZeros
        self.failureLogFile = failureLogFile
    }
}

extension ScrapeJob {
    /// Writes zeros where series began to be counted, and asks for protobuf first, which tells starts best, unless the job says what it asks for.
    public mutating func takeStartsAsZeros() {
        ingestsStartsAsZeros = true
        if protocols == ScrapeProtocol.defaultOrder { protocols = [.prometheusProtobuf] + protocols }
    }
}

/// What a scrape may bring at most; 0 stands for no limit. A scrape beyond a limit fails as a whole, but for ``series``.
public struct ScrapeLimits: Sendable, Hashable {
    /// Bytes of the page after decompression (`body_size_limit`).
    public var bodyBytes: Int
    /// Samples after metric relabelling (`sample_limit`).
    public var samples: Int
    /// Series that a target may begin within an hour, those of its first page among them (`series_limit`). Further new ones are left out, and
    /// those that are known go on: this holds a target that shows other series from scrape to scrape.
    public var series: Int
    /// Labels of a series after metric relabelling (`label_limit`).
    public var labels: Int
    /// Bytes of a label's name (`label_name_length_limit`).
    public var labelNameBytes: Int
    /// Bytes of a label's value (`label_value_length_limit`).
    public var labelValueBytes: Int
    /// Targets of the job (`target_limit`); beyond it no target of the job is scraped.
    public var targets: Int
    /// Dropped targets that are remembered to be shown (`keep_dropped_targets`).
    public var keptDroppedTargets: Int

    public init(
        bodyBytes: Int = 0, samples: Int = 0, series: Int = 0, labels: Int = 0, labelNameBytes: Int = 0, labelValueBytes: Int = 0,
        targets: Int = 0,
        keptDroppedTargets: Int = 0
    ) {
        self.bodyBytes = bodyBytes
        self.samples = samples
        self.series = series
        self.labels = labels
        self.labelNameBytes = labelNameBytes
        self.labelValueBytes = labelValueBytes
        self.targets = targets
        self.keptDroppedTargets = keptDroppedTargets
    }
}

/// What a job makes of histograms.
public struct HistogramScraping: Sendable, Hashable {
    /// `scrape_native_histograms`: whether native histograms are taken; otherwise their classic buckets are.
    public var takesNative = false
    /// `always_scrape_classic_histograms`: whether the classic buckets are taken beside a native histogram, too.
    public var takesClassicToo = false
    /// `convert_classic_histograms_to_nhcb`: whether classic histograms become native ones with custom buckets.
    public var convertsClassic = false
    /// `native_histogram_bucket_limit`: a histogram with more buckets is made coarser until it fits; 0 for any number.
    public var bucketsMax = 0
    /// The finest schema that is kept, from `native_histogram_min_bucket_factor`.
    public var schemaMax: Int32 = 8

    public init() {}

    /// The finest schema of which the bounds differ at least by a factor.
    public static func schema(minBucketFactor: Double) -> Int32 {
        let factor = minBucketFactor <= 1 ? 1.00271 : minBucketFactor
        let floor = (-log2(log2(factor))).rounded(.down)
        return floor >= 8 ? 8 : floor <= -4 ? -4 : Int32(floor)
    }
}

/// Which names of metrics and labels a job takes and asks for.
public struct NameScraping: Sendable, Hashable {
    /// How a target is asked to write names that are not classic (`metric_name_escaping_scheme`).
    public enum Escaping: String, Sendable, Hashable, CaseIterable {
        case allowUTF8 = "allow-utf-8"
        case underscores, dots, values
    }

    /// `metric_name_validation_scheme: legacy`: whether names other than classic ones make a scrape fail.
    public var areClassic = false
    public var escaping = Escaping.allowUTF8

    public init() {}
}

/// A format that a target may answer in; the raw values are the names in configuration files.
public enum ScrapeProtocol: String, Sendable, Hashable, CaseIterable {
    case prometheusProtobuf = "PrometheusProto"
    case openMetrics1 = "OpenMetricsText1.0.0"
    case openMetrics0 = "OpenMetricsText0.0.1"
    case prometheusText1 = "PrometheusText1.0.0"
    case prometheusText0 = "PrometheusText0.0.4"

    /// What Prometheus asks for where nothing is configured.
    public static let defaultOrder: [ScrapeProtocol] = [.openMetrics1, .openMetrics0, .prometheusText1, .prometheusText0]
    /// The same where native histograms are wanted, which come over protobuf only.
    public static let protobufFirst: [ScrapeProtocol] = [.prometheusProtobuf] + defaultOrder
}

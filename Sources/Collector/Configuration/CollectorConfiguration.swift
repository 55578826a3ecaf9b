public import ConfigFile
public import Ingestion
public import LabelMatching
internal import OutboundHTTP
public import Scraping
public import TargetDiscovery
public import TelemetryModel
public import TraceQL

/// Everything that a configuration file says, checked and with every default filled in.
///
/// The file is a Prometheus configuration as it is, with Perch's own settings as further top-level keys. Keys that Prometheus
/// knows and that this version cannot honour are refused where they would change what is collected; parts that can
/// wait are accepted with a line in ``warnings``.
public struct CollectorConfiguration: Sendable, Hashable {
    public var global = GlobalSettings()
    /// The jobs of `scrape_configs`, then those of `scrape_config_files`.
    public var scrapeJobs: [ScrapeJobConfiguration] = []
    /// Files with recording and alerting rules; relative paths are taken from the configuration file's folder.
    public var ruleFiles: [PathPattern] = []
    /// Files whose groups are in LogQL where they do not say otherwise, such as those of Loki's ruler; Perch's own key.
    public var logRuleFiles: [PathPattern] = []
    /// `alerting`: who hears of alerts beside this process.
    public var alerting = AlertingSettings()
    /// `remote_write`: who gets everything that is taken in.
    public var remoteWrites: [RemoteWriteSettings] = []
    public var storage = StorageSettings()
    public var limits = LimitSettings()
    public var receivers = ReceiverSettings()
    public var traces = TraceSettings()
    /// `tracing`: where spans of this process' own work go; nil for nowhere.
    public var tracing: TracingSettings?
    /// `otlp`: what becomes of the metrics of OpenTelemetry.
    public var otlp = OTLPMetricOptions()
    /// Path of the Alertmanager configuration file, or nil where none is named.
    public var alertmanagerConfigurationFile: String?
    /// What was accepted and has no effect yet: one line each, `FILE:LINE:COLUMN: message`.
    public var warnings: [String] = []

    /// The configuration of a collector without a file: it scrapes nothing and takes what is pushed.
    public init() {}

    /// What discovery needs to run all jobs.
    public var discoveryJobs: [DiscoveryJob] { scrapeJobs.map(\.discovery) }
}

/// `global`: what holds for every job, and what the collector adds to data that leaves it.
public struct GlobalSettings: Sendable, Hashable {
    /// Time between two evaluations of a rule group that does not say its own.
    public var evaluationIntervalMilliseconds: Int64 = 60_000
    /// How far into the past rules are evaluated.
    public var ruleQueryOffsetMilliseconds: Int64 = 0
    /// Labels of everything that is sent to other systems; environment variables are filled in.
    public var externalLabels = LabelSet()
    /// File that queries are logged to, or nil.
    public var queryLogFile: String?

    public init() {}
}

/// One job: how its targets are scraped and where they come from.
public struct ScrapeJobConfiguration: Sendable, Hashable {
    public var job: ScrapeJob
    public var mechanisms: DiscoveryMechanisms

    public init(job: ScrapeJob, mechanisms: DiscoveryMechanisms = DiscoveryMechanisms()) {
        self.job = job
        self.mechanisms = mechanisms
    }

    /// The job as discovery runs it.
    public var discovery: DiscoveryJob { DiscoveryJob(name: job.name, providers: mechanisms.providers) }

    /// The files that scrapes and discovery read for secrets, certificates and keys.
    var clientFiles: [String] { job.client.referencedFiles + mechanisms.clientFiles }

    /// How discovered targets become targets that are scraped.
    public var targetRules: TargetRules {
        TargetRules(
            jobName: job.name, scheme: job.scheme, metricsPath: job.metricsPath, intervalMilliseconds: job.intervalMilliseconds,
            timeoutMilliseconds: job.timeoutMilliseconds,
            parameters: job.parameters.map { TargetEndpoint.Parameter(name: $0.key, values: $0.value) }.sorted {
                $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
            },
            relabeling: job.relabelRules
        )
    }
}

/// `storage`: how long data is kept and how soon it is safe.
public struct StorageSettings: Sendable, Hashable {
    /// How long what passes a selector is kept.
    public struct RetentionRule<Selector: Sendable & Hashable>: Sendable, Hashable {
        public var selector: Selector
        /// Age in milliseconds at which it is deleted; nil where it is kept for ever.
        public var keepMilliseconds: Int64?

        public init(_ selector: Selector, keepMilliseconds: Int64?) {
            self.selector = selector
            self.keepMilliseconds = keepMilliseconds
        }
    }

    /// How long one signal is kept.
    public struct Retention<Selector: Sendable & Hashable>: Sendable, Hashable {
        public typealias Rule = RetentionRule<Selector>

        /// Age in milliseconds at which data is deleted; nil where it is kept for ever.
        public var ageMilliseconds: Int64?
        /// Bytes on the disk beyond which the oldest days are deleted; nil for any number.
        public var sizeMaxBytes: Int64?
        /// The same as a share of the disk, 0...1, which counts before ``sizeMaxBytes``; nil where none is given.
        public var diskShareMax: Double?
        /// What is kept for another time; of several that apply the first counts.
        public var rules: [Rule] = []

        public init(ageMilliseconds: Int64?) { self.ageMilliseconds = ageMilliseconds }
    }

    /// When the journal is forced to the disk.
    public enum JournalSync: Sendable, Hashable {
        /// Before anything is acknowledged.
        case always
        /// At this interval, in milliseconds, above 0.
        case every(milliseconds: Int64)
    }

    /// How fast stored data is read to find damage.
    public enum ScrubPace: Sendable, Hashable {
        case off
        /// All of it about once in a week.
        case weekly
        case bytesPerSecond(Int)
    }

    /// How long rollups of one length are kept.
    public struct Rollup: Sendable, Hashable {
        /// `5m` or `1h`, in milliseconds.
        public var lengthMilliseconds: Int64
        /// Age at which they are deleted; nil where they are kept for ever.
        public var keepMilliseconds: Int64?

        public init(lengthMilliseconds: Int64, keepMilliseconds: Int64?) {
            self.lengthMilliseconds = lengthMilliseconds
            self.keepMilliseconds = keepMilliseconds
        }
    }

    /// Rollups of metrics, the finest first.
    public var metricRollups = [
        Rollup(lengthMilliseconds: 300_000, keepMilliseconds: 90 * 86_400_000),
        Rollup(lengthMilliseconds: 3_600_000, keepMilliseconds: 730 * 86_400_000),
    ]
    public var metrics = Retention<LabelSelector>(ageMilliseconds: 30 * 86_400_000)
    public var logs = Retention<LabelSelector>(ageMilliseconds: 14 * 86_400_000)
    public var traces = Retention<ResourceCondition>(ageMilliseconds: 7 * 86_400_000)
    /// Age in milliseconds at which the history of alerts is deleted; nil where it is kept for ever.
    public var alertsMilliseconds: Int64? = 400 * 86_400_000
    public var journalSync = JournalSync.every(milliseconds: 1_000)
    public var scrub = ScrubPace.weekly
    /// `remote_write_queue_size`: bytes on the disk that may be kept for remotes of `remote_write` alone.
    public var remoteWriteQueueBytesMax: Int64 = 8 << 30

    public init() {}
}

/// `limits`: what the collector takes on at most.
public struct LimitSettings: Sendable, Hashable {
    /// `max_active_series`: series in memory; samples of further new ones are rejected. Nil leaves it to the storage.
    public var activeSeriesMax: Int?
    /// `max_active_label_bytes`: bytes of the labels of all series in memory; samples of further new ones are rejected. Nil leaves it to the storage.
    public var activeLabelBytesMax: Int?
    /// `max_labels_per_series`, `max_label_name_length`, `max_label_value_length`: of what is pushed. Nil leaves each to the receivers.
    public var labelsPerSeriesMax: Int?
    public var labelNameBytesMax: Int?
    public var labelValueBytesMax: Int?
    /// `max_time_ahead`: how far a sample may lie in the future, in milliseconds. Nil leaves it to the storage.
    public var timeAheadMaxMilliseconds: Int64?
    /// `clients`: what each client may send in a second.
    public var clients = ClientRates()
    /// `logs`: of log entries.
    public var logs = LogLimitSettings()

    public init() {}
}

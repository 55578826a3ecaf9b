/// What is taken of log entries at most, and what is added to them on their way in. The names and defaults are those of Loki's limits.
public struct LogIntakeOptions: Sendable, Hashable {
    // MARK: Limits

    /// `max_line_size`: bytes of a line; nil for any number.
    public var lineBytesMax: Int? = 256 << 10
    /// `max_line_size_truncate`: whether a longer line is cut; otherwise it is refused.
    public var truncatesLines = false
    /// `max_label_names_per_series`: labels of a stream, `service_name` not counted.
    public var labelsPerStreamMax = 15
    /// `max_label_name_length`: bytes of a label's name.
    public var labelNameBytesMax = 1024
    /// `max_label_value_length`: bytes of a label's value.
    public var labelValueBytesMax = 2048
    /// `max_structured_metadata_size`: bytes of all names and values of an entry's structured metadata.
    public var metadataBytesMax = 64 << 10
    /// `max_structured_metadata_entries_count`: fields of an entry's structured metadata.
    public var metadataFieldsMax = 128
    /// `reject_old_samples_max_age`: how old an entry may be, in nanoseconds; nil leaves it to the storage.
    public var ageMaxNanoseconds: Int64?
    /// `creation_grace_period`: how far in the future an entry may be, in nanoseconds.
    public var futureNanoseconds: Int64 = 600_000_000_000
    /// `max_active_streams`: streams that sent something within the last hour or two; entries of further ones are refused.
    public var activeStreamsMax = 100_000
    /// `ingestion_rate_mb`: bytes of lines and structured metadata that may be taken in a second, of all senders together; nil for any number.
    public var bytesPerSecondMax: Int?
    /// `ingestion_burst_size_mb`: as many may come at once.
    public var burstBytesMax = 6 << 20
    /// Bytes that the entries of one message may come to; a message beyond that is refused as a whole. OTLP's resources stand once in a message and
    /// are kept with each record, so that a small message may be made to come to very much.
    public var expandedBytesMax = 128 << 20

    // MARK: What is added

    /// `discover_service_name`: labels of which the first that a stream has becomes its `service_name`; none turns that off.
    public var serviceNameLabels = LogIntakeOptions.defaultServiceNameLabels
    /// `discover_log_levels`: whether entries get `detected_level` as structured metadata.
    public var discoversLevels = true
    /// `log_level_fields`: labels, structured metadata and fields of lines that hold a level, the first that is there counts.
    public var levelFields = LogIntakeOptions.defaultLevelFields
    /// `log_level_from_json_max_depth`: how deep levels are looked for in lines that are JSON; 0 for any depth.
    public var levelDepthMax = 2

    public init() {}

    public static let defaultServiceNameLabels = [
        "service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container", "container_name", "k8s_container_name",
        "component", "workload", "job", "k8s_job_name",
    ]

    public static let defaultLevelFields = [
        "level", "LEVEL", "Level", "log.level", "severity", "SEVERITY", "Severity", "SeverityText", "lvl", "LVL", "Lvl", "severity_text",
        "Severity_Text", "SEVERITY_TEXT",
    ]
}

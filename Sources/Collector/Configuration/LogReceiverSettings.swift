internal import Ingestion
internal import LinearRegex
public import LogFormats

/// What receivers of log entries make of what they get: `receivers.loki`, `receivers.otlp.logs`, `receivers.json`,
/// `receivers.elasticsearch`, `receivers.journal_upload`.
public struct LogReceiverSettings: Sendable, Hashable {
    /// What becomes of some attributes of OTLP, as Loki's `attributes_config` says it.
    public struct AttributeRule: Sendable, Hashable {
        public enum Action: Sendable, Hashable {
            case indexLabel, structuredMetadata, drop
        }

        public enum Subject: Sendable, Hashable {
            case names([String])
            /// A regular expression that matches whole names; checked.
            case pattern(String)
        }

        public var action: Action
        public var subject: Subject
    }

    /// A receiver of log entries on the HTTP port.
    public enum Endpoint: String, Sendable, Hashable, CaseIterable {
        case loki, json, elasticsearch
        case journalUpload = "journal_upload"
    }

    /// `loki.discover_service_name`: nil for the default list, an empty list for off.
    public var serviceNameLabels: [String]?
    /// `loki.discover_log_levels`.
    public var discoversLevels = true
    /// `loki.log_level_fields`: nil for the default list.
    public var levelFields: [String]?
    /// `loki.log_level_from_json_max_depth`: 0 for any depth; nil for the default.
    public var levelDepthMax: Int?
    /// `otlp.logs.resource_attributes`, without the default list.
    public var resourceRules: [AttributeRule] = []
    /// `otlp.logs.resource_attributes.ignore_defaults`.
    public var ignoresDefaultAttributes = false
    public var scopeRules: [AttributeRule] = []
    public var recordRules: [AttributeRule] = []
    /// `json`: which fields of a JSON line mean what, where the sender does not say it.
    public var jsonFields = JSONLineFields()
    /// What the HTTP port does not take: keys of `receivers` that are `off`.
    public var off: Set<Endpoint> = []

    public init() {}
}

/// `limits.logs`: what is taken of log entries at most. What is nil is left at its default.
public struct LogLimitSettings: Sendable, Hashable {
    /// 0 for any number.
    public var lineBytesMax: Int?
    public var truncatesLines = false
    public var labelsPerStreamMax: Int?
    public var labelNameBytesMax: Int?
    public var labelValueBytesMax: Int?
    public var metadataBytesMax: Int?
    public var metadataFieldsMax: Int?
    public var ageMaxMilliseconds: Int64?
    public var activeStreamsMax: Int?
    /// `ingestion_rate_mb` and `ingestion_burst_size_mb`, in bytes; nil for any rate.
    public var bytesPerSecondMax: Int?
    public var burstBytesMax: Int?
    /// `delete_request_cancel_period`: how long a deletion waits, so that it can be cancelled.
    public var deletionCancelMilliseconds: Int64 = 0

    public init() {}
}

extension CollectorConfiguration {
    /// What is taken of log entries and added to them.
    var logIntakeOptions: LogIntakeOptions {
        var options = LogIntakeOptions()
        let limits = limits.logs
        if let bytes = limits.lineBytesMax { options.lineBytesMax = bytes == 0 ? nil : bytes }
        options.truncatesLines = limits.truncatesLines
        options.labelsPerStreamMax = limits.labelsPerStreamMax ?? options.labelsPerStreamMax
        options.labelNameBytesMax = limits.labelNameBytesMax ?? options.labelNameBytesMax
        options.labelValueBytesMax = limits.labelValueBytesMax ?? options.labelValueBytesMax
        options.metadataBytesMax = limits.metadataBytesMax ?? options.metadataBytesMax
        options.metadataFieldsMax = limits.metadataFieldsMax ?? options.metadataFieldsMax
        options.activeStreamsMax = limits.activeStreamsMax ?? options.activeStreamsMax
        options.bytesPerSecondMax = limits.bytesPerSecondMax
        options.burstBytesMax = limits.burstBytesMax ?? max(options.burstBytesMax, limits.bytesPerSecondMax ?? 0)
        // What is older than everything that is kept would go at once.
        let ages = [limits.ageMaxMilliseconds, storage.logs.rules.isEmpty ? storage.logs.ageMilliseconds : nil].compactMap { $0 }
        options.ageMaxNanoseconds = ages.min().map { $0.multipliedReportingOverflow(by: 1_000_000) }.flatMap {
            $0.overflow ? nil : $0.partialValue
        }
        if let ahead = self.limits.timeAheadMaxMilliseconds {
            let (nanoseconds, overflowed) = ahead.multipliedReportingOverflow(by: 1_000_000)
            options.futureNanoseconds = overflowed ? Int64.max : nanoseconds
        }
        let receiver = receivers.logs
        options.serviceNameLabels = receiver.serviceNameLabels ?? options.serviceNameLabels
        options.discoversLevels = receiver.discoversLevels
        options.levelFields = receiver.levelFields ?? options.levelFields
        options.levelDepthMax = receiver.levelDepthMax ?? options.levelDepthMax
        return options
    }

    /// What becomes of the attributes of log records in OTLP.
    var otlpLogMapping: OTLPLogMapping {
        let settings = receivers.logs
        let intake = logIntakeOptions
        let defaults = settings.ignoresDefaultAttributes ? [] : [OTLPLogMapping.Rule(.label, names: OTLPLogMapping.defaultLabels)]
        var mapping = OTLPLogMapping(
            resource: defaults + settings.resourceRules.map(\.rule), labelsMax: intake.labelsPerStreamMax,
            labelValueBytesMax: intake.labelValueBytesMax, metadataBytesMax: intake.metadataBytesMax)
        mapping.scope = settings.scopeRules.map(\.rule)
        mapping.record = settings.recordRules.map(\.rule)
        return mapping
    }
}

extension LogReceiverSettings.AttributeRule {
    fileprivate var rule: OTLPLogMapping.Rule {
        let action: OTLPLogMapping.Action =
            switch self.action {
            case .indexLabel: .label
            case .structuredMetadata: .metadata
            case .drop: .drop
            }
        switch subject {
        case .names(let names): return OTLPLogMapping.Rule(action, names: names)
        case .pattern(let source):
            do throws(LinearPatternError) {
                let pattern = try LinearPattern(source, anchored: true)
                return OTLPLogMapping.Rule(action) { pattern.matches($0) }
            } catch {
                preconditionFailure("BUG: a pattern that was checked does not compile: \(error)")
            }
        }
    }
}

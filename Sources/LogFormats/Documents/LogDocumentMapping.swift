/// Which members of a JSON document mean what. Members of objects within are named with points, as is usual: `kubernetes.pod.name`.
public struct LogDocumentMapping: Sendable, Hashable {
    /// A member that becomes a label of the stream.
    public struct LabelField: Sendable, Hashable {
        public var field: String
        public var label: String

        public init(_ field: String, as label: String) {
            self.field = field
            self.label = label
        }
    }

    /// The time; the first that is there counts.
    public var time: [String]
    /// The line; the first that is there counts. Where none is, the document itself is the line.
    public var message: [String]
    /// The level; the first that is there counts.
    public var level: [String]
    /// What becomes labels; of several for one label the first that is there counts.
    public var labels: [LabelField]
    /// Whether members that mean nothing else become structured metadata where the line is a member. Otherwise they are left out.
    public var keepsRest = true
    /// Fields of structured metadata, and bytes of them, at which the document itself becomes the line instead.
    public var metadataFieldsMax = 128
    public var metadataBytesMax = 64 << 10

    public init(time: [String], message: [String], level: [String], labels: [LabelField]) {
        self.time = time
        self.message = message
        self.level = level
        self.labels = labels
    }
}

/// Which members of JSON lines mean what, as whoever sends them says it.
public struct JSONLineFields: Sendable, Hashable {
    /// A label that all entries get.
    public struct Label: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public var time = ["_time", "@timestamp", "timestamp", "time", "ts", "date"]
    /// None: the whole JSON is the line.
    public var message: [String] = []
    public var level = ["level", "severity", "log.level", "lvl"]
    public var stream = ["service_name", "service.name", "service"]
    public var labels: [Label] = []

    public init() {}

    /// The mapping that the fields say.
    ///
    /// - Parameters:
    ///   - metadataFieldsMax: fields of structured metadata that an entry may have.
    ///   - metadataBytesMax: bytes of them.
    public func mapping(metadataFieldsMax: Int, metadataBytesMax: Int) -> LogDocumentMapping {
        var mapping = LogDocumentMapping(
            time: time, message: message, level: level,
            labels: stream.map { .init($0, as: $0 == "service.name" ? "service_name" : $0) })
        mapping.metadataFieldsMax = metadataFieldsMax
        mapping.metadataBytesMax = metadataBytesMax
        return mapping
    }
}

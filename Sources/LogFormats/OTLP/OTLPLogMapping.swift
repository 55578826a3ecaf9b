/// What becomes of the attributes of OTLP's log records, as Loki's `otlp_config` says it.
public struct OTLPLogMapping: Sendable {
    /// What becomes of an attribute.
    public enum Action: Sendable, Hashable {
        /// A label of the stream; for attributes of resources.
        case label
        case metadata
        case drop
    }

    /// Says what becomes of some attributes.
    public struct Rule: Sendable {
        let names: [[UInt8]]
        let matches: (@Sendable (String) -> Bool)?
        public let action: Action

        /// - Parameter names: of attributes, exactly.
        public init(_ action: Action, names: [String]) {
            self.action = action
            self.names = names.map { Array($0.utf8) }
            matches = nil
        }

        /// - Parameter matches: whether an attribute of some name is meant.
        public init(_ action: Action, matching matches: @escaping @Sendable (String) -> Bool) {
            self.action = action
            names = []
            self.matches = matches
        }
    }

    /// The first rule that means an attribute counts; others become structured metadata.
    public var resource: [Rule]
    public var scope: [Rule] = []
    public var record: [Rule] = []
    /// Labels of a stream at most, `service_name` not counted; what is beyond becomes structured metadata.
    public var labelsMax: Int
    /// Bytes of a label's value at most; longer ones become structured metadata.
    public var labelValueBytesMax: Int
    /// Bytes of structured metadata at which all records of a resource are refused before anything is copied for them.
    public var metadataBytesMax: Int

    public init(
        resource: [Rule] = [Rule(.label, names: defaultLabels)], labelsMax: Int = 15, labelValueBytesMax: Int = 2048,
        metadataBytesMax: Int = 64 << 10
    ) {
        self.resource = resource
        self.labelsMax = labelsMax
        self.labelValueBytesMax = labelValueBytesMax
        self.metadataBytesMax = metadataBytesMax
    }

    /// Attributes of resources that become labels where nothing else is said.
    public static let defaultLabels = [
        "service.name", "service.namespace", "service.instance.id", "deployment.environment", "deployment.environment.name", "cloud.region",
        "cloud.availability_zone", "k8s.cluster.name", "k8s.namespace.name", "k8s.pod.name", "k8s.container.name", "container.name",
        "k8s.replicaset.name", "k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name", "k8s.cronjob.name", "k8s.job.name",
    ]

    static func action(_ rules: [Rule], _ name: UnsafeBufferPointer<UInt8>) -> Action {
        for rule in rules {
            if rule.names.contains(where: { $0.count == name.count && $0.elementsEqual(name) }) { return rule.action }
            if let matches = rule.matches, matches(String(decoding: name, as: UTF8.self)) { return rule.action }
        }
        return .metadata
    }
}

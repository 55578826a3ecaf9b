public import TelemetryModel

/// The targets that stand in the configuration itself (`static_configs`).
public struct StaticDiscovery: TargetProvider, Hashable {
    /// One entry of `static_configs`.
    public struct Entry: Sendable, Hashable {
        /// Addresses, `HOST:PORT` each.
        public var targets: [String]
        public var labels: LabelSet

        public init(targets: [String], labels: LabelSet = LabelSet()) {
            self.targets = targets
            self.labels = labels
        }
    }

    public let entries: [Entry]

    public init(entries: [Entry]) { self.entries = entries }

    public var mechanism: String { "static" }

    /// One group for each entry; its source is the entry's place in the list.
    public var groups: [TargetGroup] {
        entries.enumerated().map { index, entry in
            TargetGroup(
                source: "\(index)", targets: entry.targets.map { [TargetLabelName.address: $0] }, labels: entry.labels
            )
        }
    }

    public func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async { report(.groups(groups)) }
}

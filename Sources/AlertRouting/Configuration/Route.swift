public import LabelMatching
public import TelemetryModel

/// One node of the tree that decides who is told of an alert, with what it takes over from the nodes above it.
public struct Route: Sendable, Hashable {
    /// Place in ``RoutingConfiguration/routes``.
    public let index: Int
    /// The node above; nil for the root.
    public let parent: Int?
    /// The nodes below, in the order of the file.
    public internal(set) var children: [Int] = []
    /// What an alert has to pass, in Alertmanager's order; empty for the root.
    public let matchers: [LabelMatcher]
    /// The matchers from the root down, `{}/{severity="page"}`. Two routes may have the same; it is what group keys begin with.
    public let key: String
    /// The matchers and places from the root down, `{}/{severity="page"}/0`: unique.
    public let id: String
    /// Whether the nodes that follow on the same level are tried even where this one matches.
    public let continues: Bool
    public let options: RouteOptions

    /// The labels of an alert that its group is made by.
    public func groupLabels(of labels: LabelSet) -> LabelSet {
        options.groupsByAllLabels ? labels : labels.keeping(options.groupBy)
    }

    /// Alertmanager's key of a group, `{}/{severity="page"}:{alertname="Down"}`.
    public func groupKey(of groupLabels: LabelSet) -> String {
        let labels = groupLabels.map { $0.name + "=" + GoQuoting.string($0.value) }.joined(separator: ", ")
        return key + ":{" + labels + "}"
    }
}

/// How a route groups alerts and when it tells of them. All but the time intervals are taken over by the routes below, unless they say otherwise.
public struct RouteOptions: Sendable, Hashable {
    public var receiver: String
    /// Names of labels, sorted; of no meaning where ``groupsByAllLabels`` holds.
    public var groupBy: [String] = []
    /// `group_by: ['...']`: every alert is a group of its own.
    public var groupsByAllLabels = false
    /// How long a new group waits for more alerts before it is told of; 30 s.
    public var groupWaitMilliseconds: Int64 = 30_000
    /// How long a group waits from then on before news of it is told; 5 min. Never 0.
    public var groupIntervalMilliseconds: Int64 = 300_000
    /// After what time it is told again although nothing is new; 4 h. Never 0.
    public var repeatIntervalMilliseconds: Int64 = 14_400_000
    /// Names of the time intervals in which nothing is told.
    public var muteTimeIntervals: [String] = []
    /// Names of the time intervals outside of which nothing is told; none for always.
    public var activeTimeIntervals: [String] = []
    /// Labels of the route with those of the routes above it, sorted by name; values may be templates.
    public var labels: [Label] = []

    public init(receiver: String) { self.receiver = receiver }

    /// How long attempts for one flush of a group go on: until the next flush, but for 10 s at least.
    public var notificationTimeoutMilliseconds: Int64 { max(groupIntervalMilliseconds, 10_000) }
}

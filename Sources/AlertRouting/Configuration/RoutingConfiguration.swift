public import AlertModel
public import GoTemplate
internal import LabelMatching
public import TelemetryModel

/// What decides who is told of which alert and when: the parts of an Alertmanager file that are neither receivers nor templates.
public struct RoutingConfiguration: Sendable {
    /// A named list of recurring times: an entry of `time_intervals` or `mute_time_intervals`.
    public struct NamedIntervals: Sendable, Hashable {
        public var name: String
        /// A moment is within where it is within one of them.
        public var intervals: [TimeInterval]

        public init(name: String, intervals: [TimeInterval]) {
            self.name = name
            self.intervals = intervals
        }
    }

    /// The tree, depth first; the root is the first.
    public internal(set) var routes: [Route]
    public var inhibitRules: [InhibitRule]
    /// Those of `mute_time_intervals` before those of `time_intervals`; names are unique.
    public internal(set) var timeIntervals: [NamedIntervals]
    /// The time zones that ``timeIntervals`` name.
    public internal(set) var zones: [String: GoTimeZone]
    /// After what time an alert that came without an end is taken as ended, unless it comes again: `resolve_timeout` of the section `global`,
    /// 5 min where that says nothing. Set by whoever reads that section.
    public var resolveTimeoutMilliseconds: Int64 = 300_000

    /// A tree of one route that leads to a receiver, with Alertmanager's defaults.
    public init(receiver: String) {
        var draft = RouteDraft()
        draft.receiver = receiver
        routes = RouteTree.routes(of: draft)
        inhibitRules = []
        timeIntervals = []
        zones = [:]
    }

    init(routes: [Route], inhibitRules: [InhibitRule], timeIntervals: [NamedIntervals], zones: [String: GoTimeZone]) {
        self.routes = routes
        self.inhibitRules = inhibitRules
        self.timeIntervals = timeIntervals
        self.zones = zones
    }

    /// The routes that an alert with these labels takes, depth first: of each level the first that matches, and those after it while they say
    /// `continue`; a node none of whose children match stands for itself.
    public func routes(for labels: LabelSet) -> [Route] {
        var found: [Route] = []
        collect(0, labels, into: &found)
        return found
    }

    /// What ``routes(for:)`` says, as it is asked for by people: `amtool config routes test`.
    public func receivers(for labels: LabelSet) -> [(routeID: String, receiver: String)] {
        routes(for: labels).map { ($0.id, $0.options.receiver) }
    }

    /// Appends what matches from a node down; whether anything does.
    @discardableResult
    private func collect(_ index: Int, _ labels: LabelSet, into found: inout [Route]) -> Bool {
        let route = routes[index]
        guard route.matchers.allSatisfy({ $0.matches(labels) }) else { return false }
        let count = found.count
        for child in route.children where collect(child, labels, into: &found) && !routes[child].continues { break }
        if found.count == count { found.append(route) }
        return true
    }
}

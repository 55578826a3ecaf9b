internal import HTTPTypes
internal import LabelMatching
internal import PromQL
internal import QueryModel
public import TelemetryModel

/// A target as the API shows it.
public struct ActiveTargetView: Sendable {
    public enum Health: String, Sendable {
        case up, down, unknown
    }

    /// Labels before relabeling.
    public var discoveredLabels: LabelSet
    /// Labels that its series get.
    public var labels: LabelSet
    /// The scrape job it belongs to.
    public var scrapePool: String
    public var scrapeURL: String
    /// The address as seen from other machines.
    public var globalURL: String
    /// Why the last scrape failed; empty where it did not.
    public var lastError: String
    /// When the last scrape began; nil before the first.
    public var lastScrape: Timestamp?
    public var lastScrapeDurationSeconds: Double
    public var health: Health
    public var intervalMilliseconds: Int64
    public var timeoutMilliseconds: Int64

    public init(
        discoveredLabels: LabelSet, labels: LabelSet, scrapePool: String, scrapeURL: String, globalURL: String, lastError: String = "",
        lastScrape: Timestamp? = nil, lastScrapeDurationSeconds: Double = 0, health: Health = .unknown, intervalMilliseconds: Int64,
        timeoutMilliseconds: Int64
    ) {
        self.discoveredLabels = discoveredLabels
        self.labels = labels
        self.scrapePool = scrapePool
        self.scrapeURL = scrapeURL
        self.globalURL = globalURL
        self.lastError = lastError
        self.lastScrape = lastScrape
        self.lastScrapeDurationSeconds = lastScrapeDurationSeconds
        self.health = health
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

/// A target that relabeling dropped.
public struct DroppedTargetView: Sendable {
    public var discoveredLabels: LabelSet
    public var scrapePool: String

    public init(discoveredLabels: LabelSet, scrapePool: String) {
        self.discoveredLabels = discoveredLabels
        self.scrapePool = scrapePool
    }
}

/// All targets at one moment.
public struct TargetsView: Sendable {
    /// Names of all scrape jobs, those without targets too.
    public var scrapePools: [String]
    public var active: [ActiveTargetView]
    /// Dropped targets that were kept to be shown.
    public var dropped: [DroppedTargetView]
    /// How many were dropped, by scrape job, the ones not kept included.
    public var droppedCounts: [String: Int]

    public init(
        scrapePools: [String] = [], active: [ActiveTargetView] = [], dropped: [DroppedTargetView] = [], droppedCounts: [String: Int] = [:]
    ) {
        self.scrapePools = scrapePools
        self.active = active
        self.dropped = dropped
        self.droppedCounts = droppedCounts
    }
}

/// `/api/v1/targets`, `/api/v1/targets/metadata` and `/api/v1/scrape_pools`: what is scraped.
public struct TargetsAPI: HTTPEndpoints {
    private let environment: QueryEnvironment
    private let targets: @Sendable () async -> TargetsView
    private let metadata: (@Sendable (ActiveTargetView) async -> [MetadataAPI.Family])?

    /// - Parameter metadata: what a target says of its metrics; nil where that is not kept by target, then the path is not served.
    public init(
        _ environment: QueryEnvironment, targets: @escaping @Sendable () async -> TargetsView,
        metadata: (@Sendable (ActiveTargetView) async -> [MetadataAPI.Family])? = nil
    ) {
        self.environment = environment
        self.targets = targets
        self.metadata = metadata
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/targets", .get) { call in try await list(call) }
        routes.on("/api/v1/scrape_pools", .get) { _ in
            let pools = await targets().scrapePools.sorted()
            return .success { writer in
                writer.beginObject()
                writer.name("scrapePools")
                writer.array(pools)
                writer.endObject()
            }
        }
        if let metadata { routes.on("/api/v1/targets/metadata", .get) { call in try await list(call, metadata) } }
    }

    private func list(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let state = parameters["state"]?.lowercased() ?? "any"
        let pool = parameters["scrapePool"]
        let view = await targets()
        return try await environment.lookUp(call) { _ in
            .success { writer in
                writer.beginObject()
                writer.name("activeTargets")
                writer.beginArray()
                if state == "any" || state == "active" {
                    for target in view.active where pool == nil || pool == target.scrapePool { writer.activeTarget(target) }
                }
                writer.endArray()
                writer.name("droppedTargets")
                writer.beginArray()
                let showsDropped = state == "any" || state == "dropped"
                if showsDropped {
                    for target in view.dropped where pool == nil || pool == target.scrapePool { writer.droppedTarget(target) }
                }
                writer.endArray()
                writer.name("droppedTargetCounts")
                if showsDropped {
                    writer.beginObject()
                    for (name, count) in view.droppedCounts.sorted(by: { $0.key < $1.key }) where pool == nil || pool == name {
                        writer.member(name, count)
                    }
                    writer.endObject()
                } else {
                    writer.null()
                }
                writer.endObject()
            }
        }
    }

    private func list(
        _ call: APICall, _ metadata: @Sendable (ActiveTargetView) async -> [MetadataAPI.Family]
    ) async throws -> APIReply {
        let parameters = try await call.parameters()
        let limit = try parameters.limit() ?? .max
        let metric = parameters["metric"]
        var selector = LabelSelector([])
        if let text = parameters["match_target"] {
            do {
                selector = LabelSelector(try PromQLParser().parseSelector(text).matchers)
            } catch {
                throw APIFailure.parameter("match_target", error.message)
            }
        }
        var rows: [(target: LabelSet, name: String, metadata: MetricMetadata)] = []
        for target in await targets().active where selector.matches(target.labels) {
            for family in await metadata(target) where metric == nil || metric == family.name {
                for one in family.metadata where rows.count < limit { rows.append((target.labels, family.name, one)) }
            }
        }
        return .success { writer in
            writer.beginArray()
            for row in rows {
                writer.beginObject()
                writer.name("target")
                writer.labels(row.target)
                if metric == nil { writer.member("metric", row.name) }
                writer.metadataMembers(row.metadata)
                writer.endObject()
            }
            writer.endArray()
        }
    }
}

extension JSONWriter {
    fileprivate mutating func activeTarget(_ target: ActiveTargetView) {
        beginObject()
        name("discoveredLabels")
        labels(target.discoveredLabels)
        name("labels")
        labels(target.labels)
        member("scrapePool", target.scrapePool)
        member("scrapeUrl", target.scrapeURL)
        member("globalUrl", target.globalURL)
        member("lastError", target.lastError)
        // Clients read a time here in any case; this is how they write the absence of one.
        member("lastScrape", target.lastScrape.map { timeText($0) } ?? "0001-01-01T00:00:00Z")
        name("lastScrapeDuration")
        value(target.lastScrapeDurationSeconds)
        member("health", target.health.rawValue)
        member("scrapeInterval", PromQLDuration.text(milliseconds: target.intervalMilliseconds))
        member("scrapeTimeout", PromQLDuration.text(milliseconds: target.timeoutMilliseconds))
        endObject()
    }

    fileprivate mutating func droppedTarget(_ target: DroppedTargetView) {
        beginObject()
        name("discoveredLabels")
        labels(target.discoveredLabels)
        member("scrapePool", target.scrapePool)
        endObject()
    }
}

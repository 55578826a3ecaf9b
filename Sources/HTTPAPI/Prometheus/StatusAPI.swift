internal import HTTPTypes
internal import PromQL
internal import QueryModel
public import TelemetryModel

/// What this build is, for `/api/v1/status/buildinfo`.
public struct BuildDescription: Sendable {
    /// The version of Prometheus whose API is spoken: clients switch features on by it.
    public var version: String
    public var revision: String
    public var branch: String
    public var buildUser: String
    public var buildDate: String
    /// Language and compiler.
    public var compiler: String

    public init(
        version: String, revision: String = "", branch: String = "", buildUser: String = "", buildDate: String = "", compiler: String = ""
    ) {
        self.version = version
        self.revision = revision
        self.branch = branch
        self.buildUser = buildUser
        self.buildDate = buildDate
        self.compiler = compiler
    }
}

/// How the process is doing, for `/api/v1/status/runtimeinfo`.
public struct RuntimeDescription: Sendable {
    public var startTime: Timestamp
    public var workingDirectory: String
    public var hostname: String
    public var reloadSucceeded: Bool
    public var lastReload: Timestamp
    /// Damaged files that storage has set aside.
    public var damagedFiles: Int
    /// Such as `30d`.
    public var storageRetention: String

    public init(
        startTime: Timestamp, workingDirectory: String, hostname: String, reloadSucceeded: Bool, lastReload: Timestamp, damagedFiles: Int,
        storageRetention: String
    ) {
        self.startTime = startTime
        self.workingDirectory = workingDirectory
        self.hostname = hostname
        self.reloadSucceeded = reloadSucceeded
        self.lastReload = lastReload
        self.damagedFiles = damagedFiles
        self.storageRetention = storageRetention
    }
}

/// One number about storage, for `/api/v1/status/storage`.
public struct StorageNumber: Sendable, Hashable {
    /// In lower camel case, with its unit.
    public var name: String
    public var value: Int

    public init(_ name: String, _ value: Int) {
        self.name = name
        self.value = value
    }
}

/// How far the reading back of the journal is, for `/api/v1/status/walreplay`: its entries, counted from 0.
public struct ReplayProgress: Sendable, Hashable {
    /// The API's words.
    public enum State: String, Sendable, Hashable {
        case waiting
        case inProgress = "in progress"
        case done
    }

    public var state: State
    public var first: Int
    public var last: Int
    /// The entry that is being read; the last one when all is read.
    public var current: Int

    public init(_ state: State, first: Int, last: Int, current: Int) {
        self.state = state
        self.first = first
        self.last = last
        self.current = current
    }
}

/// `/api/v1/status/…`: build, configuration, flags, runtime, cardinality, storage.
public struct StatusAPI: HTTPEndpoints {
    /// What selectors of queries ask for.
    public enum Asked: Sendable, Hashable {
        /// By its name.
        case metric(String)
        /// By a matcher on it.
        case label(String)
        /// By its job or its instance.
        case target(job: String, instance: String)
    }

    /// Where the answers come from. The closures may block.
    public struct Sources: Sendable {
        /// The configuration in force as YAML, without secrets.
        public var configuration: @Sendable () -> String
        /// Command line options and their values.
        public var flags: @Sendable () -> [String: String]
        public var runtime: @Sendable () -> RuntimeDescription
        public var storage: @Sendable () -> [StorageNumber]
        public var replay: @Sendable () -> ReplayProgress
        /// When something was last asked for; nil where it was not since the start.
        public var lastQueried: @Sendable (Asked) -> Timestamp?

        public init(
            configuration: @escaping @Sendable () -> String, flags: @escaping @Sendable () -> [String: String],
            runtime: @escaping @Sendable () -> RuntimeDescription, storage: @escaping @Sendable () -> [StorageNumber],
            replay: @escaping @Sendable () -> ReplayProgress,
            lastQueried: @escaping @Sendable (Asked) -> Timestamp? = { _ in nil }
        ) {
            self.configuration = configuration
            self.flags = flags
            self.runtime = runtime
            self.storage = storage
            self.replay = replay
            self.lastQueried = lastQueried
        }
    }

    private let environment: QueryEnvironment
    private let build: BuildDescription
    private let sources: Sources

    public init(_ environment: QueryEnvironment, build: BuildDescription, sources: Sources) {
        self.environment = environment
        self.build = build
        self.sources = sources
    }

    public func addRoutes(to routes: inout Routes) {
        routes.onAlways("/api/v1/status/buildinfo", .get) { _ in buildReply }
        routes.onAlways("/api/v1/status/config", .get) { _ in
            let text = sources.configuration()
            return .success { writer in
                writer.beginObject()
                writer.member("yaml", text)
                writer.endObject()
            }
        }
        routes.onAlways("/api/v1/status/flags", .get) { _ in
            let flags = sources.flags().sorted { $0.key < $1.key }
            return .success { writer in
                writer.beginObject()
                for (name, value) in flags { writer.member(name, value) }
                writer.endObject()
            }
        }
        routes.onAlways("/api/v1/status/runtimeinfo", .get) { call in try await environment.lookUp(call) { _ in runtimeReply } }
        routes.on("/api/v1/status/storage", .get) { call in
            try await environment.lookUp(call) { _ in
                let numbers = sources.storage()
                return .success { writer in
                    writer.beginObject()
                    for number in numbers { writer.member(number.name, number.value) }
                    writer.endObject()
                }
            }
        }
        routes.onAlways("/api/v1/status/walreplay", .get) { _ in
            let replay = sources.replay()
            return .success { writer in
                writer.beginObject()
                writer.member("min", replay.first)
                writer.member("max", replay.last)
                writer.member("current", replay.current)
                writer.member("state", replay.state.rawValue)
                writer.endObject()
            }
        }
        routes.on("/api/v1/status/tsdb", .get) { call in try await cardinality(call) }
    }

    /// Without `features`: Grafana takes any entry there for another product.
    private var buildReply: APIReply {
        .success { writer in
            writer.beginObject()
            writer.member("version", build.version)
            writer.member("revision", build.revision)
            writer.member("branch", build.branch)
            writer.member("buildUser", build.buildUser)
            writer.member("buildDate", build.buildDate)
            writer.member("goVersion", build.compiler)
            writer.endObject()
        }
    }

    private var runtimeReply: APIReply {
        let runtime = sources.runtime()
        return .success { writer in
            writer.beginObject()
            writer.member("startTime", timeText(runtime.startTime))
            writer.member("CWD", runtime.workingDirectory)
            writer.member("hostname", runtime.hostname)
            writer.member("serverTime", timeText(environment.now()))
            writer.member("reloadConfigSuccess", runtime.reloadSucceeded)
            writer.member("lastConfigTime", timeText(runtime.lastReload))
            writer.member("corruptionCount", runtime.damagedFiles)
            writer.member("storageRetention", runtime.storageRetention)
            writer.endObject()
        }
    }

    /// How far back series count as present.
    private static let cardinalityWindow: Int64 = 2 * 3_600_000

    private func cardinality(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        guard let limit = Int(parameters["limit"] ?? "10"), (1...10_000).contains(limit) else {
            throw APIFailure(.badData, "limit must be a number between 1 and 10000")
        }
        let (now, source) = (environment.now(), environment.source)
        let range = TimeRange(start: now - StatusAPI.cardinalityWindow, end: now)
        let lastQueried = sources.lastQueried
        return try await environment.lookUp(call) { budget in
            let report = CardinalityReport(try source.series([], in: range, limit: .max, budget: budget).value)
            return .success { writer in report.write(to: &writer, range: range, limit: limit, lastQueried: lastQueried) }
        }
    }
}

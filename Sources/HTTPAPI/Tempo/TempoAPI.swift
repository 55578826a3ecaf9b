internal import HTTPTypes
internal import NIOCore
internal import QueryModel

/// The API of Grafana Tempo, under `/tempo`: traces by id, TraceQL searches and metrics, names and values for completion.
///
/// Errors are plain text, as Tempo gives them.
public struct TempoAPI: HTTPEndpoints {
    /// What is put before every path.
    static let prefix = "/tempo"

    let environment: TraceEnvironment
    let limits: Limits
    private let build: BuildDescription
    private let isReady: @Sendable () -> Bool

    /// What one request may ask for.
    public struct Limits: Sendable {
        /// Bytes of a query's text.
        public var queryBytesMax = 128 << 10
        /// Traces of one search.
        public var tracesMax: UInt32 = 262_144
        /// Bytes of one trace as it is answered.
        public var traceBytesMax = 256 << 20
        /// Samples of one series of a range query.
        public var samplesPerSeriesMax: UInt64 = 11_000

        public init() {}
    }

    /// - Parameters:
    ///   - build: `version` is the version of Tempo whose API is spoken: Grafana chooses features by it.
    ///   - isReady: whether queries are answered.
    public init(
        _ environment: TraceEnvironment, build: BuildDescription, limits: Limits = Limits(), isReady: @escaping @Sendable () -> Bool
    ) {
        self.environment = environment
        self.build = build
        self.limits = limits
        self.isReady = isReady
    }

    public func addRoutes(to routes: inout Routes) {
        on("/api/echo", &routes) { _ in .text("echo") }
        on("/ready", &routes) { _ in
            isReady() ? .text("ready\n") : .text("Perch is starting or stopping.\n", status: .serviceUnavailable)
        }
        on("/api/status/buildinfo", &routes) { _ in buildInformation() }
        on("/api/traces/{id}", &routes) { call in try await trace(call, version: .v1) }
        on("/api/v2/traces/{id}", &routes) { call in try await trace(call, version: .v2) }
        on("/api/search", &routes) { call in try await search(call) }
        on("/api/search/tags", &routes) { call in try await tagNames(call, version: .v1) }
        on("/api/v2/search/tags", &routes) { call in try await tagNames(call, version: .v2) }
        on("/api/search/tag/{tag}/values", &routes) { call in try await tagValues(call, version: .v1) }
        on("/api/v2/search/tag/{tag}/values", &routes) { call in try await tagValues(call, version: .v2) }
        on("/api/metrics/query_range", &routes) { call in try await metricsRange(call) }
        on("/api/metrics/query", &routes) { call in try await metricsInstant(call) }
    }

    /// The two forms in which some things are answered.
    enum Version: Sendable { case v1, v2 }

    private func on(_ path: String, _ routes: inout Routes, _ handler: @escaping APIHandler) {
        routes.on(TempoAPI.prefix + path, .get) { call in
            do {
                return try await handler(call)
            } catch let failure as APIFailure {
                return .text(failure.message + "\n", status: failure.status)
            } catch let error as QueryError {
                return TempoAPI.reply(to: error)
            }
        }
    }

    private static func reply(to error: QueryError) -> APIReply {
        // What waits too long behind a gateway is answered so, and clients know to ask for less.
        let status: HTTPResponse.Status = error.code == .timeout ? .gatewayTimeout : APIFailure(error).status
        let message = error.code == .badInput ? "invalid TraceQL query: \(error.message)" : error.message
        return .text(message + "\n", status: status)
    }

    private func buildInformation() -> APIReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", build.version)
        writer.member("revision", build.revision)
        writer.member("branch", build.branch)
        writer.member("buildDate", build.buildDate)
        writer.member("buildUser", build.buildUser)
        writer.member("goVersion", build.compiler)
        writer.endObject()
        return .json(writer)
    }
}

/// What a client takes: protobuf, or else JSON.
enum TempoFormat: Sendable {
    case protobuf, json

    /// By the header `Accept`; the rest of what it says does not matter to Tempo either.
    init(_ headers: HTTPFields) {
        self = headers[values: .accept].contains { $0.contains("application/protobuf") } ? .protobuf : .json
    }

    /// An answer in protobuf.
    static func reply(protobuf bytes: [UInt8]) -> APIReply {
        APIReply(contentType: "application/protobuf", body: [ByteBuffer(bytes: bytes)])
    }
}

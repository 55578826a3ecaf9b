internal import HTTPTypes
internal import LabelMatching
internal import LogQL
internal import NIOCore
internal import QueryModel

/// The API of Grafana Loki, under `/loki/api/v1`: LogQL queries, labels and streams, volumes, tails, deletion.
///
/// Errors are plain text, as Loki gives them.
public struct LokiAPI: HTTPEndpoints {
    /// What is put before every path.
    static let prefix = "/loki/api/v1"

    let environment: LogEnvironment
    let settings: Settings
    let parser = LogQLParser()

    /// What one request may ask for, and what is told about this server.
    public struct Settings: Sendable {
        /// `version` is the version of Loki whose API is spoken: Grafana chooses features by it.
        public var build: BuildDescription
        /// Entries of one answer.
        public var entriesMax = 50_000
        /// Clients that may follow logs at the same time.
        public var tailsMax = 100
        /// How long a client that follows may read nothing before it is sent away.
        public var tailPatience = Duration.seconds(15)
        /// How long entries are kept, as a duration; nil for ever.
        public var retention: String?
        /// Which names receivers look at for the name of a service.
        public var serviceNameLabels: [String] = []
        /// Which fields receivers look at for the level of an entry.
        public var levelFields: [String] = []

        public init(build: BuildDescription) { self.build = build }
    }

    public init(_ environment: LogEnvironment, settings: Settings) {
        self.environment = environment
        self.settings = settings
    }

    public func addRoutes(to routes: inout Routes) {
        on("/query_range", &routes) { call in try await queryRange(call) }
        on("/query", &routes) { call in try await queryInstant(call) }
        on("/labels", &routes) { call in try await labelNames(call) }
        on("/label", &routes) { call in try await labelNames(call) }
        on("/label/{name}/values", &routes) { call in try await labelValues(call) }
        on("/series", &routes) { call in try await series(call) }
        on("/index/stats", &routes) { call in try await indexStatistics(call) }
        on("/index/shards", &routes) { call in try await indexShards(call) }
        on("/index/volume", &routes) { call in try await volume(call) }
        on("/index/volume_range", &routes) { call in try await volumeRange(call) }
        on("/detected_labels", &routes) { call in try await detectedLabels(call) }
        on("/detected_fields", &routes) { call in try await detectedFields(call) }
        on("/detected_field/{name}/values", &routes) { call in try await detectedFieldValues(call) }
        on("/patterns", &routes) { call in try await patterns(call) }
        on("/format_query", &routes) { call in try await formatQuery(call) }
        on("/status/buildinfo", &routes) { _ in buildInformation() }
        on("/drilldown-limits", &routes) { _ in drilldownLimits() }
        on("/rules", &routes) { _ in .text("no rule groups found\n", status: .notFound) }
    }

    /// Answers GET, and POST with a form.
    func on(_ path: String, _ routes: inout Routes, _ handler: @escaping APIHandler) {
        let handler = LokiAPI.withPlainErrors(handler)
        routes.on(LokiAPI.prefix + path, .get, .post, handler: handler)
    }

    /// A handler whose errors are answered as text.
    static func withPlainErrors(_ handler: @escaping APIHandler) -> APIHandler {
        { call in
            do {
                return try await handler(call)
            } catch let failure as APIFailure {
                return reply(to: failure)
            } catch let error as QueryError {
                return reply(to: error)
            }
        }
    }

    static func reply(to error: QueryError) -> APIReply {
        switch error.code {
        case .badInput, .execution, .tooManySamples: plainError(error.message, .badRequest)
        case .timeout: plainError(timeoutMessage, .gatewayTimeout)
        case .canceled: plainError("the request was cancelled by the client", APIFailure(error).status)
        case .storage, .notBrief: plainError(error.message, .internalServerError)
        }
    }

    private static func reply(to failure: APIFailure) -> APIReply {
        var reply = plainError(failure.message, failure.kind == .unavailable ? .serviceUnavailable : failure.status)
        if failure.kind == .unavailable { reply.headers[.retryAfter] = "1" }
        return reply
    }

    private static let timeoutMessage = """
        request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce \
        the amount of data processed
        """

    static func plainError(_ message: String, _ status: HTTPResponse.Status) -> APIReply {
        var reply = APIReply.text(message, status: status)
        reply.headers[.xContentTypeOptions] = "nosniff"
        return reply
    }

    // MARK: Selectors

    /// The matchers of the parameter `query`; none where it is absent.
    func matchers(_ parameters: FormParameters) throws(QueryError) -> [LabelMatcher] {
        guard let text = parameters["query"] else { return [] }
        return try matchers(of: text)
    }

    /// The matchers of a selector; none where it takes every stream.
    func matchers(of text: String) throws(QueryError) -> [LabelMatcher] { try parser.parseMatchers(text) }

    // MARK: About the server

    private func formatQuery(_ call: APICall) async throws -> APIReply {
        let text = try await call.parameters()["query"] ?? ""
        var writer = JSONWriter()
        writer.beginObject()
        do throws(QueryError) {
            let query = try parser.parse(text)
            writer.member("status", "success")
            writer.member("data", LogQLPrinter().prettified(query))
            writer.endObject()
            return .json(writer)
        } catch {
            writer.member("status", "invalid-query")
            writer.member("error", error.message)
            writer.endObject()
            return .json(writer, status: .badRequest)
        }
    }

    private func buildInformation() -> APIReply {
        let build = settings.build
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", build.version)
        writer.member("revision", build.revision)
        writer.member("branch", build.branch)
        writer.member("buildUser", build.buildUser)
        writer.member("buildDate", build.buildDate)
        writer.member("goVersion", build.compiler)
        writer.endObject()
        return .json(writer)
    }

    /// What Grafana's Logs Drilldown asks before all else.
    private func drilldownLimits() -> APIReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("limits")
        writer.beginObject()
        writer.name("discover_service_name")
        writer.array(settings.serviceNameLabels)
        writer.member("discover_log_levels", !settings.levelFields.isEmpty)
        writer.name("log_level_fields")
        writer.array(settings.levelFields)
        writer.member("max_entries_limit_per_query", settings.entriesMax)
        writer.member("query_timeout", "\(environment.timeoutMilliseconds / 1000)s")
        writer.member("retention_period", settings.retention ?? "0s")
        writer.member("volume_enabled", true)
        writer.endObject()
        writer.member("pattern_ingester_enabled", true)
        writer.member("version", settings.build.version)
        writer.endObject()
        return .json(writer)
    }
}

internal import HTTPTypes
public import LabelMatching
internal import PromQL
internal import QueryModel
public import TelemetryModel

/// `/api/v1/admin/tsdb/…`: deletion of series, cleaning and snapshots. Off unless it was enabled, as in Prometheus.
public struct AdminAPI: HTTPEndpoints {
    /// What does the work; each throws what failed, described in one line.
    public struct Actions: Sendable {
        /// Deletes what is within a range of times of the series that pass the matchers.
        public var delete: @Sendable (_ selector: LabelSelector, _ range: TimeRange) async throws -> Void
        /// Takes the bytes of what was deleted off the disk.
        public var clean: @Sendable () async throws -> Void
        /// Makes a snapshot and gives its name.
        public var snapshot: @Sendable (_ skippingHead: Bool) async throws -> String

        public init(
            delete: @escaping @Sendable (LabelSelector, TimeRange) async throws -> Void, clean: @escaping @Sendable () async throws -> Void,
            snapshot: @escaping @Sendable (Bool) async throws -> String
        ) {
            self.delete = delete
            self.clean = clean
            self.snapshot = snapshot
        }
    }

    private let environment: QueryEnvironment
    private let isEnabled: Bool
    private let actions: Actions

    /// - Parameter isEnabled: whether `--web.enable-admin-api` was given.
    public init(_ environment: QueryEnvironment, isEnabled: Bool, actions: Actions) {
        self.environment = environment
        self.isEnabled = isEnabled
        self.actions = actions
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/admin/tsdb/delete_series", .post, .put) { call in try await delete(call) }
        routes.on("/api/v1/admin/tsdb/clean_tombstones", .post, .put) { _ in
            try checkEnabled()
            do { try await actions.clean() } catch { throw APIFailure(.internal, "\(error)") }
            return APIReply(status: .noContent)
        }
        routes.on("/api/v1/admin/tsdb/snapshot", .post, .put) { call in try await snapshot(call) }
    }

    private func checkEnabled() throws(APIFailure) {
        if !isEnabled { throw APIFailure(.unavailable, "admin APIs disabled") }
    }

    private func delete(_ call: APICall) async throws -> APIReply {
        try checkEnabled()
        let parameters = try await call.parameters()
        if parameters.all("match[]").isEmpty { throw APIFailure(.badData, "no match[] parameter provided") }
        let range = try parameters.timeRange()
        for selector in try environment.selectors(parameters, bounded: false) {
            do { try await actions.delete(selector, range) } catch { throw APIFailure(.internal, "\(error)") }
        }
        return APIReply(status: .noContent)
    }

    private func snapshot(_ call: APICall) async throws -> APIReply {
        try checkEnabled()
        var skippingHead = false
        if let text = try await call.parameters()["skip_head"], !text.isEmpty {
            switch text {
            case "1", "t", "T", "true", "TRUE", "True": skippingHead = true
            case "0", "f", "F", "false", "FALSE", "False": break
            default:
                throw APIFailure.parameter(
                    "skip_head", "unable to parse boolean: strconv.ParseBool: parsing \(quoted(text)): invalid syntax")
            }
        }
        let name: String
        do { name = try await actions.snapshot(skippingHead) } catch { throw APIFailure(.internal, "create snapshot: \(error)") }
        return .success { writer in
            writer.beginObject()
            writer.member("name", name)
            writer.endObject()
        }
    }
}

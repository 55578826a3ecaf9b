internal import HTTPTypes
internal import NIOCore

/// `/loki/api/v1/delete`: entries are deleted by selector, line filters and time, as Loki's compactor has it.
///
/// Unless the server was told to wait, so that a deletion can be cancelled, it is done when it is answered, other than there: it is durable, and no query
/// sees the entries any more.
public struct LogDeletionAPI: HTTPEndpoints {
    /// What keeps deletions and does them.
    public struct Actions: Sendable {
        public enum Cancellation: Sendable {
            case done, unknown, tooLate
        }

        /// Takes a deletion and gives its id: where it need not wait, once it is done.
        public var add: @Sendable (LogDeletion) async throws -> String
        /// The deletions of late, oldest first.
        public var list: @Sendable () -> [LogDeletionRequest]
        /// Forgets a deletion that still waits.
        public var cancel: @Sendable (_ id: String) async throws -> Cancellation

        public init(
            add: @escaping @Sendable (LogDeletion) async throws -> String, list: @escaping @Sendable () -> [LogDeletionRequest],
            cancel: @escaping @Sendable (String) async throws -> Cancellation
        ) {
            self.add = add
            self.list = list
            self.cancel = cancel
        }
    }

    private let now: @Sendable () -> Int64
    private let actions: Actions

    /// - Parameter now: nanoseconds since 1970.
    public init(now: @escaping @Sendable () -> Int64, actions: Actions) {
        self.now = now
        self.actions = actions
    }

    public func addRoutes(to routes: inout Routes) {
        let path = LokiAPI.prefix + "/delete"
        routes.on(path, .post, .put, handler: LokiAPI.withPlainErrors { call in try await add(call) })
        routes.on(path, .get, handler: LokiAPI.withPlainErrors { _ in list() })
        routes.on(path, .delete, handler: LokiAPI.withPlainErrors { call in try await cancel(call) })
    }

    private func add(_ call: APICall) async throws -> APIReply {
        let id = try await actions.add(try LogDeletion(try await call.parameters(), now: now()))
        var reply = APIReply(status: .noContent)
        if let name = HTTPField.Name("X-Delete-Request-ID") { reply.headers[name] = id }
        return reply
    }

    private func cancel(_ call: APICall) async throws -> APIReply {
        switch try await actions.cancel(try await call.parameters()["request_id"] ?? "") {
        case .done: return APIReply(status: .noContent)
        case .unknown: throw APIFailure(.notFound, "could not find delete request with given id")
        case .tooLate: throw APIFailure(.badData, "deletion of request which is in process or already processed is not allowed")
        }
    }

    /// As Loki lists them; the number of entries is ours.
    private func list() -> APIReply {
        var writer = JSONWriter()
        writer.beginArray()
        for request in actions.list() {
            writer.beginObject()
            writer.member("request_id", request.id)
            writer.name("start_time")
            writer.timestamp(request.times.lowerBound / 1_000_000)
            writer.name("end_time")
            writer.timestamp(request.times.upperBound / 1_000_000)
            writer.member("query", request.text)
            writer.member("status", request.status.rawValue)
            writer.name("created_at")
            writer.timestamp(request.createdAt)
            if let entries = request.entries { writer.member("deleted_entries", entries) }
            writer.endObject()
        }
        writer.endArray()
        return .json(writer)
    }
}

internal import CivilCalendar
internal import HTTPTypes
internal import LabelMatching
public import LogQL
internal import NIOCore
internal import QueryModel
internal import Synchronization
internal import TelemetryModel

/// `/loki/api/v1/delete`: entries are deleted by selector, line filters and time, as Loki's compactor has it.
///
/// Other than there, a deletion is done when it is answered: it is durable, and no query sees the entries any more. So there is nothing to cancel.
public struct LogDeletionAPI: HTTPEndpoints {
    /// Deletes entries of the streams that match, whose times and lines fit, and waits until that is durable. Blocks.
    public typealias Delete = @Sendable (LogDeletion) async throws -> Int

    private let delete: Delete
    private let now: @Sendable () -> Int64
    private let requests = DeletionRequests()

    /// - Parameter now: nanoseconds since 1970.
    public init(now: @escaping @Sendable () -> Int64, delete: @escaping Delete) {
        self.now = now
        self.delete = delete
    }

    public func addRoutes(to routes: inout Routes) {
        let path = LokiAPI.prefix + "/delete"
        routes.on(path, .post, .put, handler: LokiAPI.withPlainErrors { call in try await add(call) })
        routes.on(path, .get, handler: LokiAPI.withPlainErrors { _ in requests.reply })
        routes.on(path, .delete, handler: LokiAPI.withPlainErrors { call in try await cancel(call) })
    }

    private func add(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let deletion = try LogDeletion(parameters, now: now())
        let count = try await delete(deletion)
        let id = requests.add(deletion, createdAt: now(), entries: count)
        var reply = APIReply(status: .noContent)
        if let name = HTTPField.Name("X-Delete-Request-ID") { reply.headers[name] = id }
        return reply
    }

    private func cancel(_ call: APICall) async throws -> APIReply {
        let id = try await call.parameters()["request_id"] ?? ""
        guard requests.contains(id) else { throw APIFailure(.notFound, "could not find delete request with given id") }
        throw APIFailure(.badData, "deletion of request which is in process or already processed is not allowed")
    }
}

/// Which entries are to be deleted.
public struct LogDeletion: Sendable {
    /// As it was written.
    public let text: String
    /// Its stages are line filters only.
    public let selector: LogSelector
    /// In nanoseconds; the end, other than that of a query, is part of it.
    public let times: ClosedRange<Int64>

    init(_ parameters: FormParameters, now: Int64) throws {
        guard let text = parameters["query"] else { throw APIFailure(.badData, "query not set") }
        self.text = text
        guard let query = try? LogQLParser().parse(text), case .logs(let selector) = query.root else {
            throw APIFailure(.badData, "invalid query expression")
        }
        let isFilter = selector.stages.allSatisfy { if case .lineFilter = $0 { true } else { false } }
        if !isFilter {
            throw APIFailure(.badData, "only a selector and line filters (|=, !=, |~, !~) say what is to be deleted, no other stages")
        }
        self.selector = selector
        guard let startText = parameters["start"] else { throw APIFailure(.badData, "start time not set") }
        let start = try LogDeletion.time(startText, "start")
        let end = try parameters["end"].map { try LogDeletion.time($0, "end") } ?? now / 1_000_000 * 1_000_000
        if end > now { throw APIFailure(.badData, "deletes in the future are not allowed") }
        if start >= end { throw APIFailure(.badData, "start time can't be greater than or equal to end time") }
        times = start...end
    }

    /// Ten digits of seconds, or RFC 3339.
    private static func time(_ text: String, _ name: String) throws(APIFailure) -> Int64 {
        if let time = RFC3339.parse(text) {
            let (product, overflows) = time.millisecondsSince1970.multipliedReportingOverflow(by: 1_000_000)
            if !overflows { return product }
        } else if text.utf8.count == 10, let seconds = Int64(text), seconds >= 0 {
            let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            return overflows ? .max : product
        }
        throw APIFailure(.badData, "invalid \(name) time: require unix seconds or RFC3339 format")
    }
}

/// The deletions of this process, the last ones.
private final class DeletionRequests: Sendable {
    private struct Request: Sendable {
        var id: String
        var deletion: LogDeletion
        /// Milliseconds since 1970.
        var createdAt: Int64
        var entries: Int
    }

    private static let keptMax = 1_000

    private let all = Mutex<[Request]>([])

    func add(_ deletion: LogDeletion, createdAt now: Int64, entries: Int) -> String {
        all.withLock { all in
            var id: String
            repeat {
                id = String(UInt32.random(in: 0...(.max)), radix: 16)
                id = String(repeating: "0", count: 8 - id.count) + id
            } while all.contains { $0.id == id }
            if all.count == DeletionRequests.keptMax { all.removeFirst() }
            all.append(Request(id: id, deletion: deletion, createdAt: now / 1_000_000, entries: entries))
            return id
        }
    }

    func contains(_ id: String) -> Bool { all.withLock { $0.contains { $0.id == id } } }

    /// As Loki lists them, oldest first; the number of entries is ours.
    var reply: APIReply {
        var writer = JSONWriter()
        writer.beginArray()
        for request in all.withLock({ $0 }) {
            writer.beginObject()
            writer.member("request_id", request.id)
            writer.name("start_time")
            writer.timestamp(request.deletion.times.lowerBound / 1_000_000)
            writer.name("end_time")
            writer.timestamp(request.deletion.times.upperBound / 1_000_000)
            writer.member("query", request.deletion.text)
            writer.member("status", "processed")
            writer.name("created_at")
            writer.timestamp(request.createdAt)
            writer.member("deleted_entries", request.entries)
            writer.endObject()
        }
        writer.endArray()
        return .json(writer)
    }
}

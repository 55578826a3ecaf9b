internal import HTTPTypes
public import LabelMatching
internal import NIOCore
internal import PromQL
internal import QueryModel
public import TelemetryModel

/// An answer that is made while it is sent, so that it may be larger than memory.
public struct TransferStream: Sendable {
    public var contentType: String
    /// Further headers.
    public var headers: [(name: String, value: String)]
    /// The next piece; nil behind the last. An error breaks the connection off, so that nobody takes a part for the whole.
    public var next: @Sendable () async throws -> [UInt8]?

    public init(contentType: String, headers: [(name: String, value: String)] = [], next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.contentType = contentType
        self.headers = headers
        self.next = next
    }
}

/// `/api/v1/export` and `/api/v1/storage/…`: stored samples as text, and the files of the storage for a backup.
public struct StorageTransferAPI: HTTPEndpoints {
    /// What does the work; each throws what failed, described in one line.
    public struct Actions: Sendable {
        /// The files as a JSON array.
        public var files: @Sendable () async throws -> [UInt8]
        /// A copy of a file as it is at one moment; nil where there is none of that name.
        public var file: @Sendable (_ name: String) async throws -> TransferStream?
        /// Samples of all series that pass any of the selectors.
        public var export: @Sendable (_ selectors: [LabelSelector], _ range: TimeRange, _ isJSON: Bool) async throws -> TransferStream

        public init(
            files: @escaping @Sendable () async throws -> [UInt8], file: @escaping @Sendable (String) async throws -> TransferStream?,
            export: @escaping @Sendable ([LabelSelector], TimeRange, Bool) async throws -> TransferStream
        ) {
            self.files = files
            self.file = file
            self.export = export
        }
    }

    private let actions: Actions

    public init(_ actions: Actions) { self.actions = actions }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/export", .get, .post) { call in try await export(call) }
        routes.on("/api/v1/storage/files", .get) { _ in
            let files = try await failing { try await actions.files() }
            let body = ByteBuffer(bytes: Array("{\"status\":\"success\",\"data\":".utf8) + files + Array("}".utf8))
            return APIReply(contentType: "application/json", body: [body])
        }
        routes.on("/api/v1/storage/file", .get) { call in
            guard let name = try await call.parameters()["name"] else { throw APIFailure.parameter("name", "it is missing") }
            let stream = try await failing { try await actions.file(name) }
            guard let stream else { throw APIFailure(.notFound, "there is no file \(quoted(name))") }
            return APIReply(stream)
        }
    }

    private func export(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        var selectors: [LabelSelector] = []
        for text in parameters.all("match[]") {
            do throws(QueryError) { selectors.append(LabelSelector(try PromQLParser().parseSelector(text).matchers)) } catch {
                throw APIFailure.parameter("match[]", error.message)
            }
        }
        let format = parameters["format"] ?? "openmetrics"
        guard ["openmetrics", "json"].contains(format) else { throw APIFailure.parameter("format", "it is neither openmetrics nor json") }
        let range = try parameters.timeRange()
        let (chosen, isJSON) = (selectors.isEmpty ? [LabelSelector([])] : selectors, format == "json")
        return APIReply(try await failing { try await actions.export(chosen, range, isJSON) })
    }

    private func failing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let failure as APIFailure { throw failure } catch { throw APIFailure(.internal, "\(error)") }
    }
}

extension APIReply {
    init(_ stream: TransferStream) {
        self.init(contentType: stream.contentType, body: [])
        for (name, value) in stream.headers {
            guard let name = HTTPField.Name(name) else { preconditionFailure("BUG: \(name) is no header") }
            headers[name] = value
        }
        self.stream = stream
    }
}

internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOFoundationCompat
internal import NIOHTTP1
public import TelemetryModel

/// Asks a running Perch, or anything else that speaks the HTTP API of Prometheus.
public struct PerchClient: Sendable {
    /// A request below the base URL.
    struct Request: Sendable, Hashable {
        var path: String
        var parameters: [Parameter] = []
        /// Whether the parameters go as a form by POST, as queries do because they may be long.
        var isForm = false
        /// Other than GET and POST, which follow from the rest.
        var method: String?
        /// A body of JSON, which is sent by POST.
        var json: String?
        /// The media type of the answer.
        var accepts = "application/json"
        /// Further headers.
        var headers: [Parameter] = []

        struct Parameter: Sendable, Hashable {
            var name: String
            var value: String
        }
    }

    struct Response: Sendable {
        var status: Int
        var body: Data
    }

    let baseURL: String
    private let send: @Sendable (Request) async throws(ClientError) -> Response

    /// - Parameters:
    ///   - url: where the server is, such as `http://127.0.0.1:9797`; a path is kept as a prefix.
    ///   - timeoutSeconds: how long to wait for a whole answer.
    /// - Throws: ``ClientError`` with status `usage` where the URL is none.
    public init(url: String, timeoutSeconds: Int64 = 130) throws(ClientError) {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            parts.scheme == "http" || parts.scheme == "https"
        else { throw .usage("--url: “\(url)” is no http or https URL") }
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.init(baseURL: base) { (request: Request) async throws(ClientError) in
            try await PerchClient.exchange(request, base, timeoutSeconds)
        }
    }

    /// A client whose requests are answered by a closure.
    init(baseURL: String, send: @escaping @Sendable (Request) async throws(ClientError) -> Response) {
        self.baseURL = baseURL
        self.send = send
    }

    // MARK: Calls

    /// Evaluates an expression at one time, by default the server's now.
    ///
    /// - Parameter isExplained: whether the answer is to say how it came about.
    public func query(
        _ expression: String, at time: Timestamp? = nil, isExplained: Bool = false
    ) async throws(ClientError) -> QueryReply {
        var request = Request(path: "/api/v1/query", parameters: [.init(name: "query", value: expression)], isForm: true)
        if let time { request.parameters.append(.init(name: "time", value: seconds(time))) }
        if isExplained { request.parameters.append(.init(name: "explain", value: "true")) }
        return try await queryReply(request)
    }

    /// Evaluates an expression over a range of times, both ends inclusive.
    public func queryRange(
        _ expression: String, from start: Timestamp, to end: Timestamp, stepMilliseconds: Int64, isExplained: Bool = false
    ) async throws(ClientError) -> QueryReply {
        var parameters: [Request.Parameter] = [
            .init(name: "query", value: expression), .init(name: "start", value: seconds(start)), .init(name: "end", value: seconds(end)),
            .init(name: "step", value: seconds(stepMilliseconds)),
        ]
        if isExplained { parameters.append(.init(name: "explain", value: "true")) }
        return try await queryReply(Request(path: "/api/v1/query_range", parameters: parameters, isForm: true))
    }

    private func queryReply(_ request: Request) async throws(ClientError) -> QueryReply {
        let envelope = try await call(request, of: QueryPayload.self)
        guard let payload = envelope.data else { throw unreadable("no data") }
        return QueryReply(
            payload.result, warnings: envelope.warnings ?? [], infos: envelope.infos ?? [], explanation: payload.explanation)
    }

    /// Calls an endpoint and takes the envelope off.
    ///
    /// - Throws: ``ClientError``; of a query that is wrong with status `usage`, of all else with `failure`.
    func call<Payload: Decodable>(_ request: Request, of payload: Payload.Type) async throws(ClientError) -> APIEnvelope<Payload> {
        let response = try await send(request)
        let envelope: APIEnvelope<Payload>
        do {
            envelope = try JSONDecoder().decode(APIEnvelope<Payload>.self, from: response.body)
        } catch {
            if response.status == 200 { throw unreadable("\(error)") }
            let start = String(decoding: response.body.prefix(200), as: UTF8.self)
            throw ClientError("\(baseURL)\(request.path) answered \(response.status)\(start.isEmpty ? "" : ": " + start)")
        }
        if envelope.status == "success" { return envelope }
        let type = envelope.errorType ?? "error"
        var message = envelope.error ?? "status \(response.status)"
        let prefix = "invalid parameter \"query\": "
        if message.hasPrefix(prefix) { message.removeFirst(prefix.count) }
        guard type == "bad_data" else { throw ClientError("\(type): \(message)") }
        throw QueryFault(message, in: request.parameters.first { $0.name == "query" }?.value ?? "").error
    }

    private func unreadable(_ reason: String) -> ClientError { ClientError("\(baseURL) gave an answer that cannot be read: \(reason)") }

    private func seconds(_ milliseconds: Int64) -> String {
        let fraction = milliseconds.magnitude % 1000
        let whole = (milliseconds < 0 ? "-" : "") + String(milliseconds.magnitude / 1000)
        return fraction == 0 ? whole : whole + "." + String(String(1000 + fraction).dropFirst())
    }

    /// What a server answers, whatever its status.
    func answer(_ request: Request) async throws(ClientError) -> Response { try await send(request) }

    // MARK: Transport

    /// Lives as long as the process. A refused connection is reported at once instead of being tried again.
    static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// The largest answer that is read.
    private static let bodyBytesMax = 1 << 30

    private static func exchange(_ request: Request, _ base: String, _ timeoutSeconds: Int64) async throws(ClientError) -> Response {
        var form = URLComponents()
        form.queryItems = request.parameters.map { URLQueryItem(name: $0.name, value: $0.value) }
        // A plus stands for a space in forms.
        let encoded = (form.percentEncodedQuery ?? "").replacing("+", with: "%2B")
        var outgoing = HTTPClientRequest(url: base + request.path + (request.isForm || encoded.isEmpty ? "" : "?" + encoded))
        outgoing.headers.add(name: "Accept", value: request.accepts)
        outgoing.headers.add(name: "User-Agent", value: "perch")
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if request.isForm {
            outgoing.method = .POST
            outgoing.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            outgoing.body = .bytes(ByteBuffer(string: encoded))
        }
        if let json = request.json {
            outgoing.method = .POST
            outgoing.headers.add(name: "Content-Type", value: "application/json")
            outgoing.body = .bytes(ByteBuffer(string: json))
        }
        if let method = request.method { outgoing.method = HTTPMethod(rawValue: method) }
        do {
            let response = try await http.execute(outgoing, timeout: .seconds(timeoutSeconds))
            let body = try await response.body.collect(upTo: bodyBytesMax)
            return Response(status: Int(response.status.code), body: Data(buffer: body))
        } catch let error as HTTPClientError where error == .readTimeout || error == .deadlineExceeded || error == .connectTimeout {
            throw ClientError("\(base) gave no answer within \(timeoutSeconds) seconds")
        } catch {
            throw ClientError("cannot reach \(base): \(reason(error))")
        }
    }

    static func reason(_ error: any Error) -> String {
        let text = "\(error)"
        if text.localizedCaseInsensitiveContains("connection refused") { return "connection refused" }
        if text.contains("UnknownHost") || text.localizedCaseInsensitiveContains("unknown host") { return "unknown host" }
        return text
    }
}

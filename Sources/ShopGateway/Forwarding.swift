internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1
internal import ShopKit

/// Passes requests on to one service, and its answers back.
struct Forwarding: Sendable {
    /// What is passed on of a request. The trace and the deadline travel by themselves.
    private static let requestHeaders: [HTTPField.Name] = [.authorization, .contentType, .accept, .idempotencyKey]
    private static let answerHeaders: [HTTPField.Name] = [.contentType, .location, .retryAfter, .wwwAuthenticate]

    let client: ShopClient

    /// - Parameter template: the route of the service, such as `/products/{id}`.
    func forward(_ request: Request, _ context: ShopContext, template: String) async throws -> Response {
        var call = ShopClient.Call(
            HTTPMethod(rawValue: request.method.rawValue), try Forwarding.path(request.uri.path, query: request.uri.query),
            template: template)
        let body = try await request.body.collect(upTo: context.maxUploadSize)
        if body.readableBytes > 0 { call.body = body }
        for name in Forwarding.requestHeaders {
            if let value = request.headers[name] { call.headers.add(name: name.rawName, value: value) }
        }
        // What has a key may be sent again.
        if request.headers[.idempotencyKey] != nil { call.isIdempotent = true }
        let answer = try await client.send(call)
        var headers = HTTPFields()
        for name in Forwarding.answerHeaders {
            if let value = answer.headers.first(name: name.rawName) { headers[name] = value }
        }
        return Response(status: .init(code: answer.status), headers: headers, body: ResponseBody(byteBuffer: answer.body))
    }

    /// The path without `/api`, with the query.
    static func path(_ path: String, query: String?) throws(Problem) -> String {
        let prefix = "/api"
        guard path.hasPrefix(prefix + "/") else { throw Problem(.notFound, "there is no route \(path)") }
        return path.dropFirst(prefix.count) + (query.map { "?\($0)" } ?? "")
    }
}

extension HTTPField.Name {
    static let idempotencyKey: HTTPField.Name = {
        guard let name = HTTPField.Name("Idempotency-Key") else { preconditionFailure("BUG: Idempotency-Key is no name of a header") }
        return name
    }()
}

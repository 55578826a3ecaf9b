internal import ByteCoding
internal import HTTPTypes
public import Hummingbird
internal import Ingestion
internal import NIOCore

/// What Hummingbird keeps per request; the channel is kept to see when the client goes away.
public struct SurfaceContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// One request on its way through a handler.
struct APICall: Sendable {
    let request: Request
    let context: SurfaceContext

    var method: HTTPRequest.Method { request.method }
    var headers: HTTPFields { request.headers }
    var channel: any Channel { context.channel }

    /// Who sends.
    var client: ClientIdentity {
        ClientIdentity(
            tenant: headers[.scopeOrgID], authorization: headers[.authorization], address: channel.remoteAddress?.ipAddress ?? "")
    }

    /// A part of the path, decoded.
    func pathParameter(_ name: String) -> String {
        PercentDecoding.text((context.parameters.get(name) ?? "").utf8, plusIsBlank: false)
    }

    /// The parameters of the address and, for a form that is posted or put, of the body.
    ///
    /// - Throws: ``APIFailure`` `tooLarge` for a form of more than ``formBytesMax``.
    func parameters() async throws -> FormParameters {
        var parameters = FormParameters()
        if method == .post || method == .put, let type = headers[.contentType], APICall.isForm(type) {
            let body = try await body(limit: APICall.formBytesMax)
            parameters.add(encoded: body.readableBytesView)
        }
        if let query = request.uri.query { parameters.add(encoded: query.utf8) }
        return parameters
    }

    static let formBytesMax = 10 << 20

    private static func isForm(_ contentType: String) -> Bool {
        let mediaType = contentType.prefix { $0 != ";" }.filter { $0 != " " }
        return mediaType.lowercased() == "application/x-www-form-urlencoded"
    }

    /// The body as one buffer.
    ///
    /// - Throws: ``APIFailure`` `tooLarge` as soon as the body is known to have more bytes than `limit`.
    func body(limit: Int) async throws -> ByteBuffer {
        let announced = headers[.contentLength].flatMap { Int($0) } ?? 0
        if announced > limit { throw APICall.tooLarge(limit) }
        var whole = ByteBuffer()
        for try await var piece in request.body {
            if whole.readableBytes + piece.readableBytes > limit { throw APICall.tooLarge(limit) }
            if whole.readableBytes == 0 && piece.readableBytes >= announced {
                whole = piece
            } else {
                // What a client announces is a hint and no reason to take much memory before the bytes are there.
                if whole.capacity == 0 { whole.reserveCapacity(min(announced, 4 << 20)) }
                whole.writeBuffer(&piece)
            }
        }
        return whole
    }

    private static func tooLarge(_ limit: Int) -> APIFailure { APIFailure(.tooLarge, "the body has more than \(limit) bytes") }
}

extension HTTPField.Name {
    /// The tenant, as Loki, Mimir and Tempo have it.
    static let scopeOrgID: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Scope-OrgID") else { preconditionFailure("BUG: X-Scope-OrgID is no header") }
        return name
    }()
}

internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// An answer before it goes out: what the handlers of all APIs give.
struct APIReply: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields = [:]
    /// The body in pieces, so that a large one is never moved while it grows.
    var body: [ByteBuffer] = []
    /// Pieces that are made while they are sent, instead of a body.
    var stream: TransferStream?

    /// An answer without a body.
    init(status: HTTPResponse.Status, headers: HTTPFields = [:]) {
        self.status = status
        self.headers = headers
    }

    init(status: HTTPResponse.Status = .ok, contentType: String, body: [ByteBuffer]) {
        self.status = status
        headers[.contentType] = contentType
        self.body = body
    }

    static func json(_ writer: consuming JSONWriter, status: HTTPResponse.Status = .ok) -> APIReply {
        APIReply(status: status, contentType: "application/json", body: writer.finish())
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok, contentType: String = "text/plain; charset=utf-8") -> APIReply {
        APIReply(status: status, contentType: contentType, body: [ByteBuffer(string: text)])
    }

    var bodyBytes: Int { body.reduce(0) { $0 + $1.readableBytes } }

    consuming func response() -> Response {
        if let stream {
            let body = ResponseBody { writer in
                while let piece = try await stream.next() {
                    if !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
                }
                try await writer.finish(nil)
            }
            return Response(status: status, headers: headers, body: body)
        }
        return switch body.count {
        case 0: Response(status: status, headers: headers)
        case 1: Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body[0]))
        default: Response(status: status, headers: headers, body: ResponseBody(contentsOf: body))
        }
    }
}

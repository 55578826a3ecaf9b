internal import ByteCoding

/// `google.rpc.Status`: why a request failed, as OTLP says it over HTTP, and over gRPC in the trailer `grpc-status-details-bin`.
public struct RPCStatus: Sendable, Hashable {
    /// The codes of gRPC that are used here.
    public enum Code: Int, Sendable, Hashable {
        case invalidArgument = 3
        case notFound = 5
        case resourceExhausted = 8
        case unimplemented = 12
        case unavailable = 14
    }

    public var code: Code
    public var message: String
    /// Where trying again makes sense: after how many seconds (`google.rpc.RetryInfo`).
    public var retryAfterSeconds: Int?

    public init(_ code: Code, _ message: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    private static let retryInfoType = "type.googleapis.com/google.rpc.RetryInfo"

    public func encoded(as encoding: OTLPEncoding) -> [UInt8] {
        switch encoding {
        case .protobuf: protobuf
        case .json: json
        }
    }

    private var protobuf: [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, int64: Int64(code.rawValue))
        writer.write(2, text: message)
        if let retryAfterSeconds {
            var retryInfo = ProtobufWriter()
            retryInfo.write(1) { delay in delay.write(1, int64: Int64(retryAfterSeconds)) }
            writer.write(3) { any in
                any.write(1, string: RPCStatus.retryInfoType)
                any.write(2, bytes: retryInfo.bytes)
            }
        }
        return writer.bytes
    }

    private var json: [UInt8] {
        var writer = JSONTextWriter()
        writer.beginObject()
        writer.name("code")
        writer.value(code.rawValue)
        writer.name("message")
        writer.value(message)
        if let retryAfterSeconds {
            writer.name("details")
            writer.beginArray()
            writer.beginObject()
            writer.name("@type")
            writer.value(RPCStatus.retryInfoType)
            writer.name("retryDelay")
            writer.value("\(retryAfterSeconds)s")
            writer.endObject()
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }
}

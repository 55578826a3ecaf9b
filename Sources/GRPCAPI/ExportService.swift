internal import GRPCCore
internal import Ingestion
internal import OTLPFormat

/// The one method of OTLP's services for a signal: takes a message and answers what became of it.
struct ExportService: RegistrableRPCService {
    let method: MethodDescriptor
    let messageBytesMax: Int
    /// Takes a message and gives the answer's bytes.
    let export: @Sendable (_ message: [UInt8], _ client: ClientIdentity) async throws -> [UInt8]

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(forMethod: method, deserializer: PlainBytes(), serializer: PlainBytes()) { request, context in
            var messages = request.messages.makeAsyncIterator()
            guard let message = try await messages.next() else { throw RPCError(code: .invalidArgument, message: "there is no request") }
            if message.count > messageBytesMax {
                throw RPCError(code: .resourceExhausted, message: "the message has more than \(messageBytesMax) bytes")
            }
            let answer = try await export(message, Self.client(request.metadata, context.remotePeer))
            return StreamingServerResponse(of: [UInt8].self) { writer in
                try await writer.write(answer)
                return [:]
            }
        }
    }

    /// Who sends. A peer is told as `ipv4:10.0.0.1:52100` or `ipv6:[::1]:52100`.
    static func client(_ metadata: Metadata, _ peer: String) -> ClientIdentity {
        var address = peer.split(separator: ":", maxSplits: 1).last.map(String.init) ?? peer
        if let colon = address.lastIndex(of: ":") { address = String(address[..<colon]) }
        return ClientIdentity(
            tenant: metadata[stringValues: "x-scope-orgid"].first { _ in true },
            authorization: metadata[stringValues: "authorization"].first { _ in true },
            address: address.trimmingPrefix("[").last == "]" ? String(address.dropFirst().dropLast()) : address)
    }

    /// Tells a sender to come again, and when.
    static func comeAgain(_ message: String, afterSeconds seconds: Int?) -> RPCError {
        let status = RPCStatus(.unavailable, message, retryAfterSeconds: seconds ?? 1)
        var metadata = Metadata()
        metadata.addBinary(status.encoded(as: .protobuf), forKey: "grpc-status-details-bin")
        return RPCError(code: .unavailable, message: message, metadata: metadata)
    }
}

/// Messages as the bytes that they are: what they say is read in place further on.
private struct PlainBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// Why the body of a request was not taken, and how many bytes of it had come.
struct BodyRefusal: Error {
    let reason: DeliveryRefusal
    let bytes: Int
}

/// Bodies as receivers take them.
enum ReceivedBody {
    /// Reads a body to its end.
    ///
    /// Room is taken as the body comes, so memory is bounded however many senders there are and whatever lengths they announce.
    ///
    /// - Parameter bytesMax: of the body as it is sent.
    static func read(_ call: APICall, bytesMax: Int, into room: PendingRoom) async throws(BodyRefusal) -> ByteBuffer {
        var body = ByteBuffer()
        let announced = call.headers[.contentLength].flatMap { Int($0) } ?? 0
        if announced > bytesMax { throw BodyRefusal(reason: .tooLarge(bytesMax: bytesMax), bytes: 0) }
        var pieces = call.request.body.makeAsyncIterator()
        while true {
            let next: ByteBuffer?
            do { next = try await pieces.next() } catch {
                throw BodyRefusal(reason: .malformed("the body ends early: \(error)"), bytes: body.readableBytes)
            }
            guard var piece = next else { return body }
            let bytes = body.readableBytes + piece.readableBytes
            if bytes > bytesMax { throw BodyRefusal(reason: .tooLarge(bytesMax: bytesMax), bytes: bytes) }
            guard room.grow(by: piece.readableBytes) else { throw BodyRefusal(reason: .noRoom, bytes: bytes) }
            if body.readableBytes == 0 {
                body = piece
                continue
            }
            // What a client announces is a hint and no reason to take much memory before the bytes are there.
            if body.capacity < announced { body.reserveCapacity(min(announced, 4 << 20)) }
            body.writeBuffer(&piece)
        }
    }
}

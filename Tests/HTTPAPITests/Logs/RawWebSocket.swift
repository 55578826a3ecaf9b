internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import Testing

/// The client's end of a WebSocket connection, byte by byte, so that tests may also do what a client may not.
final class RawWebSocket: Sendable {
    struct Frame: Sendable {
        var opcode: UInt8
        var payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }
        /// Of a closing frame.
        var code: Int { payload.count < 2 ? 0 : Int(payload[0]) << 8 | Int(payload[1]) }
        var reason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }
    }

    struct Failure: Error { let message: String }

    private let received: Received
    let channel: any Channel
    /// What the server answered to the handshake.
    let answer: String

    private final class Received: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let state = Mutex<(bytes: [UInt8], isClosed: Bool)>(([], false))

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            state.withLock { $0.bytes += buffer.readableBytesView }
        }
        func channelInactive(context: ChannelHandlerContext) { state.withLock { $0.isClosed = true } }
    }

    init(port: Int, target: String, headers: [String] = [], version: String = "13") async throws {
        let received = Received()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(received) }
            .connect(host: "localhost", port: port).get()
        self.received = received
        var head = "GET \(target) HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
        head += "Sec-WebSocket-Version: \(version)\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://grafana\r\n"
        for header in headers { head += header + "\r\n" }
        try await channel.writeAndFlush(ByteBuffer(string: head + "\r\n"))
        var found = ""
        try await RawWebSocket.eventually("an answer to the handshake") {
            received.state.withLock { state in
                guard let end = state.bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return false }
                found = String(decoding: state.bytes[..<end.lowerBound], as: UTF8.self)
                state.bytes.removeSubrange(..<end.upperBound)
                return true
            }
        }
        answer = found
    }

    /// The body of an answer that did not make the connection one of WebSocket, as far as it is there after a while.
    func body(containing text: String) async throws -> String {
        var found = ""
        try await RawWebSocket.eventually("a body with “\(text)”") {
            found = received.state.withLock { String(decoding: $0.bytes, as: UTF8.self) }
            return found.contains(text)
        }
        return found
    }

    /// The next frame that is no ping, answering pings that come before.
    func next(within seconds: Double = 90, answersPings: Bool = true) async throws -> Frame {
        let end = Date(timeIntervalSinceNow: seconds)
        while Date() < end {
            if let frame = takeFrame() {
                if frame.opcode != 9 { return frame }
                // The server may have closed the connection behind it.
                if answersPings { try? await send(10, frame.payload) }
                continue
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Failure(message: "no frame within \(seconds) s")
    }

    /// The next ping.
    func ping(within seconds: Double = 90) async throws -> Frame {
        let end = Date(timeIntervalSinceNow: seconds)
        while Date() < end {
            if let frame = takeFrame(), frame.opcode == 9 { return frame }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Failure(message: "no ping within \(seconds) s")
    }

    /// Frames of a server: not masked, not in parts.
    private func takeFrame() -> Frame? {
        received.state.withLock { state in
            let bytes = state.bytes
            guard bytes.count >= 2 else { return nil }
            var (length, start) = (Int(bytes[1] & 0x7f), 2)
            if length == 126 {
                guard bytes.count >= 4 else { return nil }
                (length, start) = (Int(bytes[2]) << 8 | Int(bytes[3]), 4)
            } else if length == 127 {
                guard bytes.count >= 10 else { return nil }
                (length, start) = (bytes[2..<10].reduce(0) { $0 << 8 | Int($1) }, 10)
            }
            guard bytes.count >= start + length else { return nil }
            let frame = Frame(opcode: bytes[0] & 0xf, payload: Array(bytes[start..<start + length]))
            state.bytes = Array(bytes[(start + length)...])
            return frame
        }
    }

    func send(_ opcode: UInt8, _ payload: [UInt8], isMasked: Bool = true) async throws {
        let mask: [UInt8] = [1, 2, 3, 4]
        var frame = [0x80 | opcode, UInt8(payload.count) | (isMasked ? 0x80 : 0)]
        if isMasked { frame += mask }
        frame += payload.enumerated().map { isMasked ? $1 ^ mask[$0 % 4] : $1 }
        try await channel.writeAndFlush(ByteBuffer(bytes: frame))
    }

    var isClosed: Bool { received.state.withLock { $0.isClosed } }

    static func eventually(_ what: String, within seconds: Double = 90, _ condition: () throws -> Bool) async throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while Date() < end {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("\(what) did not come within \(seconds) s")
        throw Failure(message: what)
    }
}

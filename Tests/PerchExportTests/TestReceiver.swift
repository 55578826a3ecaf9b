import Foundation
import Synchronization

/// A server for HTTP/1.1 on a free port of the loopback interface that answers as a test says. Each connection carries one request.
final class TestReceiver: Sendable {
    struct Request: Sendable {
        var path: String
        /// Names in lower case.
        var headers: [String: String]
        var body: [UInt8]
    }

    enum Answer: Sendable {
        case status(Int, headers: [String: String] = [:], body: [UInt8] = [])
        /// Bytes that need not be HTTP.
        case bytes([UInt8])
        /// Closes the connection.
        case close
        /// Answers nothing until the server goes.
        case silence
    }

    let port: Int
    private let socket: Int32
    private let requests = Mutex<[Request]>([])
    private let answers: Mutex<@Sendable (Request, _ count: Int) -> Answer>
    private let isOpen = Atomic<Bool>(true)

    init(_ answer: @escaping @Sendable (Request, Int) -> Answer = { _, _ in .status(200) }) throws {
        answers = Mutex(answer)
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw CocoaError(.fileNoSuchFile) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.accept() }
    }

    var endpoint: String { "http://127.0.0.1:\(port)" }
    var received: [Request] { requests.withLock { $0 } }

    func answer(_ answer: @escaping @Sendable (Request, Int) -> Answer) { answers.withLock { $0 = answer } }

    func stop() {
        isOpen.store(false, ordering: .relaxed)
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private func accept() {
        while isOpen.load(ordering: .relaxed) {
            let connection = Foundation.accept(socket, nil, nil)
            if connection < 0 { return }
            Thread.detachNewThread { self.serve(connection) }
        }
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        guard let request = read(connection) else { return }
        let count = requests.withLock { requests in
            requests.append(request)
            return requests.count
        }
        let answer = answers.withLock { $0 }
        switch answer(request, count) {
        case .status(let status, let headers, let body):
            var text = "HTTP/1.1 \(status) X\r\ncontent-length: \(body.count)\r\nconnection: close\r\n"
            for (name, value) in headers { text += "\(name): \(value)\r\n" }
            send(connection, Array((text + "\r\n").utf8) + body)
        case .bytes(let bytes): send(connection, bytes)
        case .close: return
        case .silence: while isOpen.load(ordering: .relaxed) { usleep(10_000) }
        }
    }

    private func send(_ connection: Int32, _ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            sent += count
        }
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        var end: Int?
        var length = 0
        while true {
            if end == nil, let range = Data(bytes).range(of: Data("\r\n\r\n".utf8)) {
                end = range.upperBound
                length = header(bytes[..<range.lowerBound])["content-length"].flatMap { Int($0) } ?? 0
            }
            if let end, bytes.count >= end + length {
                let head = bytes[..<end]
                let path = String(decoding: head, as: UTF8.self).split(separator: " ").dropFirst().first.map(String.init) ?? ""
                return Request(path: path, headers: header(head), body: Array(bytes[end..<(end + length)]))
            }
            let count = recv(connection, &piece, piece.count, 0)
            if count <= 0 { return nil }
            bytes.append(contentsOf: piece[..<count])
        }
    }

    private func header(_ head: ArraySlice<UInt8>) -> [String: String] {
        var headers: [String: String] = [:]
        for line in String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n").dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            if sides.count == 2 { headers[sides[0].lowercased()] = sides[1].trimmingCharacters(in: .whitespaces) }
        }
        return headers
    }
}

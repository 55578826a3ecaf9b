/// What an SMTP server says to a command (RFC 5321, section 4.2).
struct SMTPReply: Sendable, Hashable {
    /// Three digits, 200...599.
    var code: Int
    /// The texts of its lines, at least one.
    var lines: [String]

    /// For people, on one line.
    var text: String { ([String(code)] + lines.filter { !$0.isEmpty }).joined(separator: " ") }
}

/// Cuts what a server sends into replies. A value: it can be fed bytes in any pieces.
struct SMTPReplyParser: Sendable {
    /// Why the bytes are no replies.
    enum Fault: Error, Hashable { case malformed, tooLong }

    private static let lineBytesMax = 4096
    private static let linesMax = 256

    private var line: [UInt8] = []
    private var code: Int?
    private var lines: [String] = []

    /// Whether nothing of a reply has come yet.
    var isAtStart: Bool { line.isEmpty && code == nil }

    /// The replies that are complete with these bytes.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(Fault) -> [SMTPReply] {
        var replies: [SMTPReply] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if line.count >= SMTPReplyParser.lineBytesMax { throw .tooLong }
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if let reply = try endLine() { replies.append(reply) }
            line.removeAll(keepingCapacity: true)
        }
        return replies
    }

    private mutating func endLine() throws(Fault) -> SMTPReply? {
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .malformed }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard (200..<600).contains(number), code == nil || code == number else { throw .malformed }
        let mark = line.count > 3 ? line[3] : UInt8(ascii: " ")
        guard mark == UInt8(ascii: " ") || mark == UInt8(ascii: "-") else { throw .malformed }
        if lines.count >= SMTPReplyParser.linesMax { throw .tooLong }
        code = number
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        if mark == UInt8(ascii: "-") { return nil }
        defer { (code, lines) = (nil, []) }
        return SMTPReply(code: number, lines: lines)
    }
}

/// What a server can do, as it says after EHLO.
struct SMTPExtensions: Sendable, Hashable {
    /// Names in large letters with what stands behind them.
    private var parameters: [String: String] = [:]

    init() {}

    /// The first line of the reply is a greeting.
    init(_ reply: SMTPReply) {
        for line in reply.lines.dropFirst() {
            // `AUTH=LOGIN PLAIN` is how some servers said it before the standard.
            let parts = line.replacing("AUTH=", with: "AUTH ").split(separator: " ", maxSplits: 1)
            guard let name = parts.first else { continue }
            let key = name.uppercased()
            if parameters[key] == nil { parameters[key] = parts.count > 1 ? String(parts[1]) : "" }
        }
    }

    /// What stands behind a name; nil where the server does not have it.
    subscript(name: String) -> String? { parameters[name] }

    /// Ways of authentication, in the server's order.
    var mechanisms: [String] { parameters["AUTH"].map { $0.split(separator: " ").map { $0.uppercased() } } ?? [] }
}

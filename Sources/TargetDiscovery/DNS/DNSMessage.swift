/// The types of records that are asked for; the raw values are those of the protocol.
public enum DNSRecordType: UInt16, Sendable, Hashable, CaseIterable {
    case a = 1
    case ns = 2
    case mx = 15
    case aaaa = 28
    case srv = 33
}

/// What one record of an answer says.
enum DNSRecord: Hashable {
    case a(String)
    case aaaa(String)
    case ns(String)
    case mx(String)
    case srv(target: String, port: Int)
    /// Of a type that is not asked for, such as the alias in front of an address.
    case other(type: UInt16)
}

/// A question to a server (RFC 1035, section 4).
struct DNSQuery: Hashable {
    var id: UInt16
    /// As text; without a dot at its end it means the same.
    var name: String
    var type: DNSRecordType
    /// The size of answers over UDP that is offered (RFC 6891); nil for the 512 bytes of old.
    var answerBytesMax: UInt16?

    /// The message; nil where the name is none.
    func encoded() -> [UInt8]? {
        guard let name = DNSName.encoded(name) else { return nil }
        var bytes: [UInt8] = []
        // Recursion is desired, one question, and one additional record where a size is offered.
        for field in [id, 0x0100, 1, 0, 0, answerBytesMax == nil ? 0 : 1] { bytes += [UInt8(field >> 8), UInt8(field & 0xff)] }
        bytes += name
        bytes += [UInt8(type.rawValue >> 8), UInt8(type.rawValue & 0xff), 0, 1]
        if let size = answerBytesMax { bytes += [0, 0, 41, UInt8(size >> 8), UInt8(size & 0xff), 0, 0, 0, 0, 0, 0] }
        return bytes
    }
}

/// A server's answer.
struct DNSResponse: Hashable {
    /// What became of the question.
    enum Code: Hashable {
        case success
        /// There is no such name (`NXDOMAIN`).
        case noSuchName
        case other(UInt8)
    }

    var id: UInt16
    var code: Code
    /// Whether the answer did not fit; its records are left out then.
    var isTruncated: Bool
    var records: [DNSRecord]

    init(id: UInt16 = 0, code: Code, isTruncated: Bool = false, records: [DNSRecord] = []) {
        self.id = id
        self.code = code
        self.isTruncated = isTruncated
        self.records = records
    }

    /// Reads a message.
    ///
    /// - Returns: nil where it is not an answer.
    init?(_ message: [UInt8]) {
        var reader = Reader(message: message)
        guard let id = reader.integer(), let flags = reader.integer(), flags & 0x8000 != 0, let questions = reader.integer(),
            let answers = reader.integer(), reader.integer() != nil, reader.integer() != nil
        else { return nil }
        let code: Code =
            switch flags & 0x0f {
            case 0: .success
            case 3: .noSuchName
            default: .other(UInt8(flags & 0x0f))
            }
        self.init(id: id, code: code, isTruncated: flags & 0x0200 != 0)
        if isTruncated { return }
        for _ in 0..<questions { guard reader.name() != nil, reader.integer() != nil, reader.integer() != nil else { return nil } }
        for _ in 0..<answers {
            guard let record = reader.record() else { return nil }
            records.append(record)
        }
    }

    private struct Reader {
        let message: [UInt8]
        var position = 0

        mutating func integer() -> UInt16? {
            guard position + 2 <= message.count else { return nil }
            defer { position += 2 }
            return UInt16(message[position]) << 8 | UInt16(message[position + 1])
        }

        mutating func name() -> String? { DNSName.decode(message, at: &position) }

        mutating func record() -> DNSRecord? {
            guard name() != nil, let type = integer(), integer() != nil, integer() != nil, integer() != nil, let length = integer() else {
                return nil
            }
            let end = position + Int(length)
            guard end <= message.count else { return nil }
            let record = content(type, until: end)
            guard position <= end else { return nil }
            position = end
            return record
        }

        private mutating func content(_ type: UInt16, until end: Int) -> DNSRecord? {
            switch DNSRecordType(rawValue: type) {
            case .a: end - position == 4 ? .a(message[position..<end].map { "\($0)" }.joined(separator: ".")) : nil
            case .aaaa: end - position == 16 ? .aaaa(IPv6Text.text(message[position..<end])) : nil
            case .ns: name().map { .ns($0) }
            case .mx: integer() == nil ? nil : name().map { .mx($0) }
            case .srv:
                if integer() != nil, integer() != nil, let port = integer(), let target = name() {
                    .srv(target: target, port: Int(port))
                } else {
                    nil
                }
            case nil: .other(type: type)
            }
        }
    }
}

/// IPv6 addresses as text (RFC 5952).
enum IPv6Text {
    /// The text of 16 bytes; an IPv4 address that is mapped into IPv6 is written as what it is.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes.dropFirst(10).prefix(2).allSatisfy({ $0 == 0xff }) {
            return bytes.dropFirst(12).map { "\($0)" }.joined(separator: ".")
        }
        let groups = stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        var longest = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > max(longest.count, 1) { longest = start..<index }
            start = index + 1
        }
        func hex(_ part: ArraySlice<Int>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.isEmpty { return hex(groups[...]) }
        return hex(groups[..<longest.lowerBound]) + "::" + hex(groups[longest.upperBound...])
    }
}

internal import PerchWire

/// `traceparent` and `tracestate` (W3C Trace Context, sections 3.2 and 3.3).
enum TraceContextHeader {
    static let parent = "traceparent"
    static let state = "tracestate"
    private static let stateMembersMax = 32
    private static let stateBytesMax = 512

    /// Reads a `traceparent`; nil for what is not one. Of later versions that part is read that this one knows.
    static func parse(_ text: String) -> SpanIdentity? {
        let bytes = Array(text.utf8.prefix(512))
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash else { return nil }
        // Digits are lower case by the specification.
        guard !bytes[..<55].contains(where: { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "F") }) else { return nil }
        guard let version = HexDigits.number(bytes[0..<2]), version != 0xff,
            let traceID = TraceID(hexadecimal: bytes[3..<35]), let spanID = SpanID(hexadecimal: bytes[36..<52]),
            let flags = HexDigits.number(bytes[53..<55])
        else { return nil }
        if bytes.count > 55 {
            guard version > 0, bytes[55] == dash else { return nil }
        }
        return SpanIdentity(traceID: traceID, spanID: spanID, flags: UInt8(flags))
    }

    static func text(_ identity: SpanIdentity) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(55)
        bytes.append(contentsOf: "00-".utf8)
        identity.traceID.appendHexadecimal(to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        identity.spanID.appendHexadecimal(to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(UInt8(ascii: "0"))
        // Of the flags, those that this version of the specification knows: sampled, and random.
        bytes.append(HexDigits.digit(identity.flags & 3))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The `tracestate` to pass on: empty where it is not well formed, and without what is beyond the limits.
    static func passedOn(_ state: String) -> String {
        guard !state.isEmpty, state.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f || $0 == 0x09 }) else { return "" }
        var members: [Substring] = []
        var bytes = 0
        for part in state.split(separator: ",", omittingEmptySubsequences: true) {
            let member = trimmed(part)
            if member.isEmpty { continue }
            guard let equals = member.firstIndex(of: "="), equals != member.startIndex else { return "" }
            bytes += member.utf8.count + 1
            if members.count == stateMembersMax || bytes > stateBytesMax { break }
            members.append(member)
        }
        return members.joined(separator: ",")
    }

    static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

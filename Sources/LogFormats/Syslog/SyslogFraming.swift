/// Cuts the bytes of a connection into messages of syslog (RFC 6587): each with its length in front, or each on a line of its own.
///
/// Which of the two a connection uses is seen from its first bytes. Messages that are too long are cut, and the rest of them is passed over.
public struct SyslogFraming: Sendable {
    /// How messages are told apart.
    public enum Method: Sendable, Hashable { case octetCounting, lines }

    /// Nil until enough bytes have come to know.
    public private(set) var method: Method?
    /// Messages that were cut for their length.
    public private(set) var truncatedCount = 0
    private let messageBytesMax: Int
    private var buffer: [UInt8] = []
    /// Bytes of a message that was cut, still to be passed over; of lines all up to the next line feed.
    private var skipping = 0
    private var isSkippingLine = false
    /// Bytes of the buffer in which there is no end of a line.
    private var searched = 0

    /// - Parameter messageBytesMax: above 0.
    public init(messageBytesMax: Int = 64 << 10) {
        precondition(messageBytesMax > 0, "BUG: messages need room")
        self.messageBytesMax = messageBytesMax
    }

    /// Bytes of a message that has not ended.
    public var pendingBytes: Int { buffer.count }

    /// Takes what came and gives each message that is complete, as a range of bytes that lie in memory only for the call.
    ///
    /// - Throws: where the length in front of a message is none; nothing that follows can be told apart then.
    public mutating func feed(
        _ bytes: some Collection<UInt8>, _ body: (_ bytes: [UInt8], _ message: Range<Int>) -> Void
    ) throws(LogFormatError) {
        buffer.append(contentsOf: bytes)
        var position = 0
        defer { buffer.removeSubrange(..<position) }
        if method == nil {
            method = SyslogFraming.method(of: buffer)
            if method == nil { return }
        }
        switch method {
        case .octetCounting: try countOctets(&position, body)
        case .lines, nil: cutLines(&position, body)
        }
    }

    /// Gives what is left when the connection has ended, where that is a line.
    public mutating func finish(_ body: (_ bytes: [UInt8], _ message: Range<Int>) -> Void) {
        if method != .octetCounting, !isSkippingLine, !buffer.isEmpty { body(buffer, 0..<buffer.count) }
        buffer = []
    }

    /// A length is digits, a space and then a priority; a line may begin with digits, too, as with the year of a time.
    private static func method(of bytes: [UInt8]) -> Method? {
        let digits = bytes.prefix(11).prefix { $0 >= 0x30 && $0 <= 0x39 }.count
        if digits == 0 { return bytes.isEmpty ? nil : .lines }
        if digits > 10 || bytes[0] == 0x30 { return .lines }
        if bytes.count == digits { return nil }
        if bytes[digits] != 0x20 { return .lines }
        if bytes.count == digits + 1 { return nil }
        return bytes[digits + 1] == UInt8(ascii: "<") ? .octetCounting : .lines
    }

    private mutating func countOctets(_ position: inout Int, _ body: ([UInt8], Range<Int>) -> Void) throws(LogFormatError) {
        while true {
            if skipping > 0 {
                let passed = min(skipping, buffer.count - position)
                skipping -= passed
                position += passed
                if skipping > 0 { return }
            }
            // Some senders end counted messages with a line feed that they do not count.
            while position < buffer.count, buffer[position] == 0x0a || buffer[position] == 0x0d { position += 1 }
            let digits = buffer[position...].prefix(11).prefix { $0 >= 0x30 && $0 <= 0x39 }
            let afterDigits = position + digits.count
            guard afterDigits < buffer.count || digits.count > 10 else { return }
            guard !digits.isEmpty, digits.count <= 10, buffer[afterDigits] == 0x20 else {
                throw LogFormatError("expected the length of a message and a space", at: position)
            }
            let length = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            let start = afterDigits + 1
            let kept = min(length, messageBytesMax)
            guard buffer.count - start >= kept else { return }
            if kept > 0 { body(buffer, start..<start + kept) }
            position = start + kept
            if length > kept {
                truncatedCount += 1
                skipping = length - kept
            }
        }
    }

    private mutating func cutLines(_ position: inout Int, _ body: ([UInt8], Range<Int>) -> Void) {
        while let end = buffer[max(position, searched)...].firstIndex(where: { $0 == 0x0a || $0 == 0x00 }) {
            if isSkippingLine { isSkippingLine = false } else { give(position..<end, body) }
            position = end + 1
        }
        if isSkippingLine {
            position = buffer.count
        } else if buffer.count - position > messageBytesMax {
            give(position..<buffer.count, body)
            isSkippingLine = true
            position = buffer.count
        }
        searched = buffer.count - position
    }

    private mutating func give(_ line: Range<Int>, _ body: ([UInt8], Range<Int>) -> Void) {
        if line.count > messageBytesMax { truncatedCount += 1 }
        let kept = line.prefix(messageBytesMax)
        if kept.contains(where: { buffer[$0] != 0x0d }) { body(buffer, kept) }
    }
}

/// One message of syslog, taken apart in place: RFC 5424, RFC 3164, and what devices and daemons send in their stead.
///
/// Reading never fails. What is not understood is text: a message without a priority is of `user` and `notice` (RFC 3164, 4.3.3), and one without a
/// time has none.
public struct SyslogMessage: Sendable, Hashable {
    /// How the header is written.
    public enum Form: Sendable, Hashable {
        /// RFC 5424.
        case structured
        /// RFC 3164 or something like it.
        case traditional
        /// No header that could be read, but perhaps a priority.
        case bare
    }

    public var form = Form.bare
    /// 0...23; see ``SyslogNames/facilities``.
    public var facility: UInt8 = 1
    /// 0 (emergency) ... 7 (debug).
    public var severity: UInt8 = 5
    /// Whether the message says its facility and severity itself.
    public var hasPriority = false
    /// Nanoseconds since 1970.
    public var time: Int64?
    public var host: Range<Int>?
    public var application: Range<Int>?
    public var processID: Range<Int>?
    public var messageID: Range<Int>?
    /// The elements of structured data with their brackets.
    public var structuredData: Range<Int>?
    /// What is left of the message, without a mark of UTF-8 in front and line ends behind it.
    public var text: Range<Int>

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - bytes: a buffer with the message in it; the ranges found count from its start.
    ///   - range: where the message lies, without its framing.
    ///   - clock: for times without a year or a zone.
    /// - Precondition: the range lies within the bytes.
    public init(_ bytes: [UInt8], in range: Range<Int>, clock: SyslogClock) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "BUG: the message is outside of its bytes")
        var end = range.upperBound
        while end > range.lowerBound, [0x0a, 0x0d, 0x00].contains(bytes[end - 1]) { end -= 1 }
        var cursor = TextCursor(bytes, range.lowerBound..<end)
        text = cursor.rest
        if let priority = SyslogMessage.priority(&cursor) {
            facility = UInt8(priority / 8)
            severity = UInt8(priority % 8)
            hasPriority = true
            text = cursor.rest
        }
        if !readStructured(cursor) { readTraditional(cursor, clock) }
        if text.count >= 3, bytes[text.lowerBound] == 0xef, bytes[text.lowerBound + 1] == 0xbb, bytes[text.lowerBound + 2] == 0xbf {
            text = text.lowerBound + 3..<text.upperBound
        }
    }

    /// `<0>` ... `<191>`; the cursor stays where there is none.
    private static func priority(_ cursor: inout TextCursor) -> Int? {
        var ahead = cursor
        guard ahead.take("<"), let number = ahead.number(digitsMax: 3), ahead.take(">"), number <= 191 else { return nil }
        cursor = ahead
        return number
    }

    // MARK: - RFC 5424

    /// Reads the header behind the priority; false, and nothing is changed, where it is not of RFC 5424.
    private mutating func readStructured(_ start: TextCursor) -> Bool {
        var cursor = start
        guard hasPriority, cursor.take("1"), cursor.take(" ") else { return false }
        var moment: Int64?
        if !(cursor.take("-") && cursor.take(" ")) {
            guard let read = TimestampText.read(&cursor), let offset = read.offset, cursor.take(" ") else { return false }
            moment = read.nanoseconds(offset: offset)
        }
        guard let host = cursor.word(), let application = cursor.word(), let process = cursor.word(), let message = cursor.word() else {
            return false
        }
        guard let elements = SyslogStructuredData.read(&cursor) else { return false }
        // Some senders leave the space out when there is no text, some write two.
        guard cursor.take(" ") || cursor.isAtEnd else { return false }
        form = .structured
        time = moment
        self.host = cursor.unlessNil(host)
        self.application = cursor.unlessNil(application)
        processID = cursor.unlessNil(process)
        messageID = cursor.unlessNil(message)
        structuredData = elements.isEmpty ? nil : elements
        text = cursor.rest
        return true
    }

    // MARK: - RFC 3164 and its dialects

    private mutating func readTraditional(_ start: TextCursor, _ clock: SyslogClock) {
        var cursor = start
        guard let moment = traditionalTime(&cursor, clock) else {
            // `<13>su: text`: a tag without a time in front, as a library writes it that leaves the time to the daemon.
            if hasPriority, readTag(&cursor) { form = .traditional }
            return
        }
        form = .traditional
        time = moment
        // Cisco ends the time with a colon.
        _ = cursor.take(":")
        cursor.skipBlanks()
        text = cursor.rest
        if cursor.peek == UInt8(ascii: "%") { return readCiscoCode(cursor) }
        if readTag(&cursor) { return }
        guard let host = cursor.word(), SyslogMessage.isHost(host, cursor) else { return }
        self.host = self.host ?? cursor.unlessNil(host)
        cursor.skipBlanks()
        text = cursor.rest
        if cursor.take(":") { cursor.skipBlanks() }
        if cursor.peek == UInt8(ascii: "%") {
            text = cursor.rest
            return readCiscoCode(cursor)
        }
        _ = readTag(&cursor)
    }

    /// The time in front of a traditional message, behind a sequence number and the name of the device where these are sent.
    private mutating func traditionalTime(_ cursor: inout TextCursor, _ clock: SyslogClock) -> Int64? {
        var ahead = cursor
        var origin: Range<Int>?
        for _ in 0..<3 {
            var atTime = ahead
            // `*` says that the clock was never set, `.` that it is no longer in step.
            if !atTime.take("*") { _ = atTime.take(".") }
            if let moment = TimestampText.moment(&atTime, clock) {
                cursor = atTime
                if let origin { host = origin }
                return moment
            }
            guard let word = ahead.word(), word.count > 1, ahead.bytes[word.upperBound - 1] == UInt8(ascii: ":") else { return nil }
            let name = word.lowerBound..<word.upperBound - 1
            if !ahead.bytes[name].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
                guard origin == nil, SyslogMessage.isHost(name, ahead) else { return nil }
                origin = name
            }
            ahead.skipBlanks()
        }
        return nil
    }

    /// `TAG: text`, `TAG[PID]: text` or `TAG[PID] text`; the cursor stays, and nothing changes, where there is no tag.
    private mutating func readTag(_ cursor: inout TextCursor) -> Bool {
        var ahead = cursor
        let name = ahead.takeWhile(max: 128) { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "[") }
        guard !name.isEmpty else { return false }
        var process: Range<Int>?
        if ahead.take("[") {
            let id = ahead.takeWhile(max: 128) { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "]") }
            guard ahead.take("]") else { return false }
            process = id
        }
        let hasColon = ahead.take(":")
        guard hasColon || process != nil, ahead.isAtEnd || ahead.peek == 0x20 || ahead.peek == 0x09 else { return false }
        _ = ahead.take(" ")
        application = name
        processID = process.flatMap { $0.isEmpty ? nil : $0 }
        text = ahead.rest
        cursor = ahead
        return true
    }

    /// `%LINK-3-UPDOWN: text`: the code is the message's id, and stays part of the text.
    private mutating func readCiscoCode(_ start: TextCursor) {
        var cursor = start
        guard cursor.take("%") else { return }
        let code = cursor.takeWhile(max: 64) { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
        guard !code.isEmpty, cursor.peek == UInt8(ascii: ":") else { return }
        messageID = code
    }

    private static func isHost(_ range: Range<Int>, _ cursor: TextCursor) -> Bool {
        range.count <= 255 && !range.isEmpty
            && cursor.bytes[range].allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._:%/".utf8.contains(byte)
                }
            }
    }
}

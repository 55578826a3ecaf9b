/// Reads what receivers answer. Whatever the bytes are, nothing traps; what is no such message says nothing.
public enum OTLPResponse {
    private static let textBytesMax = 1000

    /// What a receiver left out: `partial_success` (field 1) of an export response, with the number of items (1) and a text (2).
    public static func partialSuccess(_ bytes: some Collection<UInt8>) -> (rejected: Int, message: String) {
        var found = (rejected: 0, message: "")
        var outer = ProtobufFields(Array(bytes)[...])
        while let field = outer.next() {
            guard field.number == 1, case .bytes(let message) = field.value else { continue }
            var inner = ProtobufFields(message)
            while let field = inner.next() {
                switch (field.number, field.value) {
                case (1, .varint(let count)): found.rejected = Int(clamping: Int64(bitPattern: count))
                case (2, .bytes(let text)): found.message = String(decoding: text.prefix(textBytesMax), as: UTF8.self)
                default: break
                }
            }
        }
        return found
    }

    /// The same of an answer in JSON: `{"partialSuccess":{"rejectedSpans":"2","errorMessage":"…"}}`.
    public static func partialSuccess(json bytes: some Collection<UInt8>) -> (rejected: Int, message: String) {
        var found = (rejected: 0, message: "")
        var members = JSONMembers(Array(bytes)[...])
        while let member = members.next() {
            if member.name.hasPrefix("rejected") { found.rejected = Int(member.value) ?? 0 }
            if member.name == "errorMessage" { found.message = String(decoding: member.value.utf8.prefix(textBytesMax), as: UTF8.self) }
        }
        return found
    }

    /// The wait that a `google.rpc.Status` asks for in a `google.rpc.RetryInfo` among its details.
    public static func retryDelay(_ status: some Collection<UInt8>) -> Duration? {
        var outer = ProtobufFields(Array(status)[...])
        while let detail = outer.next() {
            guard detail.number == 3, case .bytes(let any) = detail.value else { continue }
            var entry = ProtobufFields(any)
            var isRetryInfo = false
            while let field = entry.next() {
                guard case .bytes(let content) = field.value else { continue }
                if field.number == 1 { isRetryInfo = String(decoding: content, as: UTF8.self).hasSuffix("google.rpc.RetryInfo") }
                if field.number == 2, isRetryInfo {
                    var delay = ProtobufFields(content)
                    if let field = delay.next(), field.number == 1, case .bytes(let bytes) = field.value { return duration(bytes) }
                }
            }
        }
        return nil
    }

    /// A `google.protobuf.Duration` that is not negative.
    private static func duration(_ bytes: ArraySlice<UInt8>) -> Duration? {
        var (seconds, nanoseconds): (Int64, Int64) = (0, 0)
        var fields = ProtobufFields(bytes)
        while let field = fields.next() {
            guard case .varint(let number) = field.value else { continue }
            if field.number == 1 { seconds = Int64(bitPattern: number) }
            if field.number == 2 { nanoseconds = Int64(bitPattern: number) }
        }
        guard seconds >= 0, seconds < 1_000_000_000, nanoseconds >= 0, nanoseconds < 1_000_000_000 else { return nil }
        return .seconds(seconds) + .nanoseconds(nanoseconds)
    }
}

/// The members of a JSON text whose values are strings or numbers, at whatever depth: enough to read a short answer.
private struct JSONMembers {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> (name: String, value: String)? {
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\"") else { continue }
            let name = string()
            skipBlanks()
            guard rest.first == UInt8(ascii: ":") else { continue }
            rest.removeFirst()
            skipBlanks()
            if rest.first == UInt8(ascii: "\"") {
                rest.removeFirst()
                return (name, string())
            }
            let number = rest.prefix { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if !number.isEmpty {
                rest = rest.dropFirst(number.count)
                return (name, String(decoding: number, as: UTF8.self))
            }
        }
        return nil
    }

    private mutating func skipBlanks() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d } }

    /// What stands up to the closing quote. Escapes but those of quote, backslash and line feed stay as they are, which is good enough for a log.
    private mutating func string() -> String {
        var text: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), let next = rest.first,
                [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "n")].contains(next)
            {
                rest.removeFirst()
                text.append(next == UInt8(ascii: "n") ? 0x0a : next)
            } else {
                text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

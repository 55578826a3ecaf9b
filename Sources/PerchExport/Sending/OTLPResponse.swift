/// Reads what receivers answer. Whatever the bytes are, nothing traps; what is no such message says nothing.
public enum OTLPResponse {
    /// What a receiver left out: `partial_success` (field 1) of an export response, with the number of items (1) and a text (2).
    public static func partialSuccess(_ bytes: some Collection<UInt8>) -> (rejected: Int, message: String) {
        var found = (rejected: 0, message: "")
        var outer = Fields(bytes: Array(bytes))
        while let field = outer.next() {
            guard field.number == 1, let message = field.bytes else { continue }
            var inner = Fields(bytes: message)
            while let field = inner.next() {
                if field.number == 1, field.bytes == nil { found.rejected = Int(clamping: field.value) }
                if field.number == 2, let text = field.bytes { found.message = String(decoding: text.prefix(1000), as: UTF8.self) }
            }
        }
        return found
    }

    /// The wait that a `google.rpc.Status` asks for in a `google.rpc.RetryInfo` among its details.
    public static func retryDelay(_ status: some Collection<UInt8>) -> Duration? {
        var outer = Fields(bytes: Array(status))
        while let detail = outer.next() {
            guard detail.number == 3, let any = detail.bytes else { continue }
            var entry = Fields(bytes: any)
            var isRetryInfo = false
            while let field = entry.next() {
                if field.number == 1, let type = field.bytes {
                    isRetryInfo = String(decoding: type, as: UTF8.self).hasSuffix("google.rpc.RetryInfo")
                }
                if field.number == 2, isRetryInfo, let info = field.bytes {
                    var delay = Fields(bytes: info)
                    if let field = delay.next(), field.number == 1, let duration = field.bytes { return Fields.duration(duration) }
                }
            }
        }
        return nil
    }

    private struct Fields {
        /// A `google.protobuf.Duration` that is not negative.
        static func duration(_ bytes: [UInt8]) -> Duration? {
            var (seconds, nanoseconds): (Int64, Int64) = (0, 0)
            var fields = Fields(bytes: bytes)
            while let field = fields.next() {
                if field.number == 1 { seconds = Int64(bitPattern: field.value) }
                if field.number == 2 { nanoseconds = Int64(bitPattern: field.value) }
            }
            guard seconds >= 0, seconds < 1_000_000_000, nanoseconds >= 0, nanoseconds < 1_000_000_000 else { return nil }
            return .seconds(seconds) + .nanoseconds(nanoseconds)
        }

        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func next() -> (number: UInt64, value: UInt64, bytes: [UInt8]?)? {
            guard let tag = varint() else { return nil }
            switch tag & 7 {
            case 0: return varint().map { (tag >> 3, $0, nil) }
            case 1: return skip(8, tag)
            case 2:
                guard let length = varint(), length <= UInt64(bytes.count - position) else { return nil }
                let content = Array(bytes[position..<position + Int(length)])
                position += Int(length)
                return (tag >> 3, 0, content)
            case 5: return skip(4, tag)
            default: return nil
            }
        }

        private mutating func skip(_ count: Int, _ tag: UInt64) -> (UInt64, UInt64, [UInt8]?)? {
            guard bytes.count - position >= count else { return nil }
            position += count
            return (tag >> 3, 0, [])
        }

        private mutating func varint() -> UInt64? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while position < bytes.count, shift < 64 {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
    }
}

/// Nanoseconds since 1970-01-01T00:00:00Z; the unit of every time in traces and logs.
public typealias UnixNanoseconds = UInt64

/// The 16 bytes that name a trace (W3C Trace Context, section 3.2.2.3). All zero is invalid and never stored.
public struct TraceID: Sendable, Hashable, Comparable {
    /// The first eight bytes, big-endian.
    public var high: UInt64
    /// The last eight bytes, big-endian.
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    @inlinable public var isValid: Bool { high != 0 || low != 0 }

    /// The order of the bytes.
    @inlinable
    public static func < (a: TraceID, b: TraceID) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }
}

/// The 8 bytes that name a span within its trace, big-endian. Zero is invalid; as a parent it says that there is none.
public struct SpanID: Sendable, Hashable {
    public var bits: UInt64

    @inlinable public init(_ bits: UInt64) { self.bits = bits }

    @inlinable public static var none: SpanID { SpanID(0) }
    @inlinable public var isValid: Bool { bits != 0 }
}

extension TraceID {
    /// Reads hexadecimal digits of either case; fewer than 32 are padded with zeros on the left. Nil for other text.
    public init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8
        guard !digits.isEmpty, digits.count <= 32 else { return nil }
        let split = max(0, digits.count - 16)
        guard let high = UInt64(hexadecimal: digits.prefix(split)), let low = UInt64(hexadecimal: digits.dropFirst(split)) else {
            return nil
        }
        self.init(high: high, low: low)
    }

    /// 32 lower-case hexadecimal digits.
    public var hexadecimal: String { high.hexadecimal + low.hexadecimal }
}

extension SpanID {
    /// Reads hexadecimal digits of either case; fewer than 16 are padded with zeros on the left. Nil for other text.
    public init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8
        guard !digits.isEmpty, digits.count <= 16, let bits = UInt64(hexadecimal: digits) else { return nil }
        self.init(bits)
    }

    /// 16 lower-case hexadecimal digits.
    public var hexadecimal: String { bits.hexadecimal }
}

extension UInt64 {
    /// The number of at most 16 hexadecimal digits; 0 for none.
    fileprivate init?(hexadecimal digits: some Collection<UInt8>) {
        var bits: UInt64 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: bits = bits << 4 | UInt64(digit - 0x30)
            case 0x41...0x46: bits = bits << 4 | UInt64(digit - 0x41 + 10)
            case 0x61...0x66: bits = bits << 4 | UInt64(digit - 0x61 + 10)
            default: return nil
            }
        }
        self = bits
    }

    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

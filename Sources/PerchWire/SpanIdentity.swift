/// The 16 bytes that name a trace (W3C Trace Context, section 3.2.2.3). All zeros names none.
public struct TraceID: Sendable, Hashable {
    /// The first 8 bytes, as a big-endian number.
    public let high: UInt64
    /// The last 8 bytes, as a big-endian number.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits; nil for anything else, and for all zeros.
    public init?(hexadecimal digits: some Collection<UInt8>) {
        guard digits.count == 32, let high = HexDigits.number(digits.prefix(16)), let low = HexDigits.number(digits.dropFirst(16)),
            high | low != 0
        else { return nil }
        self.init(high: high, low: low)
    }
}

extension TraceID: CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    public var description: String {
        var digits: [UInt8] = []
        appendHexadecimal(to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    /// Appends 32 lower-case hexadecimal digits.
    package func appendHexadecimal(to bytes: inout [UInt8]) {
        HexDigits.append(high, to: &bytes)
        HexDigits.append(low, to: &bytes)
    }
}

/// The 8 bytes that name a span within its trace (W3C Trace Context, section 3.2.2.4). Zero names none.
public struct SpanID: Sendable, Hashable {
    /// The bytes, as a big-endian number.
    public let value: UInt64

    public init(_ value: UInt64) { self.value = value }

    /// Reads 16 hexadecimal digits; nil for anything else, and for all zeros.
    public init?(hexadecimal digits: some Collection<UInt8>) {
        guard digits.count == 16, let value = HexDigits.number(digits), value != 0 else { return nil }
        self.init(value)
    }
}

extension SpanID: CustomStringConvertible {
    /// 16 lower-case hexadecimal digits.
    public var description: String {
        var digits: [UInt8] = []
        appendHexadecimal(to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    /// Appends 16 lower-case hexadecimal digits.
    package func appendHexadecimal(to bytes: inout [UInt8]) { HexDigits.append(value, to: &bytes) }
}

/// Which span this is: what an exemplar, a log line and a request to another service say of it.
public struct SpanIdentity: Sendable, Hashable {
    public let traceID: TraceID
    public let spanID: SpanID
    /// The trace flags (W3C Trace Context, section 3.2.2.5); bit 0 says that the trace is sampled.
    public let flags: UInt8

    public init(traceID: TraceID, spanID: SpanID, flags: UInt8) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
    }

    /// Whether somebody keeps this trace.
    public var isSampled: Bool { flags & 1 == 1 }
}

/// Hexadecimal digits and the numbers they stand for.
package enum HexDigits {
    /// The number that at most 16 digits of either case stand for; nil for other text and for none.
    package static func number(_ digits: some Collection<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= 16 else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            number = number << 4 | UInt64(value)
        }
        return number
    }

    /// What a digit stands for; nil for other bytes.
    package static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Appends 16 lower-case digits.
    package static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) { bytes.append(digit(UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15)) }
    }

    /// The lower-case digit of a number below 16.
    @inline(__always)
    package static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + UInt8(ascii: "0") : value - 10 + UInt8(ascii: "a") }
}

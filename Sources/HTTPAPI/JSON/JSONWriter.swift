internal import NIOCore
internal import TelemetryModel

/// Writes JSON straight into bytes: no tree of values is built. Commas are put by the writer; begin and end have to match.
struct JSONWriter: ~Copyable {
    private var bytes: [UInt8] = []
    private var pieces: [ByteBuffer] = []
    /// Whether a comma stands between what was written last and a further element.
    private var needsComma = false
    /// Enough for most answers, so that they are one piece; larger ones are handed over piece by piece.
    private static let pieceBytes = 256 << 10

    init() { bytes.reserveCapacity(1024) }

    /// The finished text, in pieces.
    consuming func finish() -> [ByteBuffer] {
        if !bytes.isEmpty || pieces.isEmpty { pieces.append(ByteBuffer(bytes: bytes)) }
        return pieces
    }

    mutating func beginObject() { open(UInt8(ascii: "{")) }
    mutating func endObject() { close(UInt8(ascii: "}")) }
    mutating func beginArray() { open(UInt8(ascii: "[")) }
    mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The name of the member whose value is written next.
    mutating func name(_ name: String) {
        separate()
        quote(name.utf8)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func member(_ name: String, _ value: String) {
        self.name(name)
        self.value(value)
    }

    mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        self.value(value)
    }

    mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        self.value(value)
    }

    mutating func value(_ text: String) {
        separate()
        quote(text.utf8)
        needsComma = true
    }

    /// A text as its bytes. What is no UTF-8 becomes replacement characters.
    mutating func value(utf8 text: ArraySlice<UInt8>) {
        separate()
        quote(text)
        needsComma = true
    }

    mutating func value(_ number: Int) {
        separate()
        appendInteger(number)
        needsComma = true
    }

    mutating func value(_ number: UInt64) {
        separate()
        bytes.append(contentsOf: String(number).utf8)
        needsComma = true
    }

    /// An integer in quotes, as the JSON of protobuf has those of 64 bits.
    mutating func quotedInteger(_ number: some FixedWidthInteger) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: String(number).utf8)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Numbers of 16 hexadecimal digits each, in one pair of quotes.
    mutating func hexadecimal(_ numbers: UInt64...) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for number in numbers {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: number >> shift & 0xf)
                bytes.append(digit < 10 ? digit + 0x30 : digit - 10 + 0x61)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    mutating func value(_ truth: Bool) { literal(truth ? "true" : "false") }

    mutating func null() { literal("null") }

    /// A number as JSON has it; NaN and the infinities, which it has not, as null.
    mutating func value(_ number: Double) {
        guard number.isFinite else { return null() }
        separate()
        appendFloat(number)
        needsComma = true
    }

    /// A float in quotes, as Prometheus writes sample values.
    mutating func quotedFloat(_ number: Double) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        appendFloat(number)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A time as seconds: milliseconds only where there are some, and then three digits.
    mutating func timestamp(_ time: Timestamp) {
        separate()
        appendTimestamp(time)
        needsComma = true
    }

    /// A label set as an object.
    mutating func labels(_ labels: LabelSet) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        var ranges = labels.labelRanges
        var isFirst = true
        // As bytes and not as slices of the array, each of which would be counted as a holder of it.
        labels.packed.withUnsafeBufferPointer { packed in
            while let label = ranges.next() {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                quote(UnsafeBufferPointer(rebasing: packed[label.name]))
                bytes.append(UInt8(ascii: ":"))
                quote(UnsafeBufferPointer(rebasing: packed[label.value]))
            }
        }
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// `[time, "value"]`, the form of every float sample.
    mutating func sample(_ time: Timestamp, _ number: Double) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "["))
        appendTimestamp(time)
        bytes.append(UInt8(ascii: ","))
        bytes.append(UInt8(ascii: "\""))
        appendFloat(number)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
        handOver()
    }

    // MARK: Bytes

    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
        handOver()
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func literal(_ text: StaticString) {
        separate()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        needsComma = true
    }

    private mutating func handOver() {
        guard bytes.count >= JSONWriter.pieceBytes else { return }
        pieces.append(ByteBuffer(bytes: bytes))
        bytes.removeAll(keepingCapacity: true)
    }

    /// A string in quotes. Bytes that are no UTF-8 become replacement characters, since JSON has no place for them.
    private mutating func quote(_ text: some Collection<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        let isPlain = text.withContiguousStorageIfAvailable(JSONWriter.arePlain) ?? text.allSatisfy(JSONWriter.isPlain)
        if isPlain { bytes.append(contentsOf: text) } else { escape(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether a byte stands for itself in a string.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The same for many bytes. Nearly all are, so that it looks at all of them without branches.
    private static func arePlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var others: UInt8 = 0
        for byte in bytes { others |= isPlain(byte) ? 0 : 1 }
        return others == 0
    }

    private mutating func escape(_ text: some Collection<UInt8>) {
        if text.allSatisfy({ $0 < 0x80 }) {
            for byte in text { escape(byte) }
        } else {
            for byte in String(decoding: text, as: UTF8.self).utf8 { escape(byte) }
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
        case 0x0a: bytes.append(contentsOf: "\\n".utf8)
        case 0x0d: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0..<0x20, 0x7f:
            bytes.append(contentsOf: "\\u00".utf8)
            for digit in [byte >> 4, byte & 0xf] { bytes.append(digit < 10 ? digit + 0x30 : digit - 10 + 0x61) }
        default: bytes.append(byte)
        }
    }

    private mutating func appendInteger(_ number: Int) { bytes.append(contentsOf: String(number).utf8) }

    private mutating func appendTimestamp(_ time: Timestamp) {
        let magnitude = time.magnitude
        if time < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes.append(contentsOf: String(magnitude / 1000).utf8)
        let zero = UInt8(ascii: "0")
        let rest = UInt16(magnitude % 1000)
        if rest == 0 { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(zero + UInt8(rest / 100))
        bytes.append(zero + UInt8(rest / 10 % 10))
        bytes.append(zero + UInt8(rest % 10))
    }

    /// The shortest digits that read back as the number: without exponent from 10^-6 up to 10^21, with one beyond.
    private mutating func appendFloat(_ number: Double) {
        if number == number.rounded(.towardZero) && abs(number) < 1e15 {
            if number == 0 && number.sign == .minus { bytes.append(UInt8(ascii: "-")) }
            bytes.append(contentsOf: String(Int64(number)).utf8)
            return
        }
        let magnitude = abs(number)
        if magnitude >= 1e-4 && magnitude < 1e15 {
            // Here the standard library writes the same digits without exponent, and there is a fraction.
            bytes.append(contentsOf: number.description.utf8)
        } else if magnitude >= 1e-6 && magnitude < 1e21 || !number.isFinite {
            bytes.append(contentsOf: FloatText.fixed(number).utf8)
        } else {
            bytes.append(contentsOf: FloatText.general(number).utf8)
        }
    }
}

internal import ByteCoding

/// Whole numbers as a column: what is left after a prediction, zig-zagged and cut into an upper part, which goes to a lane, and lower bits.
///
/// Arithmetic wraps, so every `Int64` sequence is encoded exactly. The number of values is known to the caller.
///
///     layout      u8       prediction (bits 0 and 1), 0x04 divisor follows, 0x08 zeros have no lower bits, 0x10 escapes follow,
///                          packing (bits 5 and 6)
///     first       zig-zag varint: the first value
///     divisor     varint, at least 2: all distances from the first value are multiples of it; what follows counts in them
///     bias        zig-zag varint: added to each residual; with `line`, the first step instead
///     reference   with `reference`: distance (varint), multiplier (zig-zag varint), shift (u8, as a signed number)
///     lower bits  u8, 0 to 56, plus 0x40 for the second lane of whole bytes; absent where the packing is `zero`
///     raw length  varint, only where zeros have no lower bits
///     escapes     length in bytes (varint), then for each upper part that is the greatest a lane can say: how much it is more (varint)
struct IntegerColumn {
    /// How a value is guessed from those before it.
    enum Prediction: UInt8 {
        /// Not at all: the residual is the distance from the first value.
        case none = 0
        /// As the value before.
        case previous = 1
        /// As far from the value before as that is from the one before it.
        case line = 2
        /// As far from the value before as the values of another column are apart there, times a factor.
        case reference = 3
    }

    /// How upper parts lie in the lane.
    enum Packing: UInt8 {
        /// All residuals are zero and there is nothing in the lane.
        case zero = 0
        /// Four to a byte, the first in the low bits.
        case quads = 1
        /// Two to a byte, the first in the low bits.
        case pairs = 2
        /// One to a byte.
        case singles = 3

        /// The greatest upper part, which stands for itself and everything above.
        var escape: UInt64 {
            switch self {
            case .zero: 0
            case .quads: 3
            case .pairs: 15
            case .singles: 255
            }
        }

        func laneBytes(_ residuals: Int) -> Int {
            switch self {
            case .zero: 0
            case .quads: (residuals + 3) / 4
            case .pairs: (residuals + 1) / 2
            case .singles: residuals
            }
        }
    }

    /// Another column, and how its steps foretell those of this one: `(step · multiplier) >> shift`.
    struct Reference: Equatable {
        /// How many columns back it stands, at least 1.
        var distance: Int
        var multiplier: Int64
        /// -20 to 40; below 0 it is a shift to the left.
        var shift: Int

        @inline(__always)
        func predict(_ step: Int64) -> Int64 {
            let product = step &* multiplier
            return shift >= 0 ? product &>> Int64(shift) : product &<< Int64(-shift)
        }
    }

    static let shiftRange = -20...40
    static let lowBitsMax = 56

    var prediction = Prediction.previous
    var packing = Packing.zero
    var first: Int64 = 0
    var divisor: Int64 = 1
    var bias: Int64 = 0
    var reference: Reference?
    var lowBits = 0
    var secondByteLane = false
    var zerosHaveNoLowBits = false
    /// Where the escapes lie in the bytes of the head.
    var escapes = 0..<0
    /// Bytes of lower bits.
    var rawBytes = 0

    /// The lane that the upper parts are in.
    var lane: Int { packing == .singles ? (secondByteLane ? 3 : 2) : packing == .pairs ? 1 : 0 }

    func laneBytes(count: Int) -> Int { packing.laneBytes(count - 1) }

    private enum Flag {
        static let divisor: UInt8 = 0x04
        static let zerosHaveNoLowBits: UInt8 = 0x08
        static let escapes: UInt8 = 0x10
        static let secondByteLane: UInt8 = 0x40
    }

    /// Appends the head; `escapeBytes` are the encoded escapes.
    func appendHead(escapeBytes: [UInt8], to head: inout [UInt8]) {
        var layout = prediction.rawValue | packing.rawValue << 5
        if divisor > 1 { layout |= Flag.divisor }
        if zerosHaveNoLowBits { layout |= Flag.zerosHaveNoLowBits }
        if !escapeBytes.isEmpty { layout |= Flag.escapes }
        head.append(layout)
        head.appendZigZag(first)
        if divisor > 1 { head.appendVarint(UInt64(divisor)) }
        head.appendZigZag(bias)
        if let reference {
            head.appendVarint(count: reference.distance)
            head.appendZigZag(reference.multiplier)
            head.append(UInt8(bitPattern: Int8(reference.shift)))
        }
        if packing != .zero { head.append(UInt8(lowBits) | (secondByteLane ? Flag.secondByteLane : 0)) }
        if zerosHaveNoLowBits { head.appendVarint(count: rawBytes) }
        if !escapeBytes.isEmpty { head.appendLengthPrefixed(escapeBytes) }
    }

    init() {}

    /// Reads the head of a column of `count` values, at least 1.
    init(head reader: inout ByteReader, count: Int) throws(ByteCodingError) {
        let start = reader.position
        let layout = try reader.readUInt8()
        guard layout < 0x80, let prediction = Prediction(rawValue: layout & 3), let packing = Packing(rawValue: layout >> 5) else {
            throw ByteCodingError(.invalidValue, at: start)
        }
        self.prediction = prediction
        self.packing = packing
        first = try reader.readZigZag()
        if layout & Flag.divisor != 0 {
            let stored = try reader.readVarint()
            guard stored >= 2, stored <= UInt64(Int64.max) else { throw ByteCodingError(.invalidValue, at: start) }
            divisor = Int64(stored)
        }
        bias = try reader.readZigZag()
        if prediction == .reference { reference = try IntegerColumn.readReference(&reader) }
        if packing != .zero {
            let stored = try reader.readUInt8()
            lowBits = Int(stored & ~Flag.secondByteLane)
            secondByteLane = stored & Flag.secondByteLane != 0
            guard lowBits <= IntegerColumn.lowBitsMax else { throw ByteCodingError(.invalidValue, at: start) }
        }
        if layout & Flag.zerosHaveNoLowBits != 0 {
            zerosHaveNoLowBits = true
            rawBytes = try reader.readCount(limit: (count * lowBits + 7) / 8)
        } else {
            rawBytes = ((count - 1) * lowBits + 7) / 8
        }
        if layout & Flag.escapes != 0 { escapes = try reader.readLengthPrefixed() }
    }

    private static func readReference(_ reader: inout ByteReader) throws(ByteCodingError) -> Reference {
        let start = reader.position
        let distance = try reader.readCount(limit: Int(Int32.max))
        let multiplier = try reader.readZigZag()
        let shift = Int(Int8(bitPattern: try reader.readUInt8()))
        guard distance > 0, shiftRange.contains(shift) else { throw ByteCodingError(.invalidValue, at: start) }
        return Reference(distance: distance, multiplier: multiplier, shift: shift)
    }
}

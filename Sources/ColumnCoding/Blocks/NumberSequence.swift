public import ByteCoding

/// Whole numbers of 64 bits, encoded in the smallest of a few ways. Arithmetic wraps, so that every sequence comes back as it was.
///
///     form u8: 0 constant · 1 bytes · 2 table · 3 magnitudes · 4 raw · 5 two bytes · 6 all are zero; plus 0x10: steps from number to number
///     constant    the number (varint)
///     bytes       base (varint); for each number its distance from the base, u8
///     table       numbers in the table (varint), these (varints); for each number its place in the table, u8
///     magnitudes  base (varint); for each number how many bits its distance from the base has, u8; without the topmost, which is always 1,
///                 those bits are hard bytes, the lowest first
///     raw         the numbers themselves, hard bytes, u64
///     two bytes   base (varint); for all numbers the lower byte of the distance from it, then for all the upper one
///
/// The number of numbers is known to the reader.
public enum NumberSequence {
    enum Form: UInt8 { case constant = 0, bytes, table, magnitudes, raw, twoBytes, zeros }

    static let stepsFlag: UInt8 = 0x10
    private static let tableMax = 256

    /// What the numbers are, which decides how they are looked at.
    public enum Nature: Sendable {
        /// Numbers of things, of which each comes often.
        case codes
        /// Amounts without a sign.
        case amounts
        /// Amounts that may be below zero (their bits).
        case signedAmounts
        /// Patterns of bits, such as of floating-point numbers.
        case patterns
    }

    public static func encode(_ values: [UInt64], _ nature: Nature, into part: inout PartWriter) {
        guard let first = values.first else { return }
        let (low, high) = bounds(values, isSigned: nature == .signedAmounts)
        if low == high {
            if first == 0 {
                part.soft.append(Form.zeros.rawValue)
            } else {
                part.soft.append(Form.constant.rawValue)
                part.soft.appendVarint(first)
            }
            return
        }
        if high &- low < 256 { return encodeBytes(values, low, flag: 0, into: &part) }
        if values.count >= 16, let table = table(values) { return encode(values, table, into: &part) }
        switch nature {
        case .patterns: return encodeRaw(values, into: &part)
        case .codes where high &- low < 65_536: return encodeTwoBytes(values, low, into: &part)
        case .codes, .amounts: return encodeMagnitudes(values, low, flag: 0, into: &part)
        case .signedAmounts: break
        }
        // Steps pay where numbers rise or fall slowly.
        var steps: [UInt64] = []
        steps.reserveCapacity(values.count)
        var before: UInt64 = 0
        for value in values {
            steps.append(zigzag(Int64(bitPattern: value &- before)))
            before = value
        }
        let stepBits = steps.dropFirst().reduce(0) { $0 + 64 - $1.leadingZeroBitCount }
        let plainBits = values.dropFirst().reduce(0) { $0 + 64 - ($1 &- low).leadingZeroBitCount }
        if stepBits * 8 < plainBits * 7 {
            let (stepLow, stepHigh) = bounds(steps, isSigned: false)
            if stepHigh &- stepLow < 256 {
                encodeBytes(steps, stepLow, flag: stepsFlag, into: &part)
            } else {
                encodeMagnitudes(steps, 0, flag: stepsFlag, into: &part)
            }
        } else {
            encodeMagnitudes(values, low, flag: 0, into: &part)
        }
    }

    private static func bounds(_ values: [UInt64], isSigned: Bool) -> (low: UInt64, high: UInt64) {
        // Flipping the sign bit makes the order of signed numbers that of unsigned ones.
        let flip: UInt64 = isSigned ? 1 << 63 : 0
        var low = UInt64.max
        var high: UInt64 = 0
        for value in values {
            let flipped = value ^ flip
            if flipped < low { low = flipped }
            if flipped > high { high = flipped }
        }
        return (low ^ flip, high ^ flip)
    }

    /// The distinct numbers in the order they come; nil where there are many.
    private static func table(_ values: [UInt64]) -> [UInt64: UInt8]? {
        // Most sequences with many different numbers show that early.
        let limit = min(tableMax, values.count / 8)
        var table: [UInt64: UInt8] = [:]
        var latest: UInt64?
        for value in values where value != latest {
            latest = value
            if table[value] != nil { continue }
            guard table.count < limit else { return nil }
            table[value] = UInt8(table.count)
        }
        return table
    }

    private static func encode(_ values: [UInt64], _ table: [UInt64: UInt8], into part: inout PartWriter) {
        part.soft.append(Form.table.rawValue)
        part.soft.appendVarint(count: table.count)
        for (value, _) in table.sorted(by: { $0.value < $1.value }) { part.soft.appendVarint(value) }
        part.beginSection()
        part.soft.reserveCapacity(part.soft.count + values.count)
        var latest: (UInt64, UInt8)?
        for value in values {
            if latest?.0 != value { latest = (value, table[value] ?? 0) }
            part.soft.append(latest?.1 ?? 0)
        }
        part.beginSection()
    }

    private static func encodeBytes(_ values: [UInt64], _ low: UInt64, flag: UInt8, into part: inout PartWriter) {
        part.soft.append(Form.bytes.rawValue | flag)
        part.soft.appendVarint(low)
        part.beginSection()
        part.soft.append(contentsOf: values.lazy.map { UInt8(truncatingIfNeeded: $0 &- low) })
        part.beginSection()
    }

    private static func encodeTwoBytes(_ values: [UInt64], _ low: UInt64, into part: inout PartWriter) {
        part.soft.append(Form.twoBytes.rawValue)
        part.soft.appendVarint(low)
        part.beginSection()
        part.soft.append(contentsOf: values.lazy.map { UInt8(truncatingIfNeeded: $0 &- low) })
        part.beginSection()
        part.soft.append(contentsOf: values.lazy.map { UInt8(truncatingIfNeeded: ($0 &- low) >> 8) })
        part.beginSection()
    }

    private static func encodeRaw(_ values: [UInt64], into part: inout PartWriter) {
        part.soft.append(Form.raw.rawValue)
        part.hard.reserveCapacity(part.hard.count + values.count * 8)
        for value in values { part.hard.appendLittleEndian(value) }
    }

    private static func encodeMagnitudes(_ values: [UInt64], _ low: UInt64, flag: UInt8, into part: inout PartWriter) {
        part.soft.append(Form.magnitudes.rawValue | flag)
        part.soft.appendVarint(low)
        part.beginSection()
        part.soft.append(contentsOf: values.lazy.map { UInt8(64 &- ($0 &- low).leadingZeroBitCount) })
        part.beginSection()
        var bits = LowBitWriter()
        part.hard.reserveCapacity(part.hard.count + values.count * 3)
        for value in values {
            let distance = value &- low
            let width = 64 &- distance.leadingZeroBitCount
            if width > 1 { bits.write(distance & ~(1 &<< UInt64(width &- 1)), count: width &- 1, into: &part.hard) }
        }
        bits.finish(into: &part.hard)
    }
}

/// Writes bit fields, the lowest bit first.
public struct LowBitWriter: Sendable {
    @usableFromInline var pending: UInt64 = 0
    @usableFromInline var pendingCount = 0

    public init() {}

    /// - Precondition: `count` is 1 to 63, and no higher bit is set.
    @inlinable @inline(__always)
    public mutating func write(_ value: UInt64, count: Int, into bytes: inout [UInt8]) {
        pending |= value &<< UInt64(pendingCount)
        let filled = pendingCount &+ count
        if filled >= 64 {
            bytes.appendLittleEndian(pending)
            let taken = 64 &- pendingCount
            pending = taken < 64 ? value &>> UInt64(taken) : 0
            pendingCount = filled &- 64
        } else {
            pendingCount = filled
        }
    }

    public mutating func finish(into bytes: inout [UInt8]) {
        var rest = pendingCount
        while rest > 0 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            rest -= 8
        }
        self = LowBitWriter()
    }
}

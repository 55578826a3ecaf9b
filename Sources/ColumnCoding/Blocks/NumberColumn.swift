public import ByteCoding

/// An encoded sequence of numbers, of which any part can be read.
public struct NumberColumn: Sendable {
    public let count: Int
    private let form: NumberSequence.Form
    private let hasSteps: Bool
    private let base: UInt64
    private let table: [UInt64]
    /// Where its bytes lie in the soft bytes.
    private let lane: Range<Int>
    private let hard: Range<Int>
    private let part: DecodedPart

    /// Reads the head of a sequence and steps over it.
    public init(_ reader: inout PartReader, count: Int) throws(ByteCodingError) {
        self.count = count
        part = reader.part
        guard count > 0 else {
            (form, hasSteps, base, table, lane, hard) = (.zeros, false, 0, [], 0..<0, 0..<0)
            return
        }
        let start = reader.soft.position
        let byte = try reader.soft.readUInt8()
        guard let form = NumberSequence.Form(rawValue: byte & ~NumberSequence.stepsFlag) else {
            throw ByteCodingError(.invalidValue, at: start)
        }
        self.form = form
        hasSteps = byte & NumberSequence.stepsFlag != 0
        var table: [UInt64] = []
        var base: UInt64 = 0
        var lane = 0..<0
        var hard = 0..<0
        switch form {
        case .zeros: break
        case .constant: base = try reader.soft.readVarint()
        case .bytes:
            base = try reader.soft.readVarint()
            lane = try reader.soft.readRange(count: count)
        case .table:
            let entries = try reader.soft.readCount(limit: 256)
            for _ in 0..<entries { table.append(try reader.soft.readVarint()) }
            lane = try reader.soft.readRange(count: count)
            let known = UInt8(clamping: entries - 1)
            guard entries > 0, part.soft[lane].allSatisfy({ $0 <= known }) else { throw ByteCodingError(.invalidValue, at: start) }
        case .twoBytes:
            base = try reader.soft.readVarint()
            lane = try reader.soft.readRange(count: count * 2)
        case .magnitudes:
            base = try reader.soft.readVarint()
            lane = try reader.soft.readRange(count: count)
            guard let bits = NumberColumn.bits(part.soft, lane) else { throw ByteCodingError(.invalidValue, at: start) }
            hard = try reader.takeHard((bits + 7) / 8)
        case .raw: hard = try reader.takeHard(count * 8)
        }
        (self.base, self.table, self.lane, self.hard) = (base, table, lane, hard)
    }

    /// The hard bits of a run of magnitudes; nil where one is impossible.
    private static func bits(_ soft: [UInt8], _ lane: Range<Int>) -> Int? {
        soft.withUnsafeBufferPointer { soft in
            // Several at a time: whoever reads few numbers of a long column comes here as well.
            var (sum, zeros, most) = (0, 0, UInt8(0))
            for start in stride(from: lane.lowerBound, to: lane.upperBound, by: 128) {
                var (partial, empty) = (UInt16(0), UInt16(0))
                for index in start..<Swift.min(start &+ 128, lane.upperBound) {
                    let byte = soft[index]
                    partial &+= UInt16(byte)
                    empty &+= byte == 0 ? 1 : 0
                    most = Swift.max(most, byte)
                }
                sum &+= Int(partial)
                zeros &+= Int(empty)
            }
            return most <= 64 ? sum - (lane.count - zeros) : nil
        }
    }

    /// All numbers.
    public func all() throws(ByteCodingError) -> [UInt64] { try values(0..<count) }

    /// The numbers of a range.
    ///
    /// - Precondition: the range lies within the sequence.
    public func values(_ range: Range<Int>) throws(ByteCodingError) -> [UInt64] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "BUG: numbers are read beyond their end")
        guard hasSteps else { return try plain(range) }
        var values = try plain(0..<range.upperBound)
        var sum: UInt64 = 0
        for index in values.indices {
            sum &+= UInt64(bitPattern: unzigzag(values[index]))
            values[index] = sum
        }
        return range.lowerBound == 0 ? values : Array(values[range])
    }

    /// The numbers of some places, in any order.
    ///
    /// - Precondition: the places lie within the sequence.
    public func values(at places: [Int]) throws(ByteCodingError) -> [UInt64] {
        if places.count <= 8, !hasSteps {
            var values: [UInt64] = []
            for place in places { values += try self.values(place..<place + 1) }
            return values
        }
        guard let last = places.max() else { return [] }
        let values = try values(0..<last + 1)
        return places.map { values[$0] }
    }

    private func plain(_ range: Range<Int>) throws(ByteCodingError) -> [UInt64] {
        switch form {
        case .zeros: return [UInt64](repeating: 0, count: range.count)
        case .constant: return [UInt64](repeating: base, count: range.count)
        case .bytes:
            return part.soft.withUnsafeBufferPointer { soft in
                [UInt64](unsafeUninitializedCapacity: range.count) { output, count in
                    for index in 0..<range.count { output[index] = base &+ UInt64(soft[lane.lowerBound &+ range.lowerBound &+ index]) }
                    count = range.count
                }
            }
        case .table:
            return part.soft.withUnsafeBufferPointer { soft in
                table.withUnsafeBufferPointer { table in
                    [UInt64](unsafeUninitializedCapacity: range.count) { output, count in
                        for index in 0..<range.count {
                            output[index] = table[Int(soft[lane.lowerBound &+ range.lowerBound &+ index])]
                        }
                        count = range.count
                    }
                }
            }
        case .twoBytes:
            var values: [UInt64] = []
            values.reserveCapacity(range.count)
            let upper = lane.lowerBound + count
            for index in range {
                values.append(base &+ (UInt64(part.soft[lane.lowerBound + index]) | UInt64(part.soft[upper + index]) << 8))
            }
            return values
        case .magnitudes: return magnitudes(range)
        case .raw:
            return part.hard.withUnsafeBytes { bytes in
                range.map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: hard.lowerBound + $0 * 8, as: UInt64.self)) }
            }
        }
    }

    private func magnitudes(_ range: Range<Int>) -> [UInt64] {
        var position = hard.lowerBound * 8
        // It was looked at when the head was read.
        position += NumberColumn.bits(part.soft, lane.lowerBound..<lane.lowerBound + range.lowerBound) ?? 0
        return part.soft.withUnsafeBufferPointer { soft in
            part.hard.withUnsafeBytes { bytes in
                [UInt64](unsafeUninitializedCapacity: range.count) { output, count in
                    for index in 0..<range.count {
                        let width = Int(soft[lane.lowerBound &+ range.lowerBound &+ index])
                        if width <= 1 {
                            output[index] = base &+ UInt64(width)
                            continue
                        }
                        output[index] = base &+ (LowBits.read(bytes, position, width &- 1) | 1 &<< UInt64(width &- 1))
                        position &+= width &- 1
                    }
                    count = range.count
                }
            }
        }
    }
}

/// Reads bit fields, the lowest bit first.
public enum LowBits {
    /// The `count` bits, 1 to 63, from a bit on. Those beyond the end of the bytes are 0.
    @inlinable @inline(__always)
    public static func read(_ bytes: UnsafeRawBufferPointer, _ bit: Int, _ count: Int) -> UInt64 {
        let byte = bit &>> 3
        let shift = UInt64(bit & 7)
        let mask: UInt64 = (1 &<< UInt64(count)) &- 1
        if byte &+ 9 <= bytes.count {
            let low = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: byte, as: UInt64.self)) &>> shift
            if count &+ Int(shift) <= 64 { return low & mask }
            return (low | UInt64(bytes[byte &+ 8]) &<< (64 &- shift)) & mask
        }
        var value: UInt64 = 0
        for index in 0..<count {
            let place = bit &+ index
            if place &>> 3 < bytes.count, bytes[place &>> 3] &>> UInt8(truncatingIfNeeded: place & 7) & 1 == 1 {
                value |= 1 &<< UInt64(index)
            }
        }
        return value
    }
}

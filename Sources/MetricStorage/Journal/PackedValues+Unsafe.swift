internal import ByteCoding

/// Values in as few bytes as can be told quickly, bit for bit: first two bits for each say how it is written, then the values follow.
///
/// The journal writes them under a lock that all senders share, so that what is not written is time won for all of them; it is read once, if ever.
enum PackedValues {
    /// How a value is written: as the bits of the double; as a whole number of 16 or of 32 bits; as a whole number of thousandths of 32 bits.
    private enum Form {
        static let double: UInt8 = 0
        static let short: UInt8 = 1
        static let long: UInt8 = 2
        static let thousandths: UInt8 = 3
    }

    /// The fewest bytes that a value takes.
    static let valueBytesMin = 2
    private static let valueBytesMax = 8

    private static func formBytes(_ count: Int) -> Int { (count + 3) / 4 }

    /// Appends values.
    static func append(_ values: [Double], to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: formBytes(values.count) + values.count * valueBytesMax))
        let end = bytes.withUnsafeMutableBytes { write(values, to: $0, at: start) }
        bytes.removeLast(bytes.count - end)
    }

    /// Writes values, and gives the place behind them.
    ///
    /// - Precondition: from `start` on the buffer has zeros, and room for the forms and for ``valueBytesMax`` bytes a value.
    private static func write(_ values: [Double], to buffer: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
        precondition(buffer.count - start >= formBytes(values.count) + values.count * valueBytesMax, "BUG: too little room for values")
        var place = start + formBytes(values.count)
        for (index, value) in values.enumerated() {
            let form: UInt8
            if let number = whole(value) {
                if let short = Int16(exactly: number) {
                    buffer.storeBytes(of: short.littleEndian, toByteOffset: place, as: Int16.self)
                    place += 2
                    form = Form.short
                } else {
                    buffer.storeBytes(of: number.littleEndian, toByteOffset: place, as: Int32.self)
                    place += 4
                    form = Form.long
                }
            } else if let number = thousandths(value) {
                buffer.storeBytes(of: number.littleEndian, toByteOffset: place, as: Int32.self)
                place += 4
                form = Form.thousandths
            } else {
                buffer.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: place, as: UInt64.self)
                place += 8
                form = Form.double
            }
            buffer[start + (index >> 2)] |= form << UInt8((index & 3) * 2)
        }
        return place
    }

    /// A value as a whole number; nil where it is none of 32 bits, or the negative zero.
    @inline(__always)
    private static func whole(_ value: Double) -> Int32? {
        // A comparison with what is no number does not hold.
        guard value > -2_147_483_649, value < 2_147_483_648 else { return nil }
        let number = Int32(value)
        return Double(number).bitPattern == value.bitPattern ? number : nil
    }

    /// A value as a whole number of thousandths; nil where that is not exactly it.
    @inline(__always)
    private static func thousandths(_ value: Double) -> Int32? {
        guard value > -2_000_000, value < 2_000_000 else { return nil }
        let number = Int32(value * 1000 + (value < 0 ? -0.5 : 0.5))
        return (Double(number) / 1000).bitPattern == value.bitPattern ? number : nil
    }

    /// Reads values.
    ///
    /// - Throws: ``ByteCodingError`` where the bytes end before.
    static func read(_ reader: inout ByteReader, count: Int) throws(ByteCodingError) -> [Double] {
        let forms = try reader.readRange(count: formBytes(count))
        var values: [Double] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            let value: Double
            switch (reader.bytes[forms.lowerBound + (index >> 2)] >> UInt8((index & 3) * 2)) & 3 {
            case Form.short: value = Double(try reader.readLittleEndian(Int16.self))
            case Form.long: value = Double(try reader.readLittleEndian(Int32.self))
            case Form.thousandths: value = Double(try reader.readLittleEndian(Int32.self)) / 1000
            default: value = try reader.readDouble()
            }
            values.append(value)
        }
        return values
    }
}

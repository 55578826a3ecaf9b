public import ByteCoding

/// Doubles as a column, bit for bit: NaNs with their payload, both zeros, infinities.
///
///     encoding  u8
///     …         by encoding
///
/// The number of values is not in the column; it is known from the timestamps beside it.
public enum ValueColumn {
    /// Appends the column of `values`.
    ///
    /// - Precondition: there are at most ``TimestampColumn/countMax``.
    public static func encode(_ values: Span<Double>, into output: inout [UInt8]) {
        precondition(values.count <= TimestampColumn.countMax, "BUG: more values than a column takes")
        guard values.count > 0 else { return }
        var encoder = ValueColumnEncoder()
        var sink = ColumnSink()
        encoder.encode(values, candidates: [], into: &sink)
        sink.append(to: &output)
    }

    /// Reads `count` values that stand at the reader and appends them.
    ///
    /// - Throws: ``ColumnCodingError`` where the bytes are no such column; what was appended by then is to be thrown away.
    public static func decode(_ reader: inout ByteReader, count: Int, into output: inout [Double]) throws(ColumnCodingError) {
        guard count <= TimestampColumn.countMax else {
            throw ColumnCodingError(.limitExceeded, at: reader.position, "\(count) values in a column")
        }
        guard count > 0 else { return }
        do throws(ByteCodingError) {
            let start = reader.position
            let form = try ValueColumnForm(head: &reader, count: count)
            guard form.reference == nil else { throw ByteCodingError(.invalidValue, at: start) }
            let lane = try reader.readRange(count: form.laneBytes(count: count))
            let raw = try reader.readRange(count: form.rawBytes)
            var wholes: [Int64] = []
            try form.decodeWholes(reader.bytes, at: .init(lane: lane, raw: raw), count: count, referenced: [], into: &wholes)
            try form.appendValues(reader.bytes, wholes, count: count, into: &output)
        } catch {
            throw ColumnCodingError(error, reading: "value column")
        }
    }
}

/// The head of a value column.
///
///     encoding    u8: 0 constant, 1 bits; from 2 on decimal, 2 + exponent, plus 0x80 where exceptions follow
///     constant    the value's bits, 8 bytes, little-endian; nothing else follows
///     exceptions  length in bytes (varint), then each as distance from the one before (varint) and bits (8 bytes)
///     wholes      the head of an integer column: the values' bits, or value · 10^exponent
struct ValueColumnForm {
    enum Encoding: Equatable {
        case constant(UInt64)
        case bits
        case decimal(exponent: Int)
    }

    static let constantByte: UInt8 = 0
    static let bitsByte: UInt8 = 1
    static let decimalByte: UInt8 = 2
    static let exceptionsFlag: UInt8 = 0x80

    let encoding: Encoding
    /// Where the exceptions lie in the bytes of the head.
    private let exceptions: Range<Int>
    private let wholes: IntegerColumn?

    init(head reader: inout ByteReader, count: Int) throws(ByteCodingError) {
        let start = reader.position
        let byte = try reader.readUInt8()
        switch byte {
        case ValueColumnForm.constantByte:
            encoding = .constant(try reader.readLittleEndian())
            exceptions = 0..<0
            wholes = nil
            return
        case ValueColumnForm.bitsByte:
            encoding = .bits
            exceptions = 0..<0
        default:
            let exponent = Int(byte & ~ValueColumnForm.exceptionsFlag) - Int(ValueColumnForm.decimalByte)
            guard exponent >= 0, exponent <= DecimalForm.exponentMax else { throw ByteCodingError(.invalidValue, at: start) }
            encoding = .decimal(exponent: exponent)
            exceptions = byte & ValueColumnForm.exceptionsFlag != 0 ? try reader.readLengthPrefixed() : 0..<0
        }
        wholes = try IntegerColumn(head: &reader, count: count)
    }

    var reference: IntegerColumn.Reference? { wholes?.reference }
    var lane: Int { wholes?.lane ?? 0 }
    var rawBytes: Int { wholes?.rawBytes ?? 0 }
    func laneBytes(count: Int) -> Int { wholes?.laneBytes(count: count) ?? 0 }

    /// Appends the column's whole numbers; a constant has none.
    func decodeWholes(
        _ bytes: [UInt8], at place: IntegerColumn.Place, count: Int, referenced: [Int64], into output: inout [Int64]
    ) throws(ByteCodingError) {
        try wholes?.decode(bytes, at: place, count: count, referenced: referenced, into: &output)
    }

    /// Appends the values that the whole numbers stand for.
    func appendValues(_ bytes: [UInt8], _ wholes: [Int64], count: Int, into output: inout [Double]) throws(ByteCodingError) {
        let firstIndex = output.count
        output.reserveCapacity(firstIndex + count)
        switch encoding {
        case .constant(let bits):
            output.append(contentsOf: repeatElement(Double(bitPattern: bits), count: count))
        case .bits:
            for whole in wholes { output.append(Double(bitPattern: UInt64(bitPattern: whole))) }
        case .decimal(exponent: 0):
            for whole in wholes { output.append(Double(whole)) }
        case .decimal(let exponent):
            let divisor = DecimalForm.powersOfTen[exponent]
            for whole in wholes { output.append(Double(whole) / divisor) }
        }
        guard !exceptions.isEmpty else { return }
        var reader = ByteReader(bytes, in: exceptions)
        var index = -1
        while !reader.isAtEnd {
            guard index + 1 < count else { throw ByteCodingError(.invalidValue, at: reader.position) }
            index += 1 + (try reader.readCount(limit: count - index - 2))
            output[firstIndex + index] = Double(bitPattern: try reader.readLittleEndian())
        }
    }
}

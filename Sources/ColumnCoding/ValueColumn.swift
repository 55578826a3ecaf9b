public import ByteCoding

/// Doubles as a column, bit for bit: NaNs with their payload, both zeros, infinities.
///
///     encoding  u8
///     …         by encoding
///
/// The number of values is not in the column; it is known from the timestamps beside it.
public enum ValueColumn {
    /// The first byte of a column.
    enum Encoding: UInt8 {
        /// Every value has the same bits: 8 bytes.
        case constant = 0
        /// Decimals as whole numbers: `exponent` u8, exceptions, an integer column. value = whole / 10^exponent
        case decimal = 1
        /// The bits as whole numbers: an integer column.
        case bits = 2
    }

    /// Appends the column of `values`.
    ///
    /// - Precondition: there are at most ``TimestampColumn/countMax``.
    public static func encode(_ values: Span<Double>, into output: inout [UInt8]) {
        precondition(values.count <= TimestampColumn.countMax, "BUG: more values than a column takes")
        guard values.count > 0 else { return }
        if isConstant(values) {
            output.append(Encoding.constant.rawValue)
            output.appendDouble(values[0])
            return
        }
        var scratch: [UInt64] = []
        if let decimal = DecimalForm(values) {
            output.append(Encoding.decimal.rawValue)
            output.append(UInt8(decimal.exponent))
            decimal.appendExceptions(to: &output)
            IntegerColumn.encode(decimal.wholes.span, scratch: &scratch, into: &output)
            return
        }
        output.append(Encoding.bits.rawValue)
        var bits: [Int64] = []
        bits.reserveCapacity(values.count)
        for index in values.indices { bits.append(Int64(bitPattern: values[index].bitPattern)) }
        IntegerColumn.encode(bits.span, scratch: &scratch, into: &output)
    }

    /// Reads `count` values that stand at the reader and appends them.
    ///
    /// - Throws: ``ColumnCodingError`` where the bytes are no such column; what was appended by then is to be thrown away.
    public static func decode(_ reader: inout ByteReader, count: Int, into output: inout [Double]) throws(ColumnCodingError) {
        guard count <= TimestampColumn.countMax else {
            throw ColumnCodingError(.limitExceeded, at: reader.position, "\(count) values in a column")
        }
        guard count > 0 else { return }
        do {
            try decodeColumn(&reader, count: count, into: &output)
        } catch {
            throw ColumnCodingError(error, reading: "value column")
        }
    }

    private static func decodeColumn(_ reader: inout ByteReader, count: Int, into output: inout [Double]) throws(ByteCodingError) {
        let start = reader.position
        switch Encoding(rawValue: try reader.readUInt8()) {
        case .constant:
            output.append(contentsOf: repeatElement(try reader.readDouble(), count: count))
        case .decimal:
            let exponent = Int(try reader.readUInt8())
            guard exponent <= DecimalForm.exponentMax else { throw ByteCodingError(.invalidValue, at: start) }
            let exceptions = try DecimalForm.readExceptions(&reader, count: count)
            var wholes: [Int64] = []
            try IntegerColumn.decode(&reader, count: count, into: &wholes)
            let firstIndex = output.count
            let divisor = DecimalForm.powersOfTen[exponent]
            output.reserveCapacity(firstIndex + count)
            for whole in wholes { output.append(Double(whole) / divisor) }
            for exception in exceptions { output[firstIndex + exception.index] = Double(bitPattern: exception.bits) }
        case .bits:
            var bits: [Int64] = []
            try IntegerColumn.decode(&reader, count: count, into: &bits)
            output.reserveCapacity(output.count + count)
            for value in bits { output.append(Double(bitPattern: UInt64(bitPattern: value))) }
        case nil:
            throw ByteCodingError(.invalidValue, at: start)
        }
    }

    private static func isConstant(_ values: Span<Double>) -> Bool {
        let first = values[0].bitPattern
        for index in 1..<values.count where values[index].bitPattern != first { return false }
        return true
    }
}

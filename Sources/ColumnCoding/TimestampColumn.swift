public import ByteCoding

/// Times in milliseconds as a column that describes itself.
///
///     count     varint
///     values    an integer column (see ``IntegerColumn``), absent where the count is 0
public enum TimestampColumn {
    /// The most values that a column may have.
    public static let countMax = 1 << 17

    /// Appends the column of `timestamps`, in any order and of any size.
    ///
    /// - Precondition: there are at most ``countMax``.
    public static func encode(_ timestamps: Span<Int64>, into output: inout [UInt8]) {
        precondition(timestamps.count <= countMax, "BUG: more timestamps than a column takes")
        output.appendVarint(count: timestamps.count)
        var scratch: [UInt64] = []
        IntegerColumn.encode(timestamps, scratch: &scratch, into: &output)
    }

    /// Reads the column that stands at the reader and appends its values.
    ///
    /// - Throws: ``ColumnCodingError`` where the bytes are no such column; what was appended by then is to be thrown away.
    public static func decode(_ reader: inout ByteReader, into output: inout [Int64]) throws(ColumnCodingError) {
        do {
            let count = try reader.readCount(limit: countMax)
            try IntegerColumn.decode(&reader, count: count, into: &output)
        } catch {
            throw ColumnCodingError(error, reading: "timestamp column")
        }
    }
}

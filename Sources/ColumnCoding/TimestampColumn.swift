public import ByteCoding

/// Times in milliseconds as a column that describes itself.
///
///     count     varint
///     values    an integer column (`IntegerColumn`): head, lane, lower bits; absent where the count is 0
public enum TimestampColumn {
    /// The most values that a column may have.
    public static let countMax = 1 << 17

    /// Appends the column of `timestamps`, in any order and of any size.
    ///
    /// - Precondition: there are at most ``countMax``.
    public static func encode(_ timestamps: Span<Int64>, into output: inout [UInt8]) {
        precondition(timestamps.count <= countMax, "BUG: more timestamps than a column takes")
        output.appendVarint(count: timestamps.count)
        guard timestamps.count > 0 else { return }
        var encoder = IntegerColumnEncoder()
        var sink = ColumnSink()
        encoder.encode(timestamps, candidates: [], into: &sink)
        sink.append(to: &output)
    }

    /// Reads the column that stands at the reader and appends its values.
    ///
    /// - Throws: ``ColumnCodingError`` where the bytes are no such column; what was appended by then is to be thrown away.
    public static func decode(_ reader: inout ByteReader, into output: inout [Int64]) throws(ColumnCodingError) {
        do throws(ByteCodingError) {
            let count = try reader.readCount(limit: countMax)
            guard count > 0 else { return }
            let start = reader.position
            let column = try IntegerColumn(head: &reader, count: count)
            guard column.reference == nil else { throw ByteCodingError(.invalidValue, at: start) }
            let lane = try reader.readRange(count: column.laneBytes(count: count))
            let raw = try reader.readRange(count: column.rawBytes)
            try column.decode(
                reader.bytes, at: .init(lane: lane, raw: raw), count: count, referenced: [], into: &output, from: output.count)
        } catch {
            throw ColumnCodingError(error, reading: "timestamp column")
        }
    }
}

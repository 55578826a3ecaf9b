public import ByteCoding

/// Doubles as a column, bit for bit: NaNs with their payload, both zeros, infinities.
///
///     head      see `ValueColumnForm`
///     wholes    lane bytes, then lower bits
///     corrections, where there are any: lane bytes, then lower bits
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
        encoder.encode(values, candidates: [])
        encoder.appendStandalone(to: &output)
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
            let wholes = try decode(form.wholes, &reader, count: count)
            let corrections = try decode(form.corrections, &reader, count: count)
            try form.appendValues(reader.bytes, wholes: wholes, corrections: corrections, count: count, into: &output)
        } catch {
            throw ColumnCodingError(error, reading: "value column")
        }
    }

    private static func decode(
        _ column: IntegerColumn?, _ reader: inout ByteReader, count: Int
    ) throws(ByteCodingError) -> [Int64] {
        guard let column else { return [] }
        let lane = try reader.readRange(count: column.laneBytes(count: count))
        let raw = try reader.readRange(count: column.rawBytes)
        var numbers: [Int64] = []
        try column.decode(reader.bytes, at: .init(lane: lane, raw: raw), count: count, referenced: [], into: &numbers)
        return numbers
    }
}

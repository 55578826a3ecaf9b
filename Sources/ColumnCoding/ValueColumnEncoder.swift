internal import ByteCoding

/// Encodes columns of doubles; holds the memory for that, so that columns are encoded one after the other without allocating.
struct ValueColumnEncoder {
    private var integers = IntegerColumnEncoder()
    private var decimal = DecimalForm()
    private var exceptionBytes: [UInt8] = []

    /// The whole numbers of the column encoded last; empty for a constant. They may serve as a candidate for later columns.
    private(set) var wholes: [Int64] = []

    /// Appends the column of `values`, which are not empty. Gives the distance of the candidate that it refers to.
    @discardableResult
    mutating func encode(
        _ values: Span<Double>, candidates: [IntegerColumnEncoder.Candidate], into sink: inout ColumnSink
    ) -> Int? {
        wholes.removeAll(keepingCapacity: true)
        if ValueColumnEncoder.isConstant(values) {
            sink.head.append(ValueColumnForm.constantByte)
            sink.head.appendDouble(values[0])
            return nil
        }
        if decimal.convert(values, into: &wholes) {
            let hasExceptions = !decimal.exceptions.isEmpty
            sink.head.append(
                ValueColumnForm.decimalByte + UInt8(decimal.exponent) | (hasExceptions ? ValueColumnForm.exceptionsFlag : 0))
            if hasExceptions {
                decimal.encodeExceptions(into: &exceptionBytes)
                sink.head.appendLengthPrefixed(exceptionBytes)
            }
        } else {
            sink.head.append(ValueColumnForm.bitsByte)
            wholes.removeAll(keepingCapacity: true)
            wholes.reserveCapacity(values.count)
            for index in values.indices { wholes.append(Int64(bitPattern: values[index].bitPattern)) }
        }
        let column = wholes
        return integers.encode(column.span, candidates: candidates, into: &sink)
    }

    private static func isConstant(_ values: Span<Double>) -> Bool {
        let first = values[0].bitPattern
        for index in 1..<values.count where values[index].bitPattern != first { return false }
        return true
    }
}

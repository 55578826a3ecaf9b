internal import ByteCoding

/// Encodes columns of doubles; holds the memory for that, so that columns are encoded one after the other without allocating.
struct ValueColumnEncoder {
    /// A column encoded one way.
    private struct Draft {
        var head: [UInt8] = []
        var wholes = ColumnSink()
        var corrections = ColumnSink()
        var hasCorrections = false
        var referenceDistance: Int?

        var count: Int { head.count + wholes.count + corrections.count }

        mutating func removeAll() {
            head.removeAll(keepingCapacity: true)
            wholes.removeAll()
            corrections.removeAll()
            hasCorrections = false
            referenceDistance = nil
        }
    }

    private var integers = IntegerColumnEncoder()
    private var decimal = DecimalForm()
    private var exceptionBytes: [UInt8] = []
    private var correctionNumbers: [Int64] = []
    private var draft = Draft()
    private var otherDraft = Draft()
    private var otherWholes: [Int64] = []

    /// The whole numbers of the column encoded last; empty for a constant. They may serve as a candidate for later columns.
    private(set) var wholes: [Int64] = []

    /// Encodes `values`, which are not empty, as the column to be appended next. Gives the distance of the candidate that it refers to.
    @discardableResult
    mutating func encode(_ values: Span<Double>, candidates: [IntegerColumnEncoder.Candidate]) -> Int? {
        draft.removeAll()
        wholes.removeAll(keepingCapacity: true)
        if ValueColumnEncoder.isConstant(values) {
            draft.head.append(ValueColumnForm.constantByte)
            draft.head.appendDouble(values[0])
            return nil
        }
        let isDecimal = decimal.convert(values, into: &wholes)
        if isDecimal { encodeDecimal(candidates, corrections: []) }
        // Many exceptions are dear, so other ways are tried then.
        if !isDecimal || decimal.exceptions.count * 32 > values.count { encodeOtherwise(values, candidates, isDecimal: isDecimal) }
        return draft.referenceDistance
    }

    /// Appends the column encoded last to the sink of a page.
    func append(to sink: inout ColumnSink) {
        sink.head += draft.head
        for part in [draft.wholes, draft.corrections] {
            sink.head += part.head
            for lane in part.lanes.indices { sink.lanes[lane] += part.lanes[lane] }
            sink.raw += part.raw
        }
    }

    /// Appends the column encoded last so that it stands alone.
    func appendStandalone(to output: inout [UInt8]) {
        output += draft.head
        output += draft.wholes.head
        output += draft.corrections.head
        for part in [draft.wholes, draft.corrections] {
            for lane in part.lanes { output += lane }
            output += part.raw
        }
    }

    /// Tries the bits themselves and decimals with corrections, and keeps what is smallest.
    private mutating func encodeOtherwise(_ values: Span<Double>, _ candidates: [IntegerColumnEncoder.Candidate], isDecimal: Bool) {
        if isDecimal { keepAside() }
        wholes.removeAll(keepingCapacity: true)
        wholes.reserveCapacity(values.count)
        for index in values.indices { wholes.append(Int64(bitPattern: values[index].bitPattern)) }
        draft.removeAll()
        draft.head.append(ValueColumnForm.bitsByte)
        encodeWholes(candidates)
        if isDecimal { restoreIfSmaller() }
        guard let exponent = DecimalForm.nearestExponent(of: values) else { return }
        keepAside()
        wholes.removeAll(keepingCapacity: true)
        correctionNumbers.removeAll(keepingCapacity: true)
        decimal.convertNearest(values, exponent: exponent, into: &wholes, corrections: &correctionNumbers)
        draft.removeAll()
        let corrections = correctionNumbers
        encodeDecimal(candidates, corrections: corrections)
        restoreIfSmaller()
    }

    private mutating func keepAside() {
        swap(&draft, &otherDraft)
        swap(&wholes, &otherWholes)
    }

    private mutating func restoreIfSmaller() {
        if otherDraft.count <= draft.count { keepAside() }
    }

    private mutating func encodeDecimal(_ candidates: [IntegerColumnEncoder.Candidate], corrections: [Int64]) {
        var byte = ValueColumnForm.decimalByte + UInt8(decimal.exponent)
        if !corrections.isEmpty { byte |= ValueColumnForm.correctionsFlag }
        if decimal.scaling == .product { byte |= ValueColumnForm.productFlag }
        if !decimal.exceptions.isEmpty { byte |= ValueColumnForm.exceptionsFlag }
        draft.head.append(byte)
        if !decimal.exceptions.isEmpty {
            decimal.encodeExceptions(into: &exceptionBytes)
            draft.head.appendLengthPrefixed(exceptionBytes)
        }
        encodeWholes(candidates)
        if !corrections.isEmpty { integers.encode(corrections.span, candidates: [], into: &draft.corrections) }
    }

    private mutating func encodeWholes(_ candidates: [IntegerColumnEncoder.Candidate]) {
        let column = wholes
        draft.referenceDistance = integers.encode(column.span, candidates: candidates, into: &draft.wholes)
    }

    private static func isConstant(_ values: Span<Double>) -> Bool {
        let first = values[0].bitPattern
        for index in 1..<values.count where values[index].bitPattern != first { return false }
        return true
    }
}

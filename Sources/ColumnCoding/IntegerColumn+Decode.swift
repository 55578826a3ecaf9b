internal import ByteCoding

extension IntegerColumn {
    /// Where a column's lane bytes and lower bits lie.
    struct Place {
        var lane: Range<Int>
        var raw: Range<Int>
    }

    /// Appends the `count` values, at least 1, that lie at `place` in `bytes`, which also hold the escapes.
    ///
    /// - Parameter referenced: the values of the column that ``reference`` points to, `count` of them; else empty.
    func decode(
        _ bytes: [UInt8], at place: Place, count: Int, referenced: [Int64], into output: inout [Int64]
    ) throws(ByteCodingError) {
        guard prediction != .reference || referenced.count == count else {
            throw ByteCodingError(.invalidValue, at: escapes.lowerBound)
        }
        output.reserveCapacity(output.count + count)
        output.append(first)
        var state = PredictionState(column: self)
        if packing == .zero {
            for index in 1..<max(count, 1) {
                output.append(state.next(residual: 0, referenceStep: step(of: referenced, at: index)))
            }
            return
        }
        guard place.lane.count == laneBytes(count: count), place.raw.count == rawBytes else {
            throw ByteCodingError(.invalidValue, at: place.lane.lowerBound)
        }
        var escapeReader = ByteReader(bytes, in: escapes)
        var bits = BitReader(bytes, in: place.raw)
        let escape = packing.escape
        for index in 1..<max(count, 1) {
            var upper = upperPart(bytes, place.lane.lowerBound, index - 1)
            if upper == escape { upper = upper &+ (try escapeReader.readVarint()) }
            let folded: UInt64
            if !zerosHaveNoLowBits {
                folded = upper &<< UInt64(lowBits) | (try bits.read(count: lowBits))
            } else if upper == 0 {
                folded = 0
            } else {
                folded = ((upper &- 1) &<< UInt64(lowBits) | (try bits.read(count: lowBits))) &+ 1
            }
            output.append(state.next(residual: unzigzag(folded), referenceStep: step(of: referenced, at: index)))
        }
        guard escapeReader.isAtEnd else { throw ByteCodingError(.invalidValue, at: escapeReader.position) }
    }

    @inline(__always)
    private func step(of referenced: [Int64], at index: Int) -> Int64 {
        prediction == .reference ? referenced[index] &- referenced[index - 1] : 0
    }

    @inline(__always)
    private func upperPart(_ bytes: [UInt8], _ start: Int, _ index: Int) -> UInt64 {
        switch packing {
        case .zero: 0
        case .quads: UInt64(bytes[start + index >> 2] &>> UInt8(truncatingIfNeeded: index & 3 &* 2) & 3)
        case .pairs: UInt64(bytes[start + index >> 1] &>> UInt8(truncatingIfNeeded: index & 1 &* 4) & 15)
        case .singles: UInt64(bytes[start + index])
        }
    }
}

/// Makes values of residuals.
private struct PredictionState {
    private let column: IntegerColumn
    private var position: Int64 = 0
    private var step: Int64

    init(column: IntegerColumn) {
        self.column = column
        step = column.bias
    }

    @inline(__always)
    mutating func next(residual: Int64, referenceStep: Int64) -> Int64 {
        switch column.prediction {
        case .none: position = residual &+ column.bias
        case .previous: position &+= residual &+ column.bias
        case .line:
            step &+= residual
            position &+= step
        case .reference: position &+= residual &+ column.bias &+ (column.reference?.predict(referenceStep) ?? 0)
        }
        return column.first &+ position &* column.divisor
    }
}

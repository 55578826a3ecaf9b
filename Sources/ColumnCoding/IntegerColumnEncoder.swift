internal import ByteCoding

/// Encodes whole numbers; holds the memory for that, so that columns are encoded one after the other without allocating.
struct IntegerColumnEncoder {
    /// A column that may serve as a reference.
    struct Candidate {
        var distance: Int
        var values: [Int64]
    }

    /// Distances from the first value, counted in divisors.
    private var positions: [Int64] = []
    /// Zig-zagged residuals of the prediction taken.
    private var folded: [UInt64] = []
    private var sample: [Int64] = []
    private var escapeBytes: [UInt8] = []

    /// Appends the column of `values`, which are not empty, predicted from a candidate where that is clearly better than from the
    /// column itself. Gives the distance of the candidate taken.
    @discardableResult
    mutating func encode(_ values: Span<Int64>, candidates: [Candidate], into sink: inout ColumnSink) -> Int? {
        var column = IntegerColumn()
        column.first = values[0]
        column.divisor = CommonDivisor.of(values)
        fillPositions(values, column.divisor)
        choosePrediction(&column, candidates)
        foldResiduals(column, candidates)
        pack(&column, into: &sink)
        return column.reference?.distance
    }

    private mutating func fillPositions(_ values: Span<Int64>, _ divisor: Int64) {
        positions.removeAll(keepingCapacity: true)
        positions.reserveCapacity(values.count)
        let first = values[0]
        if divisor == 1 {
            for index in values.indices { positions.append(values[index] &- first) }
        } else if divisor & (divisor - 1) == 0 {
            let shift = Int64(divisor.trailingZeroBitCount)
            for index in values.indices { positions.append((values[index] &- first) &>> shift) }
        } else {
            for index in values.indices { positions.append((values[index] &- first) / divisor) }
        }
    }

    // MARK: Prediction

    private mutating func choosePrediction(_ column: inout IntegerColumn, _ candidates: [Candidate]) {
        guard positions.count > 1 else {
            column.prediction = .previous
            return
        }
        column.prediction = .previous
        column.bias = medianResidual(column, [])
        var bestCost = cost(column, [])
        if bestCost == 0 { return }
        var trial = column
        trial.prediction = .none
        trial.bias = medianResidual(trial, [])
        take(&column, trial, [], &bestCost, margin: 0)
        trial.prediction = .line
        trial.bias = positions[1] &- positions[0]
        take(&column, trial, [], &bestCost, margin: 0)
        // Only the two that fit best are tried in full.
        var fits: [(strength: Double, reference: IntegerColumn.Reference, values: [Int64])] = []
        for candidate in candidates where candidate.values.count == positions.count {
            guard let found = fit(candidate) else { continue }
            fits.append((found.strength, found.reference, candidate.values))
        }
        if fits.count > 2 { fits.sort { $0.strength > $1.strength } }
        for fit in fits.prefix(2) {
            trial.prediction = .reference
            trial.reference = fit.reference
            trial.bias = 0
            trial.bias = medianResidual(trial, fit.values)
            // A reference has to pay for the second column that a reader decodes.
            take(&column, trial, fit.values, &bestCost, margin: positions.count / 4)
        }
    }

    private func take(
        _ best: inout IntegerColumn, _ trial: IntegerColumn, _ referenced: [Int64], _ bestCost: inout Int, margin: Int
    ) {
        let trialCost = cost(trial, referenced)
        if trialCost + margin < bestCost {
            best = trial
            bestCost = trialCost
        }
    }

    /// The bits that residuals have, all together.
    private func cost(_ column: IntegerColumn, _ referenced: [Int64]) -> Int {
        var bits = 0
        forEachResidual(column, referenced) { residual in bits &+= 64 &- zigzag(residual).leadingZeroBitCount }
        return bits
    }

    /// The median of some residuals, spread over the column, that are left where the bias is 0.
    private mutating func medianResidual(_ column: IntegerColumn, _ referenced: [Int64]) -> Int64 {
        var unbiased = column
        unbiased.bias = 0
        sample.removeAll(keepingCapacity: true)
        let stride = max(1, positions.count / 48)
        var index = 1 + stride / 2
        while index < positions.count {
            sample.append(residual(unbiased, referenced, at: index))
            index += stride
        }
        if sample.isEmpty { return residual(unbiased, referenced, at: 1) }
        sample.sort()
        return sample[sample.count / 2]
    }

    /// The factor by which a candidate's steps foretell the column's, by least squares, and the share of their variance that it explains;
    /// nil where that is little.
    private func fit(_ candidate: Candidate) -> (reference: IntegerColumn.Reference, strength: Double)? {
        var products = 0.0
        var squares = 0.0
        var ownSquares = 0.0
        var stepSum = 0.0
        var otherSum = 0.0
        let stride = max(1, positions.count / 128)
        var taken = 0.0
        var index = 1
        while index < positions.count {
            let step = Double(positions[index] &- positions[index - 1])
            let other = Double(candidate.values[index] &- candidate.values[index - 1])
            products += step * other
            squares += other * other
            ownSquares += step * step
            stepSum += step
            otherSum += other
            taken += 1
            index += stride
        }
        // With the means taken out: a constant part of the steps is the bias' business.
        let spread = squares - otherSum * otherSum / taken
        let shared = products - stepSum * otherSum / taken
        let ownSpread = ownSquares - stepSum * stepSum / taken
        guard spread > 0, ownSpread > 0 else { return nil }
        let factor = shared / spread
        let strength = shared * shared / (spread * ownSpread)
        guard factor.isFinite, factor != 0, strength > 0.4 else { return nil }
        let shift = 12 - Int(factor.exponent)
        guard IntegerColumn.shiftRange.contains(shift) else { return nil }
        let scaled = shift >= 0 ? factor * Double(UInt64(1) << UInt64(shift)) : factor / Double(UInt64(1) << UInt64(-shift))
        let reference = IntegerColumn.Reference(distance: candidate.distance, multiplier: Int64(scaled.rounded()), shift: shift)
        return (reference, strength)
    }

    @inline(__always)
    private func residual(_ column: IntegerColumn, _ referenced: [Int64], at index: Int) -> Int64 {
        switch column.prediction {
        case .none: return positions[index] &- column.bias
        case .previous: return positions[index] &- positions[index - 1] &- column.bias
        case .line:
            let before = index > 1 ? positions[index - 1] &- positions[index - 2] : column.bias
            return positions[index] &- positions[index - 1] &- before
        case .reference:
            let step = referenced[index] &- referenced[index - 1]
            return positions[index] &- positions[index - 1] &- column.bias &- (column.reference?.predict(step) ?? 0)
        }
    }

    @inline(__always)
    private func forEachResidual(_ column: IntegerColumn, _ referenced: [Int64], _ body: (Int64) -> Void) {
        for index in 1..<max(positions.count, 1) { body(residual(column, referenced, at: index)) }
    }

    private mutating func foldResiduals(_ column: IntegerColumn, _ candidates: [Candidate]) {
        let referenced = column.reference.flatMap { wanted in candidates.first { $0.distance == wanted.distance }?.values } ?? []
        folded.removeAll(keepingCapacity: true)
        folded.reserveCapacity(positions.count)
        for index in 1..<max(positions.count, 1) { folded.append(zigzag(residual(column, referenced, at: index))) }
    }

    // MARK: Packing

    private mutating func pack(_ column: inout IntegerColumn, into sink: inout ColumnSink) {
        escapeBytes.removeAll(keepingCapacity: true)
        let shape = ResidualShape(folded)
        column.packing = shape.packing
        column.lowBits = shape.lowBits
        column.secondByteLane = shape.packing == .singles && shape.secondByteLane
        column.zerosHaveNoLowBits = shape.zerosHaveNoLowBits
        if shape.packing != .zero {
            let rawStart = sink.raw.count
            packLane(column, into: &sink.lanes[column.lane])
            packLowBits(column, into: &sink.raw)
            column.rawBytes = sink.raw.count - rawStart
        }
        column.appendHead(escapeBytes: escapeBytes, to: &sink.head)
    }

    private mutating func packLane(_ column: IntegerColumn, into lane: inout [UInt8]) {
        let escape = column.packing.escape
        let width = column.packing == .quads ? 2 : column.packing == .pairs ? 4 : 8
        var byte: UInt64 = 0
        var used = 0
        for value in folded {
            var upper = ResidualShape.upperPart(value, column.lowBits, column.zerosHaveNoLowBits)
            if upper >= escape {
                escapeBytes.appendVarint(upper - escape)
                upper = escape
            }
            byte |= upper &<< UInt64(used)
            used += width
            if used == 8 {
                lane.append(UInt8(truncatingIfNeeded: byte))
                byte = 0
                used = 0
            }
        }
        if used > 0 { lane.append(UInt8(truncatingIfNeeded: byte)) }
    }

    private func packLowBits(_ column: IntegerColumn, into raw: inout [UInt8]) {
        guard column.lowBits > 0 else { return }
        var writer = BitWriter()
        if column.zerosHaveNoLowBits {
            for value in folded where value != 0 { writer.write(value &- 1, count: column.lowBits, into: &raw) }
        } else {
            for value in folded { writer.write(value, count: column.lowBits, into: &raw) }
        }
        writer.finish(into: &raw)
    }
}

/// How residuals are best cut and packed, judged by how many of them have how many bits.
struct ResidualShape {
    var packing = IntegerColumn.Packing.zero
    var lowBits = 0
    var secondByteLane = false
    var zerosHaveNoLowBits = false

    init(_ folded: [UInt64]) {
        var countByBits = [Int](repeating: 0, count: 65)
        for value in folded { countByBits[64 - value.leadingZeroBitCount] += 1 }
        let zeros = countByBits[0]
        guard zeros < folded.count else { return }
        lowBits = ResidualShape.lowBits(median: ResidualShape.median(countByBits, leavingOut: 0), upperMax: 4)
        // Where many residuals are exactly zero and the others large, zeros should not pay for the others' lower bits.
        if zeros * 8 > folded.count {
            let others = ResidualShape.lowBits(median: ResidualShape.median(countByBits, leavingOut: zeros), upperMax: 4)
            if others >= 2 {
                zerosHaveNoLowBits = true
                lowBits = others
            }
        }
        choosePacking(folded)
    }

    @inline(__always)
    static func upperPart(_ value: UInt64, _ lowBits: Int, _ zerosHaveNoLowBits: Bool) -> UInt64 {
        if !zerosHaveNoLowBits { return value &>> UInt64(lowBits) }
        return value == 0 ? 0 : (value &- 1) &>> UInt64(lowBits) &+ 1
    }

    /// About the median, by its number of bits and its rank among those that have as many.
    private static func median(_ countByBits: [Int], leavingOut zeros: Int) -> UInt64 {
        let total = countByBits.reduce(0, +) - zeros
        var rank = total / 2
        for bits in (zeros > 0 ? 1 : 0)...64 {
            let count = countByBits[bits]
            if rank < count {
                if bits == 0 { return 0 }
                let base = UInt64(1) << UInt64(bits - 1)
                return base + UInt64(Double(base) * Double(rank) / Double(count))
            }
            rank -= count
        }
        return 0
    }

    /// How many bits to cut so that the upper part of the median is at most `upperMax`.
    private static func lowBits(median: UInt64, upperMax: UInt64) -> Int {
        var bits = 0
        while median >> UInt64(bits) > upperMax, bits < IntegerColumn.lowBitsMax { bits += 1 }
        return bits
    }

    private mutating func choosePacking(_ folded: [UInt64]) {
        var counts = [Int](repeating: 0, count: 17)
        for value in folded { counts[Int(min(ResidualShape.upperPart(value, lowBits, zerosHaveNoLowBits), 16))] += 1 }
        let bits = ResidualShape.entropy(counts, total: folded.count)
        let escapesOfQuads = counts[3...].reduce(0, +)
        let escapesOfPairs = counts[15...].reduce(0, +)
        if bits < 1, escapesOfQuads * 24 < folded.count + 48 {
            packing = .quads
        } else if bits < 2.2, escapesOfPairs * 24 < folded.count + 48 {
            packing = .pairs
        } else {
            packing = .singles
            secondByteLane = bits >= 3
        }
    }

    /// Bits per residual that an ideal code would take.
    private static func entropy(_ counts: [Int], total: Int) -> Double {
        var bits = 0.0
        for count in counts where count > 0 { bits += Double(count) * approximateLog2(Double(total) / Double(count)) }
        return bits / Double(total)
    }

    /// Within 0.01 of the binary logarithm, which is enough to choose by.
    private static func approximateLog2(_ value: Double) -> Double {
        let fraction = value.significand - 1
        return Double(value.exponent) + fraction * (1.3465 - fraction * 0.3465)
    }
}

/// Finds what all distances in a column are multiples of.
enum CommonDivisor {
    /// The greatest common divisor of the distances from the first value; 1 where there is none to speak of.
    static func of(_ values: Span<Int64>) -> Int64 {
        var divisor: UInt64 = 0
        for index in 1..<max(values.count, 1) {
            var rest = (values[index] &- values[0]).magnitude
            if divisor & (divisor &- 1) == 0, rest & (divisor &- 1) == 0, divisor != 0 { continue }
            while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            if divisor == 1 { return 1 }
        }
        // The magnitude of the least Int64 has no positive counterpart.
        return divisor == 0 || divisor > UInt64(Int64.max) ? 1 : Int64(divisor)
    }
}

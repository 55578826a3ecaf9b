internal import ByteCoding

/// Whole numbers as a column: what is left after a prediction, as small as it is, bytes of equal weight together.
///
/// Arithmetic wraps, so every `Int64` sequence is encoded exactly. The number of values is known to the caller.
///
///     layout    u8       prediction (low 3 bits), whether a divisor follows (0x08), width of a residual in bytes (high 4 bits)
///     first     zig-zag varint: the first value
///     divisor   varint, at least 2: all distances from the first value are multiples of it
///     bias      zig-zag varint: added to every residual
///     residuals width runs of bytes, the lowest bytes of all residuals first
enum IntegerColumn {
    /// How a value is guessed from those before it.
    enum Prediction: UInt8 {
        /// Not at all: the residual is the distance from the first value.
        case none = 0
        /// As the value before.
        case previous = 1
        /// As far from the value before as that is from the one before it.
        case line = 2
    }

    private static let divisorFlag: UInt8 = 0x08

    /// Appends the column of `values`; `scratch` is used and left in any state.
    static func encode(_ values: Span<Int64>, scratch: inout [UInt64], into output: inout [UInt8]) {
        guard values.count > 0 else { return }
        let first = values[0]
        let divisor = commonDivisor(values)
        let plan = bestPrediction(values, divisor: divisor)
        var largest: UInt64 = 0
        scratch.removeAll(keepingCapacity: true)
        scratch.reserveCapacity(values.count)
        forEachResidual(values, divisor: divisor, prediction: plan.prediction) { residual in
            let folded = zigzag(residual &- plan.bias)
            largest |= folded
            scratch.append(folded)
        }
        let width = (71 - largest.leadingZeroBitCount) / 8
        output.append(plan.prediction.rawValue | (divisor > 1 ? divisorFlag : 0) | UInt8(width) << 4)
        output.appendZigZag(first)
        if divisor > 1 { output.appendVarint(divisor) }
        output.appendZigZag(plan.bias)
        for lane in 0..<width {
            let shift = UInt64(lane * 8)
            for residual in scratch { output.append(UInt8(truncatingIfNeeded: residual &>> shift)) }
        }
    }

    /// Reads `count` values that stand at the reader and appends them.
    static func decode(
        _ reader: inout ByteReader, count: Int, into output: inout [Int64]
    ) throws(ByteCodingError) {
        guard count > 0 else { return }
        let start = reader.position
        let layout = try reader.readUInt8()
        let width = Int(layout >> 4)
        guard let prediction = Prediction(rawValue: layout & 0x07), width <= 8 else {
            throw ByteCodingError(.invalidValue, at: start)
        }
        let first = try reader.readZigZag()
        var divisor: UInt64 = 1
        if layout & divisorFlag != 0 {
            divisor = try reader.readVarint()
            guard divisor >= 2 else { throw ByteCodingError(.invalidValue, at: start) }
        }
        let bias = try reader.readZigZag()
        let residualCount = count - 1
        let lanes = try reader.readRange(count: residualCount * width)
        let factor = Int64(bitPattern: divisor)
        output.reserveCapacity(output.count + count)
        output.append(first)
        var position: Int64 = 0
        var step: Int64 = 0
        for index in 0..<residualCount {
            var folded: UInt64 = 0
            var place = lanes.lowerBound + index
            for lane in 0..<width {
                folded |= UInt64(reader.bytes[place]) &<< UInt64(lane &* 8)
                place &+= residualCount
            }
            let residual = unzigzag(folded) &+ bias
            switch prediction {
            case .none: position = residual
            case .previous: position &+= residual
            case .line:
                step &+= residual
                position &+= step
            }
            output.append(first &+ position &* factor)
        }
    }

    /// The greatest common divisor of the distances from the first value, 1 where there is none to speak of.
    private static func commonDivisor(_ values: Span<Int64>) -> UInt64 {
        var divisor: UInt64 = 0
        for index in 1..<max(values.count, 1) {
            var rest = (values[index] &- values[0]).magnitude
            while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            if divisor == 1 { return 1 }
        }
        // The magnitude of the least Int64 has no positive counterpart.
        return divisor == 0 || divisor > UInt64(Int64.max) ? 1 : divisor
    }

    private static func bestPrediction(_ values: Span<Int64>, divisor: UInt64) -> (prediction: Prediction, bias: Int64) {
        var best: (prediction: Prediction, bias: Int64) = (.previous, 0)
        var bestCost = Int.max
        for prediction in [Prediction.previous, .line, .none] {
            var sum: Int128 = 0
            var count: Int128 = 0
            forEachResidual(values, divisor: divisor, prediction: prediction) { residual in
                sum += Int128(residual)
                count += 1
            }
            let bias = prediction == .line || count == 0 ? 0 : Int64(sum / count)
            var cost = 0
            forEachResidual(values, divisor: divisor, prediction: prediction) { residual in
                cost &+= 64 - zigzag(residual &- bias).leadingZeroBitCount
            }
            if cost < bestCost { (best, bestCost) = ((prediction, bias), cost) }
        }
        return best
    }

    @inline(__always)
    private static func forEachResidual(
        _ values: Span<Int64>, divisor: UInt64, prediction: Prediction, _ body: (Int64) -> Void
    ) {
        let divisor = Int64(bitPattern: divisor)
        let first = values[0]
        var previous: Int64 = 0
        var step: Int64 = 0
        for index in 1..<max(values.count, 1) {
            var position = values[index] &- first
            if divisor > 1 { position /= divisor }
            switch prediction {
            case .none: body(position)
            case .previous: body(position &- previous)
            case .line:
                let nextStep = position &- previous
                body(nextStep &- step)
                step = nextStep
            }
            previous = position
        }
    }
}

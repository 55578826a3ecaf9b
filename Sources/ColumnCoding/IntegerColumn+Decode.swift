internal import ByteCoding

extension IntegerColumn {
    /// Where a column's lane bytes and lower bits lie.
    struct Place: Sendable {
        var lane: Range<Int>
        var raw: Range<Int>
    }

    /// Decodes the `count` values, at least 1, that lie at `place` in `bytes`, which also hold the escapes.
    ///
    /// - Parameters:
    ///   - referenced: the values of the column that ``reference`` points to, `count` of them; else empty.
    ///   - output: takes the values in the place of what stands there from `start` on; where it is as long already, which is quickest,
    ///     nothing has to be cleared for them.
    func decode(
        _ bytes: [UInt8], at place: Place, count: Int, referenced: [Int64], into output: inout [Int64], from start: Int = 0
    ) throws(ByteCodingError) {
        guard prediction != .reference || referenced.count == count else {
            throw ByteCodingError(.invalidValue, at: escapes.lowerBound)
        }
        let missing = start + count - output.count
        if missing > 0 { output.append(contentsOf: repeatElement(0, count: missing)) } else { output.removeLast(-missing) }
        output[start] = first
        if packing != .zero {
            guard place.lane.count == laneBytes(count: count), place.raw.count == rawBytes else {
                throw ByteCodingError(.invalidValue, at: place.lane.lowerBound)
            }
            // The values' own memory takes the residuals, zig-zagged, before it takes the values.
            unpackUpperParts(bytes, place.lane, into: &output, at: start + 1)
            if !escapes.isEmpty { try addEscapes(bytes, to: &output, at: start + 1) }
            try addLowBits(bytes, place.raw, to: &output, at: start + 1)
        } else {
            var target = output.mutableSpan
            for index in start + 1..<target.count { target[index] = 0 }
        }
        accumulate(referenced, &output, from: start + 1)
    }

    private func unpackUpperParts(_ bytes: [UInt8], _ lane: Range<Int>, into output: inout [Int64], at start: Int) {
        let source = bytes.span.extracting(lane)
        var target = output.mutableSpan
        let count = target.count - start
        switch packing {
        case .zero: break
        case .quads:
            // Whole bytes first.
            for byte in 0..<count &>> 2 {
                let (place, four) = (start &+ byte &* 4, source[byte])
                target[place] = Int64(four & 3)
                target[place &+ 1] = Int64(four &>> 2 & 3)
                target[place &+ 2] = Int64(four &>> 4 & 3)
                target[place &+ 3] = Int64(four &>> 6)
            }
            for index in count & ~3..<count {
                target[start &+ index] = Int64(source[index &>> 2] &>> UInt8(truncatingIfNeeded: (index & 3) &* 2) & 3)
            }
        case .pairs:
            for byte in 0..<count &>> 1 {
                let (place, two) = (start &+ byte &* 2, source[byte])
                target[place] = Int64(two & 15)
                target[place &+ 1] = Int64(two &>> 4)
            }
            if count & 1 != 0 { target[start &+ count &- 1] = Int64(source[count &>> 1] & 15) }
        case .singles:
            for index in 0..<count { target[start &+ index] = Int64(source[index]) }
        }
    }

    private func addEscapes(_ bytes: [UInt8], to output: inout [Int64], at start: Int) throws(ByteCodingError) {
        var reader = ByteReader(bytes, in: escapes)
        let escape = Int64(packing.escape)
        for index in start..<output.count where output[index] == escape {
            output[index] = escape &+ Int64(bitPattern: try reader.readVarint())
        }
        guard reader.isAtEnd else { throw ByteCodingError(.invalidValue, at: reader.position) }
    }

    private func addLowBits(_ bytes: [UInt8], _ raw: Range<Int>, to output: inout [Int64], at start: Int) throws(ByteCodingError) {
        guard lowBits > 0 || zerosHaveNoLowBits else { return }
        var bits = BitReader(bytes, in: raw)
        let shift = Int64(lowBits)
        if !zerosHaveNoLowBits {
            var target = output.mutableSpan
            let count = target.count - start
            try bits.readEach(count, width: lowBits) { index, value in
                target[start &+ index] = target[start &+ index] &<< shift | Int64(bitPattern: value)
            }
            return
        }
        for index in start..<output.count where output[index] != 0 {
            let low = Int64(bitPattern: try bits.read(count: lowBits))
            output[index] = ((output[index] &- 1) &<< shift | low) &+ 1
        }
    }

    /// Makes values of zig-zagged residuals, from `start` to the end.
    private func accumulate(_ referenced: [Int64], _ output: inout [Int64], from start: Int) {
        var target = output.mutableSpan
        var position: Int64 = 0
        switch prediction {
        case .none:
            for index in start..<target.count {
                target[index] = first &+ (unzigzag(UInt64(bitPattern: target[index])) &+ bias) &* divisor
            }
        case .previous:
            for index in start..<target.count {
                position &+= unzigzag(UInt64(bitPattern: target[index])) &+ bias
                target[index] = first &+ position &* divisor
            }
        case .line:
            var step = bias
            for index in start..<target.count {
                step &+= unzigzag(UInt64(bitPattern: target[index]))
                position &+= step
                target[index] = first &+ position &* divisor
            }
        case .reference:
            guard let reference else { return }
            let other = referenced.span
            for index in start..<target.count {
                let place = index &- start &+ 1
                let step = other[place] &- other[place &- 1]
                position &+= unzigzag(UInt64(bitPattern: target[index])) &+ bias &+ reference.predict(step)
                target[index] = first &+ position &* divisor
            }
        }
    }
}

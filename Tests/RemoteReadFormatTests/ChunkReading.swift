internal import TelemetryModel

/// Reads chunks as their format is described, bit by bit and slowly: what the encoder is held against.
struct ChunkReading {
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var bit: Int

    init(_ bytes: [UInt8], from byte: Int) {
        self.bytes = bytes
        bit = byte * 8
    }

    mutating func bits(_ count: Int) throws -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count {
            guard bit / 8 < bytes.count else { throw Malformed() }
            value = value << 1 | UInt64(bytes[bit / 8] >> UInt8(7 - bit % 8) & 1)
            bit += 1
        }
        return value
    }

    /// Bits that are left are padding: fewer than eight, all zero.
    mutating func expectEnd() throws {
        guard bytes.count * 8 - bit < 8, try bits(bytes.count * 8 - bit) == 0 else { throw Malformed() }
    }

    mutating func uvarint() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try bits(8)
            value |= (byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    mutating func varint() throws -> Int64 {
        let value = try uvarint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    private mutating func signed(_ count: Int) throws -> Int64 {
        let value = try bits(count)
        if count == 64 { return Int64(bitPattern: value) }
        return value > 1 << UInt64(count - 1) ? Int64(bitPattern: value) - (1 << Int64(count)) : Int64(value)
    }

    private mutating func size(_ sizes: [Int]) throws -> Int {
        for size in sizes.dropLast() where try bits(1) == 0 { return size }
        return sizes[sizes.count - 1]
    }

    mutating func stepChange() throws -> Int64 {
        if try bits(1) == 0 { return 0 }
        return try signed(try size([14, 17, 20, 64]))
    }

    private static let sizes = [3, 6, 9, 12, 18, 25, 56, 64]
    mutating func varbit() throws -> Int64 { try bits(1) == 0 ? 0 : try signed(try size(Self.sizes)) }
    mutating func unsignedVarbit() throws -> UInt64 { try bits(1) == 0 ? 0 : try bits(try size(Self.sizes)) }

    struct Float {
        var bits: UInt64
        var leading = 0
        var trailing = 0
    }

    mutating func next(_ float: inout Float) throws {
        if try bits(1) == 0 { return }
        if try bits(1) == 1 {
            float.leading = Int(try bits(5))
            let count = Int(try bits(6))
            float.trailing = 64 - float.leading - (count == 0 ? 64 : count)
        }
        float.bits ^= try bits(64 - float.leading - float.trailing) << UInt64(float.trailing)
    }

    // MARK: Chunks

    static func floats(_ bytes: [UInt8]) throws -> [(time: Timestamp, bits: UInt64)] {
        var reading = ChunkReading(bytes, from: 2)
        var samples: [(time: Timestamp, bits: UInt64)] = []
        var step: Int64 = 0
        var value = Float(bits: 0)
        for index in 0..<(Int(bytes[0]) << 8 | Int(bytes[1])) {
            if index == 0 {
                let time = try reading.varint()
                value.bits = try reading.bits(64)
                samples.append((time, value.bits))
                continue
            }
            step = index == 1 ? Int64(bitPattern: try reading.uvarint()) : step &+ (try reading.stepChange())
            let time = samples[index - 1].time &+ step
            try reading.next(&value)
            samples.append((time, value.bits))
        }
        try reading.expectEnd()
        return samples
    }

    private mutating func layout() throws -> NativeHistogram {
        var histogram = NativeHistogram()
        let threshold = try bits(8)
        switch threshold {
        case 0: break
        case 255: histogram.zeroThreshold = Double(bitPattern: try bits(64))
        default: histogram.zeroThreshold = Double(sign: .plus, exponent: Int(threshold) - 244, significand: 1)
        }
        histogram.schema = Int32(try varbit())
        histogram.positiveSpans = try spans()
        histogram.negativeSpans = try spans()
        if histogram.schema == NativeHistogram.customBucketsSchema {
            for _ in 0..<(try unsignedVarbit()) {
                let number = try unsignedVarbit()
                histogram.customBounds.append(number == 0 ? Double(bitPattern: try bits(64)) : Double(number - 1) / 1000)
            }
        }
        return histogram
    }

    private mutating func spans() throws -> [NativeHistogram.BucketSpan] {
        var spans: [NativeHistogram.BucketSpan] = []
        for _ in 0..<(try unsignedVarbit()) {
            let length = UInt32(try unsignedVarbit())
            spans.append(.init(offset: Int32(try varbit()), length: length))
        }
        return spans
    }

    private static func hint(_ header: UInt8, _ index: Int) -> NativeHistogram.ResetHint {
        if header & 0b1100_0000 == 0b1100_0000 { return .gauge }
        if index > 0 { return .notReset }
        return header & 0b1100_0000 == 0b1000_0000 ? .reset : .unknown
    }

    static func histograms(_ bytes: [UInt8], isFloat: Bool) throws -> [HistogramSample] {
        var reading = ChunkReading(bytes, from: 3)
        let layout = try reading.layout()
        let positive = layout.positiveSpans.reduce(0) { $0 + Int($1.length) }
        let negative = layout.negativeSpans.reduce(0) { $0 + Int($1.length) }
        var samples: [HistogramSample] = []
        var (integers, steps) = ([Int64](), [Int64](repeating: 0, count: 3 + positive + negative))
        var floats: [Float] = []
        for index in 0..<(Int(bytes[0]) << 8 | Int(bytes[1])) {
            if index == 0 {
                integers.append(try reading.varbit())
                if isFloat {
                    for _ in 0..<(3 + positive + negative) { floats.append(Float(bits: try reading.bits(64))) }
                } else {
                    for _ in 0..<2 { integers.append(Int64(bitPattern: try reading.unsignedVarbit())) }
                    floats.append(Float(bits: try reading.bits(64)))
                    for _ in 0..<(positive + negative) { integers.append(try reading.varbit()) }
                }
            } else {
                for number in integers.indices {
                    if number == 3 { try reading.next(&floats[0]) }
                    steps[number] &+= try reading.varbit()
                    integers[number] &+= steps[number]
                }
                if !isFloat && integers.count == 3 { try reading.next(&floats[0]) }
                if isFloat { for number in floats.indices { try reading.next(&floats[number]) } }
            }
            var histogram = layout
            histogram.isFloat = isFloat
            histogram.resetHint = hint(bytes[2], index)
            func double(_ float: Float) -> Double { Double(bitPattern: float.bits) }
            if isFloat {
                (histogram.count, histogram.zeroCount, histogram.sum) = (double(floats[0]), double(floats[1]), double(floats[2]))
                histogram.positiveBuckets = floats[3..<(3 + positive)].map(double)
                histogram.negativeBuckets = floats[(3 + positive)...].map(double)
            } else {
                (histogram.count, histogram.zeroCount, histogram.sum) = (Double(integers[1]), Double(integers[2]), double(floats[0]))
                histogram.positiveBuckets = counts(integers[3..<(3 + positive)])
                histogram.negativeBuckets = counts(integers[(3 + positive)...])
            }
            samples.append(HistogramSample(timestamp: integers[0], histogram: histogram))
        }
        try reading.expectEnd()
        return samples
    }

    private static func counts(_ differences: ArraySlice<Int64>) -> [Double] {
        var count: Int64 = 0
        return differences.map { difference in
            count += difference
            return Double(count)
        }
    }
}

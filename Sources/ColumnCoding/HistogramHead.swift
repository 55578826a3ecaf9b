internal import ByteCoding
internal import TelemetryModel

/// What puts the columns of a chunk of histograms together again; read from what `HistogramColumns.head` wrote.
struct HistogramHead {
    /// How many value columns before the head each column stands: count, sum, zero count, then positive and negative buckets.
    let distances: [Int]
    let positiveColumns: Int
    let negativeColumns: Int
    private let layouts: [HistogramLayout]
    private var positiveByLayout: [[Int]] = []
    private var negativeByLayout: [[Int]] = []
    private let runs: [(layout: Int, count: Int)]

    /// - Parameter count: the number of histograms.
    init(_ bytes: [UInt8], in range: Range<Int>, count: Int) throws(ByteCodingError) {
        var reader = ByteReader(bytes, in: range)
        let flags = try reader.readUInt8()
        guard flags < 2 else { throw ByteCodingError(.invalidValue, at: range.lowerBound) }
        positiveColumns = try reader.readCount(limit: reader.remaining)
        negativeColumns = try reader.readCount(limit: reader.remaining)
        let columns = positiveColumns + negativeColumns + 3
        // What the encoder never exceeds, so that a few bytes cannot ask for all memory.
        guard columns <= reader.remaining, count == 1 || columns * count <= HistogramColumns.numbersMax else {
            throw ByteCodingError(.lengthTooLarge, at: range.lowerBound)
        }
        distances = try HistogramHead.readList(&reader, columns) { (reader) throws(ByteCodingError) in
            let start = reader.position
            let distance = try reader.readCount(limit: Int(Int32.max))
            guard distance > 0 else { throw ByteCodingError(.invalidValue, at: start) }
            return distance
        }
        var positiveIndices = (0..<Int64(positiveColumns)).map { $0 }
        var negativeIndices = (0..<Int64(negativeColumns)).map { $0 }
        if flags == 0 {
            positiveIndices = try HistogramHead.readIndices(&reader, positiveColumns)
            negativeIndices = try HistogramHead.readIndices(&reader, negativeColumns)
        }
        let layoutCount = try reader.readCount(limit: reader.remaining)
        let bucketsMax = max(positiveColumns, negativeColumns)
        layouts = try HistogramHead.readList(&reader, layoutCount) { (reader) throws(ByteCodingError) in
            try HistogramLayout(reading: &reader, bucketsMax: bucketsMax)
        }
        runs = try HistogramHead.readRuns(&reader, layouts: layoutCount, count: count)
        guard reader.isAtEnd else { throw ByteCodingError(.invalidValue, at: reader.position) }
        for layout in layouts {
            let positive = HistogramColumns.indices(of: layout.positiveSpans, layout.positiveBucketCount, isOrdinal: flags == 1)
            let negative = HistogramColumns.indices(of: layout.negativeSpans, layout.negativeBucketCount, isOrdinal: flags == 1)
            guard let positiveFound = HistogramHead.places(of: positive, in: positiveIndices, layout.positiveBucketCount),
                let negativeFound = HistogramHead.places(of: negative, in: negativeIndices, layout.negativeBucketCount)
            else { throw ByteCodingError(.invalidValue, at: range.lowerBound) }
            positiveByLayout.append(positiveFound)
            negativeByLayout.append(negativeFound)
        }
    }

    /// Appends the histograms; `columns` are in the order of ``distances``, each as long as `times`.
    func assemble(times: [Int64], columns: [[Double]], into output: inout [HistogramSample]) {
        output.reserveCapacity(output.count + times.count)
        var index = 0
        for run in runs {
            let layout = layouts[run.layout]
            let positive = positiveByLayout[run.layout]
            let negative = negativeByLayout[run.layout]
            for _ in 0..<run.count {
                let histogram = NativeHistogram(
                    resetHint: layout.resetHint, schema: layout.schema, zeroThreshold: layout.zeroThreshold,
                    zeroCount: columns[2][index], count: columns[0][index], sum: columns[1][index],
                    positiveSpans: layout.positiveSpans, negativeSpans: layout.negativeSpans,
                    positiveBuckets: positive.map { columns[3 + $0][index] },
                    negativeBuckets: negative.map { columns[3 + positiveColumns + $0][index] },
                    customBounds: layout.customBounds, isFloat: layout.isFloat)
                output.append(HistogramSample(timestamp: times[index], histogram: histogram))
                index += 1
            }
        }
    }

    private static func readList<Element>(
        _ reader: inout ByteReader, _ count: Int, _ read: (inout ByteReader) throws(ByteCodingError) -> Element
    ) throws(ByteCodingError) -> [Element] {
        var list: [Element] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try read(&reader)) }
        return list
    }

    private static func readIndices(_ reader: inout ByteReader, _ count: Int) throws(ByteCodingError) -> [Int64] {
        var previous: Int64 = 0
        return try readList(&reader, count) { (reader) throws(ByteCodingError) in
            previous = previous &+ (try reader.readZigZag())
            return previous
        }
    }

    private static func readRuns(
        _ reader: inout ByteReader, layouts: Int, count: Int
    ) throws(ByteCodingError) -> [(layout: Int, count: Int)] {
        var runs: [(layout: Int, count: Int)] = []
        var covered = 0
        while covered < count {
            let start = reader.position
            let layout = try reader.readCount(limit: layouts - 1)
            let length = try reader.readCount(limit: count - covered)
            guard length > 0, layout < layouts else { throw ByteCodingError(.invalidValue, at: start) }
            runs.append((layout, length))
            covered += length
        }
        return runs
    }

    /// The columns of a layout's buckets; nil where one has none.
    private static func places(of wanted: [Int64], in indices: [Int64], _ count: Int) -> [Int]? {
        guard wanted.count == count else { return nil }
        var places: [Int] = []
        places.reserveCapacity(wanted.count)
        var place = 0
        for index in wanted {
            while place < indices.count, indices[place] < index { place += 1 }
            guard place < indices.count, indices[place] == index else { return nil }
            places.append(place)
        }
        return places
    }
}

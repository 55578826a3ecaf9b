internal import TelemetryModel

/// The samples of one partition in one generation, in the order they came.
///
/// A series' samples lie in a chain of blocks that grow from 4 to 32 cells. Two cells in front of them say how many samples are in the block, where the
/// next block begins, and from when on times count. Blocks lie in slabs of one size, which the next generation takes over from the allocator:
/// nothing is copied as it grows. Nothing is sorted here: late and doubled samples are put in order by those who read.
struct HeadColumns {
    /// A sample in twelve bytes: its time less the block's, and the bits of its value.
    private struct Cell {
        var offset: UInt32
        private var low: UInt32
        private var high: UInt32

        init(offset: UInt32, bits: UInt64) {
            self.offset = offset
            low = UInt32(truncatingIfNeeded: bits)
            high = UInt32(truncatingIfNeeded: bits >> 32)
        }

        var bits: UInt64 { UInt64(high) << 32 | UInt64(low) }
    }

    private struct Slot {
        /// From when on the times of the last block count.
        var base: Timestamp = 0
        /// Where the first block begins, plus 1; 0 for a series without samples.
        var first: UInt32 = 0
        /// Where the next sample goes.
        var tail: UInt32 = 0
        /// How many samples still fit the last block.
        var left: UInt32 = 0
        /// Where the last block begins.
        var lastBlock: UInt32 = 0
        var count: UInt32 = 0
    }

    private var slots: [Slot] = []
    private var slabs: [[Cell]] = []
    /// How many cells of the last slab are taken.
    private var slabUsed = HeadColumns.slabCells
    private(set) var histograms: [UInt32: [HistogramSample]] = [:]
    private(set) var exemplars: [UInt32: [Exemplar]] = [:]
    private(set) var starts = HeadStarts()
    /// The number of float samples and histograms.
    private(set) var samples = 0
    private(set) var minTime = Timestamp.max
    private(set) var maxTime = Timestamp.min
    private var otherBytes = 0

    /// Cells in front of a block: how many samples it has and where the next block begins; from when on times count.
    private static let headerCells = 2
    /// How much earlier than its first sample a block begins, for late samples: it covers 24 days both ways.
    private static let timeBefore: Int64 = 1 << 31
    private static let slabBits: UInt32 = 11
    private static let slabCells = 1 << Int(slabBits)
    private static let slabMask: UInt32 = 1 << slabBits - 1

    /// About how many bytes one of many samples of a series takes.
    static let sampleBytes = MemoryLayout<Cell>.stride * 3 / 2

    /// Bytes that the samples take.
    var memoryBytes: Int {
        let cells = slabs.count * HeadColumns.slabCells - HeadColumns.slabCells + slabUsed
        return max(cells, 0) * MemoryLayout<Cell>.stride + slots.count * MemoryLayout<Slot>.stride + otherBytes
    }

    /// One more than the highest place that may have samples.
    var placeCount: Int { slots.count }

    /// Appends samples of one series.
    @inline(__always)
    mutating func append(_ place: UInt32, _ timestamps: [Timestamp], _ values: [Double], _ range: Range<Int>) {
        if Int(place) >= slots.count { growSlots(Int(place)) }
        for index in range {
            let time = timestamps[index]
            if slots[Int(place)].left == 0 || HeadColumns.offset(of: time, from: slots[Int(place)].base) == nil { addBlock(place, time) }
            let tail = slots[Int(place)].tail
            let offset = UInt32(truncatingIfNeeded: time &- slots[Int(place)].base)
            slabs[Int(tail >> HeadColumns.slabBits)][Int(tail & HeadColumns.slabMask)] = Cell(
                offset: offset, bits: values[index].bitPattern)
            slots[Int(place)].tail += 1
            slots[Int(place)].left -= 1
            slots[Int(place)].count += 1
            if time < minTime { minTime = time }
            if time > maxTime { maxTime = time }
        }
        samples += range.count
    }

    private mutating func growSlots(_ place: Int) {
        slots.append(contentsOf: repeatElement(Slot(), count: place + 1 - slots.count))
    }

    /// A time as it stands in a block; nil where it is too far from the block's. Wraps, so that every time has its own place.
    @inline(__always)
    private static func offset(of time: Timestamp, from base: Timestamp) -> UInt32? { UInt32(exactly: UInt64(bitPattern: time &- base)) }

    /// Begins a block for a sample.
    private mutating func addBlock(_ place: UInt32, _ time: Timestamp) {
        var slot = slots[Int(place)]
        let capacity = slot.count < 4 ? 4 : min(slot.count, 32)
        if slabUsed + Int(capacity) + HeadColumns.headerCells > HeadColumns.slabCells {
            slabs.append([Cell](repeating: Cell(offset: 0, bits: 0), count: HeadColumns.slabCells))
            slabUsed = 0
        }
        let start = UInt32(slabs.count - 1) << HeadColumns.slabBits | UInt32(slabUsed)
        slabUsed += Int(capacity) + HeadColumns.headerCells
        slot.base = time &- HeadColumns.timeBefore
        setCell(start, Cell(offset: capacity, bits: 0))
        setCell(start + 1, Cell(offset: 0, bits: UInt64(bitPattern: slot.base)))
        if slot.first == 0 {
            slot.first = start + 1
        } else {
            // A block that ends early has as many samples as came by then.
            setCell(slot.lastBlock, Cell(offset: cell(slot.lastBlock).offset - slot.left, bits: UInt64(start)))
        }
        slot.lastBlock = start
        slot.tail = start + UInt32(HeadColumns.headerCells)
        slot.left = capacity
        slots[Int(place)] = slot
    }

    private func cell(_ index: UInt32) -> Cell { slabs[Int(index >> HeadColumns.slabBits)][Int(index & HeadColumns.slabMask)] }

    private mutating func setCell(_ index: UInt32, _ cell: Cell) {
        slabs[Int(index >> HeadColumns.slabBits)][Int(index & HeadColumns.slabMask)] = cell
    }

    /// Calls the closure for the first `count` samples of a series, in the order they came.
    @inline(__always)
    private func forEachSample(_ slot: Slot, count: Int, _ body: (Timestamp, _ bits: UInt64) -> Void) {
        guard slot.first != 0 else { return }
        var left = min(count, Int(slot.count))
        var block = slot.first - 1
        while left > 0 {
            slabs[Int(block >> HeadColumns.slabBits)].withUnsafeBufferPointer { slab in
                let start = Int(block & HeadColumns.slabMask)
                let inBlock = min(left, Int(slab[start].offset))
                let base = Timestamp(bitPattern: slab[start + 1].bits)
                let first = start + HeadColumns.headerCells
                for cell in slab[first..<first + inBlock] { body(base &+ Timestamp(cell.offset), cell.bits) }
                left -= inBlock
                block = UInt32(truncatingIfNeeded: slab[start].bits)
            }
        }
    }

    mutating func append(_ place: UInt32, _ histogram: HistogramSample) {
        var histogram = histogram
        // A sender's word on a reset is not kept (Prometheus does not give it back either); what is known of the sample before is.
        if histogram.histogram.resetHint == .reset {
            histogram.histogram.resetHint = .unknown
        } else {
            histogram.histogram.resetHint = histogram.histogram.resetHint(after: histogramBefore(place, histogram.timestamp))
        }
        histograms[place, default: []].append(histogram)
        samples += 1
        let shape = histogram.histogram
        otherBytes += 200 + 8 * (shape.positiveBuckets.count + shape.negativeBuckets.count + shape.customBounds.count)
        otherBytes += 8 * (shape.positiveSpans.count + shape.negativeSpans.count)
        minTime = min(minTime, histogram.timestamp)
        maxTime = max(maxTime, histogram.timestamp)
    }

    /// The sample before a time, where it is the last one of the series and a histogram.
    private func histogramBefore(_ place: UInt32, _ time: Timestamp) -> NativeHistogram? {
        guard let last = histograms[place]?.last, last.timestamp < time else { return nil }
        if Int(place) < slots.count, slots[Int(place)].count > 0 {
            let slot = slots[Int(place)]
            if slot.base &+ Timestamp(cell(slot.tail - 1).offset) > last.timestamp { return nil }
        }
        return last.histogram
    }

    mutating func append(_ place: UInt32, _ exemplar: Exemplar, countMax: Int) {
        exemplars[place, default: []].append(exemplar)
        otherBytes += 48 + exemplar.labels.packed.count
        if let count = exemplars[place]?.count, count > countMax { exemplars[place]?.removeFirst(count - countMax) }
    }

    /// Adds a run of starts of samples that were appended before.
    mutating func append(_ place: UInt32, _ run: StartRun, count samplesInRun: Int) {
        let total = count(place) + (histograms[place]?.count ?? 0)
        otherBytes += starts.append(place, run, count: samplesInRun, total: total)
    }

    /// The number of float samples of a series.
    func count(_ place: UInt32) -> Int { Int(place) < slots.count ? Int(slots[Int(place)].count) : 0 }

    /// Appends the first `count` samples of a series that lie within a range of times to columns, in the order they came.
    func read(_ place: UInt32, count: Int, in range: TimeRange, timestamps: inout [Timestamp], values: inout [Double]) {
        guard Int(place) < slots.count else { return }
        forEachSample(slots[Int(place)], count: count) { time, bits in
            guard range.contains(time) else { return }
            timestamps.append(time)
            values.append(Double(bitPattern: bits))
        }
    }

    /// Lends the time of every sample of every series.
    func forEachTime(_ body: (Timestamp) -> Void) {
        for slot in slots { forEachSample(slot, count: .max) { time, _ in body(time) } }
        for series in histograms.values { for histogram in series { body(histogram.timestamp) } }
    }
}

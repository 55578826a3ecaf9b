internal import Synchronization

/// The buckets of native histograms (Prometheus, "Native Histograms"; the same as OpenTelemetry's exponential histograms): each octave has
/// 2^schema of them, the value 1 is the upper bound of bucket 0, and upper bounds belong to their buckets.
///
/// Values between 2^-64 and 2^64 on either side of zero have buckets; what is nearer to zero counts as zero, what is further away counts
/// into the outermost bucket. Memory is taken for four octaves at a time, when the first value falls into them.
final class NativeBuckets: Sendable {
    /// What counts as zero, inclusive: 2^-64.
    static let zeroThreshold = 0x1p-64
    private static let octavesPerPage = 4
    private static let pagesPerSign = 32

    /// 0 (each bucket reaches to twice the value of the one below) to 8.
    let schema: Int
    private let bucketsPerOctave: Int
    private let cellsPerPage: Int
    /// Upper bounds of the buckets of the octave that ends at 1.
    private let bounds: [Double]
    private let zero = Atomic<UInt64>(0)
    /// Addresses of pages, positive values first. Every page that is set stays until the buckets go.
    private let pages: AtomicCells

    init(schema: Int) {
        self.schema = min(max(schema, 0), 8)
        bucketsPerOctave = 1 << self.schema
        cellsPerPage = bucketsPerOctave * NativeBuckets.octavesPerPage
        bounds = NativeBuckets.octaves[self.schema]
        pages = AtomicCells(count: 2 * NativeBuckets.pagesPerSign)
    }

    deinit {
        for index in 0..<pages.count {
            if let page = page(index) { page.deallocate() }
        }
        pages.deallocate()
    }

    /// Counts a value. NaN has no bucket.
    func record(_ value: Double) {
        let size = value.magnitude
        if size <= NativeBuckets.zeroThreshold {
            zero.wrappingAdd(1, ordering: .relaxed)
            return
        }
        if size.isNaN { return }
        let place = place(of: size)
        let signPages = value < 0 ? NativeBuckets.pagesPerSign : 0
        let pageIndex = signPages + place / cellsPerPage
        guard let page = page(pageIndex) ?? makePage(pageIndex) else { return }
        page[place % cellsPerPage].wrappingAdd(1, ordering: .relaxed)
    }

    /// The counts as they are now.
    func snapshot() -> NativeCounts {
        NativeCounts(
            schema: schema, zeroThreshold: NativeBuckets.zeroThreshold, zeroCount: zero.load(ordering: .relaxed),
            positive: buckets(firstPage: 0), negative: buckets(firstPage: NativeBuckets.pagesPerSign))
    }

    /// Begins again at zero. What is counted meanwhile may or may not be lost.
    func reset() {
        zero.store(0, ordering: .relaxed)
        for index in 0..<pages.count {
            guard let page = page(index) else { continue }
            for cell in 0..<cellsPerPage { page[cell].store(0, ordering: .relaxed) }
        }
    }

    /// The place of the bucket of a size, counted from the lowest one.
    private func place(of size: Double) -> Int {
        guard size < 0x1p64 else { return NativeBuckets.pagesPerSign * cellsPerPage - 1 }
        // A size is fraction times 2^octave with the fraction in [0.5, 1).
        let octave = Int(size.exponent) + 1
        let fraction = size.significand / 2
        var low = 0
        var high = bucketsPerOctave
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < fraction { low = middle + 1 } else { high = middle }
        }
        // The highest fraction of an octave is above the last bound but one: its bucket is the first of the next octave, whose bound is 0.5.
        let key = low + (octave - 1) * bucketsPerOctave
        return min(max(key - lowestKey, 0), NativeBuckets.pagesPerSign * cellsPerPage - 1)
    }

    /// The key of the bucket at place 0: the first above 2^-64.
    private var lowestKey: Int { -64 * bucketsPerOctave + 1 }

    private func buckets(firstPage: Int) -> [NativeCounts.Bucket] {
        var found: [NativeCounts.Bucket] = []
        for index in 0..<NativeBuckets.pagesPerSign {
            guard let page = page(firstPage + index) else { continue }
            for cell in 0..<cellsPerPage {
                let count = page[cell].load(ordering: .relaxed)
                if count > 0 { found.append(NativeCounts.Bucket(key: lowestKey + index * cellsPerPage + cell, count: count)) }
            }
        }
        return found
    }

    private func page(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        UnsafeMutablePointer(bitPattern: UInt(pages.loadSet(index)))
    }

    private func makePage(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        let page = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: cellsPerPage)
        for cell in 0..<cellsPerPage { (page + cell).initialize(to: Atomic(0)) }
        if pages.setOnce(index, UInt64(UInt(bitPattern: page))) { return page }
        page.deallocate()
        return self.page(index)
    }

    /// For each schema, the upper bounds within the octave from 0.5 to 1, the lower end included.
    private static let octaves: [[Double]] = (0...8).map { schema in
        let count = 1 << schema
        return (0..<count).map { powerOfTwo(Double($0) / Double(count)) / 2 }
    }
}

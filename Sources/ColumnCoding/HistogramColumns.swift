internal import ByteCoding
internal import TelemetryModel

/// Native histograms of one series taken apart: layouts, and columns of numbers that are encoded as those of floats are.
struct HistogramColumns {
    /// The most numbers that the columns of one chunk of more than one histogram may hold together.
    static let numbersMax = 1 << 22

    /// The columns of the buckets of one sign.
    struct Buckets {
        /// The bucket index of each column, rising; with ordinal layouts, 0, 1, 2, …
        var indices: [Int64] = []
        /// For each layout, the columns of its buckets in order.
        var columnsByLayout: [[Int]] = []
        /// Where a histogram lacks the bucket, the number before it again, which costs nothing.
        var columns: [[Double]] = []
    }

    private(set) var layouts: [HistogramLayout] = []
    private(set) var layoutOfSample: [Int] = []
    /// Whether buckets are told apart by their place among the others, because some layout's spans do not describe its buckets.
    private(set) var isOrdinal = false
    private(set) var positive = Buckets()
    private(set) var negative = Buckets()

    /// Nil where the columns would hold more than ``numbersMax``; fewer histograms have to do then.
    init?(_ histograms: ArraySlice<HistogramSample>) {
        for sample in histograms {
            if let last = layoutOfSample.last, layouts[last].matches(sample.histogram) {
                layoutOfSample.append(last)
            } else if let known = layouts.firstIndex(where: { $0.matches(sample.histogram) }) {
                layoutOfSample.append(known)
            } else {
                layouts.append(HistogramLayout(sample.histogram))
                layoutOfSample.append(layouts.count - 1)
            }
        }
        isOrdinal = layouts.contains { layout in
            HistogramLayout.bucketIndices(layout.positiveSpans, count: layout.positiveBucketCount) == nil
                || HistogramLayout.bucketIndices(layout.negativeSpans, count: layout.negativeBucketCount) == nil
        }
        positive = buckets(\.positiveSpans, \.positiveBucketCount)
        negative = buckets(\.negativeSpans, \.negativeBucketCount)
        guard
            histograms.count == 1
                || (positive.indices.count + negative.indices.count + 3) * histograms.count <= HistogramColumns.numbersMax
        else { return nil }
        fill(&positive, histograms, \.positiveBuckets)
        fill(&negative, histograms, \.negativeBuckets)
    }

    private func buckets(
        _ spans: KeyPath<HistogramLayout, [NativeHistogram.BucketSpan]>, _ count: KeyPath<HistogramLayout, Int>
    ) -> Buckets {
        var buckets = Buckets()
        let indicesByLayout = layouts.map { HistogramColumns.indices(of: $0[keyPath: spans], $0[keyPath: count], isOrdinal: isOrdinal) }
        buckets.indices = Set(indicesByLayout.joined()).sorted()
        let columnByIndex = Dictionary(uniqueKeysWithValues: buckets.indices.enumerated().map { ($0.element, $0.offset) })
        buckets.columnsByLayout = indicesByLayout.map { indices in indices.compactMap { columnByIndex[$0] } }
        return buckets
    }

    static func indices(of spans: [NativeHistogram.BucketSpan], _ count: Int, isOrdinal: Bool) -> [Int64] {
        isOrdinal ? (0..<Int64(count)).map { $0 } : HistogramLayout.bucketIndices(spans, count: count) ?? []
    }

    private func fill(
        _ buckets: inout Buckets, _ histograms: ArraySlice<HistogramSample>, _ numbers: KeyPath<NativeHistogram, [Double]>
    ) {
        buckets.columns = Array(repeating: [], count: buckets.indices.count)
        for (place, sample) in histograms.enumerated() {
            let values = sample.histogram[keyPath: numbers]
            for (value, column) in zip(values, buckets.columnsByLayout[layoutOfSample[place]]) {
                // Gaps repeat what was before them; before the first number, the first number.
                let missing = place - buckets.columns[column].count
                if missing > 0 {
                    buckets.columns[column] += repeatElement(buckets.columns[column].last ?? value, count: missing)
                }
                buckets.columns[column].append(value)
            }
        }
        for column in buckets.columns.indices {
            let missing = histograms.count - buckets.columns[column].count
            buckets.columns[column] += repeatElement(buckets.columns[column].last ?? 0, count: missing)
        }
    }
}

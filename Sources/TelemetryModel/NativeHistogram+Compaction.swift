extension NativeHistogram {
    /// Buckets of one side under construction, in rising order of index. With compensations (of Kahan's summation) beside the counts, or
    /// without, in which case ``compensations`` stays empty.
    struct SideBuilder {
        private(set) var spans: [BucketSpan] = []
        private(set) var counts: [Double] = []
        private(set) var compensations: [Double] = []
        /// Index behind the last bucket.
        private var end = 0

        init(capacity: Int = 0, compensated: Bool = false) {
            counts.reserveCapacity(capacity)
            if compensated { compensations.reserveCapacity(capacity) }
        }

        /// Appends a bucket; `index` is greater than all before.
        mutating func append(_ index: Int, _ count: Double) {
            if let last = spans.indices.last, index == end {
                spans[last].length += 1
            } else {
                spans.append(BucketSpan(offset: Int32(clamping: spans.isEmpty ? index : index - end), length: 1))
            }
            counts.append(count)
            end = index + 1
        }

        mutating func append(_ index: Int, _ count: Double, _ compensation: Double) {
            append(index, count)
            compensations.append(compensation)
        }

        /// Appends empty buckets up to an index.
        mutating func fill(upTo index: Int, compensated: Bool) {
            while !spans.isEmpty && end < index {
                append(end, 0)
                if compensated { compensations.append(0) }
            }
        }

        /// Index behind the last bucket, or nil before the first.
        var reached: Int? { spans.isEmpty ? nil : end }
    }

    /// No gap wider than this is filled with empty buckets, whatever is asked for.
    private static let filledGapMax = 1 << 16

    /// Drops empty buckets at the ends of spans, joins spans that are at most `emptyBucketsMax` empty buckets apart, and splits those that
    /// hold a longer run of empty buckets.
    public mutating func compact(emptyBucketsMax: Int = 0) {
        for side in [Side.positive, .negative] where !spans(side).isEmpty || !counts(side).isEmpty {
            if emptyBucketsMax == 0 && isCompact(side) { continue }
            let compacted = NativeHistogram.compacted(spans(side), counts(side), nil, emptyBucketsMax: emptyBucketsMax)
            set(side, compacted.spans, compacted.counts)
        }
    }

    /// This histogram compacted; see ``compact(emptyBucketsMax:)``.
    public func compacted(emptyBucketsMax: Int = 0) -> NativeHistogram {
        var copy = self
        copy.compact(emptyBucketsMax: emptyBucketsMax)
        return copy
    }

    mutating func set(_ side: Side, _ spans: [BucketSpan], _ counts: [Double]) {
        if side == .positive {
            positiveSpans = spans
            positiveBuckets = counts
        } else {
            negativeSpans = spans
            negativeBuckets = counts
        }
    }

    private func isCompact(_ side: Side) -> Bool {
        let spans = spans(side)
        for (number, span) in spans.enumerated() where span.length == 0 || (number > 0 && span.offset == 0) { return false }
        return !counts(side).contains(0)
    }

    static func compacted(
        _ spans: [BucketSpan], _ counts: [Double], _ compensations: [Double]?, emptyBucketsMax: Int
    ) -> SideBuilder {
        var builder = SideBuilder(capacity: counts.count, compensated: compensations != nil)
        var walk = BucketWalk(spans, counts)
        var position = 0
        while let (index, count) = walk.next() {
            defer { position += 1 }
            let compensation = compensations?[position] ?? 0
            if count == 0 && compensation == 0 { continue }
            if let reached = builder.reached, index - reached <= min(emptyBucketsMax, filledGapMax) {
                builder.fill(upTo: index, compensated: compensations != nil)
            }
            if compensations == nil { builder.append(index, count) } else { builder.append(index, count, compensation) }
        }
        return builder
    }
}

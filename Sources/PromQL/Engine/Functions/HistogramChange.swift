internal import QueryModel
internal import TelemetryModel

/// The change between histograms of one series, not extrapolated.
struct HistogramChange {
    private let samples: [HistogramSample]
    private let isCounter: Bool
    private let starts: StartColumn?
    /// Whether the counter was reset between a sample and the one before; found when first needed.
    private var resets: [Bool?]

    init(_ samples: [HistogramSample], isCounter: Bool, starts: StartColumn? = nil) {
        self.samples = samples
        self.isCounter = isCounter
        self.starts = starts
        resets = [Bool?](repeating: nil, count: samples.count)
    }

    private mutating func isReset(_ index: Int) -> Bool {
        if let known = resets[index] { return known }
        let found =
            starts?.isReset(index) ?? false || samples[index].histogram.isReset(since: samples[index - 1].histogram)
        resets[index] = found
        return found
    }

    /// The change over a window: a gauge, or nil where the histograms do not go together or say nothing of a change.
    ///
    /// - Parameter fromZero: whether the counter is known to have been 0 before the first sample, which is then part of the change.
    mutating func change(
        in window: Range<Int>, fromZero: Bool, metric: String, _ notes: inout Set<FunctionNote>
    ) -> NativeHistogram? {
        let first = samples[window.lowerBound].histogram
        if window.count < 2 { return fromZero ? first : nil }
        guard var result = between(window, metric: metric, &notes) else { return nil }
        if !fromZero { return result }
        do throws(NativeHistogramError) {
            if try result.add(first).boundsReconciled { notes.insert(.reconciledBounds(.addition)) }
        } catch {
            notes.insert(.mixedBucketSchemas(metric: metric))
            return nil
        }
        return result
    }

    /// The change over a window of at least two samples: a compacted gauge, or nil where the histograms do not go together.
    private mutating func between(_ window: Range<Int>, metric: String, _ notes: inout Set<FunctionNote>) -> NativeHistogram? {
        let last = samples[window.upperBound - 1].histogram
        var first = samples[window.lowerBound].histogram
        var found: Set<FunctionNote> = []
        if isCounter && (first.resetHint == .gauge || last.resetHint == .gauge) { found.insert(.notACounter(metric: metric)) }
        // After a reset the first histogram does not count, nor does its bucket layout.
        let startsWithReset = isCounter && isReset(window.lowerBound + 1)
        if startsWithReset {
            let second = samples[window.lowerBound + 1].histogram
            first = NativeHistogram(schema: second.schema, customBounds: second.customBounds)
        }
        if last.usesCustomBuckets != first.usesCustomBuckets {
            notes.formUnion(found)
            notes.insert(.mixedBucketSchemas(metric: metric))
            return nil
        }
        do throws(NativeHistogramError) {
            let change = try difference(
                window, first, last, resets: window.dropFirst(startsWithReset ? 2 : 1), metric: metric, &found)
            notes.formUnion(found)
            return change
        } catch {
            // Without a result the mix is all there is to say.
            notes.insert(.mixedBucketSchemas(metric: metric))
            return nil
        }
    }

    private mutating func difference(
        _ window: Range<Int>, _ first: NativeHistogram, _ last: NativeHistogram, resets: Range<Int>, metric: String,
        _ notes: inout Set<FunctionNote>
    ) throws(NativeHistogramError) -> NativeHistogram {
        var result = last.copied(toSchema: try lowestSchema(window, first, last, metric: metric, &notes))
        if try result.subtract(first).boundsReconciled { notes.insert(.reconciledBounds(.subtraction)) }
        if isCounter {
            for index in resets where isReset(index) {
                if try result.add(samples[index - 1].histogram).boundsReconciled { notes.insert(.reconciledBounds(.addition)) }
            }
        } else if samples[window.lowerBound].histogram.resetHint != .gauge || last.resetHint != .gauge {
            notes.insert(.notAGauge(metric: metric))
        }
        result.resetHint = .gauge
        result.compact()
        return result
    }

    /// The lowest schema of the histograms that count.
    private func lowestSchema(
        _ window: Range<Int>, _ first: NativeHistogram, _ last: NativeHistogram, metric: String, _ notes: inout Set<FunctionNote>
    ) throws(NativeHistogramError) -> Int32 {
        var lowest = min(first.schema, last.schema)
        if !isCounter { return lowest }
        for index in window.dropFirst().dropLast() {
            let schema = samples[index].histogram.schema
            if samples[index].histogram.resetHint == .gauge { notes.insert(.notACounter(metric: metric)) }
            if (schema == NativeHistogram.customBucketsSchema) != first.usesCustomBuckets { throw .incompatibleSchemas }
            lowest = min(lowest, schema)
        }
        return lowest
    }
}

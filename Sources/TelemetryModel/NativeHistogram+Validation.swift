/// What is wrong with a histogram from outside.
public struct NativeHistogramError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case unknownSchema
        case spanOffsetNegative
        case spansDoNotFitBuckets
        case indexOutOfRange
        case negativeCount
        case customBoundsTooFew
        case customBoundsNotRising
        case customBoundsNotFinite
        case customBucketsWithZeroBucket
        case customBucketsWithNegativeSide
        case exponentialWithCustomBounds
        case incompatibleSchemas
    }

    public let code: Code
    /// What is wrong and where, for people.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// An exponential histogram met one with custom bounds.
    public static let incompatibleSchemas = NativeHistogramError(
        .incompatibleSchemas, "cannot apply this operation on histograms with a mix of exponential and custom bucket schemas")
}

extension NativeHistogram {
    /// Checks that spans, counts and bounds fit together and that no count is negative.
    ///
    /// Whether ``count`` is as large as the sum of the buckets is not checked, since rounding makes that wrong for honest histograms.
    ///
    /// - Throws: ``NativeHistogramError`` that says which part is wrong.
    public func validate() throws(NativeHistogramError) {
        if usesCustomBuckets {
            try validateCustomBounds()
            try validateSpans(positiveSpans, positiveBuckets, "positive side", firstMayBeNegative: false)
            let covered = positiveSpans.reduce(0) { $0 + Int($1.offset) + Int($1.length) }
            if customBounds.count + 1 < covered {
                throw NativeHistogramError(
                    .customBoundsTooFew,
                    "custom buckets: only \(customBounds.count) custom bounds defined for buckets up to number \(covered)")
            }
            if zeroCount != 0 || zeroThreshold != 0 {
                throw NativeHistogramError(.customBucketsWithZeroBucket, "custom buckets: must have zero count and zero threshold of 0")
            }
            if !negativeSpans.isEmpty || !negativeBuckets.isEmpty {
                throw NativeHistogramError(.customBucketsWithNegativeSide, "custom buckets: must not have negative spans or buckets")
            }
        } else {
            guard isExponential else {
                throw NativeHistogramError(
                    .unknownSchema,
                    "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, "
                        + "got schema \(schema)")
            }
            try validateSpans(positiveSpans, positiveBuckets, "positive side", firstMayBeNegative: true)
            try validateSpans(negativeSpans, negativeBuckets, "negative side", firstMayBeNegative: true)
            try validateCounts(negativeBuckets, "negative side")
            if zeroCount < 0 {
                throw NativeHistogramError(.negativeCount, "zero bucket has observation count of \(shortest(zeroCount))")
            }
            if !customBounds.isEmpty {
                throw NativeHistogramError(
                    .exponentialWithCustomBounds, "histogram with exponential schema must not have custom bounds")
            }
        }
        if count < 0 { throw NativeHistogramError(.negativeCount, "observation count is \(shortest(count))") }
        try validateCounts(positiveBuckets, "positive side")
    }

    private func validateSpans(
        _ spans: [BucketSpan], _ counts: [Double], _ side: String, firstMayBeNegative: Bool
    ) throws(NativeHistogramError) {
        var needed = 0
        var end = 0
        for (number, span) in spans.enumerated() {
            if span.offset < 0 && !(number == 0 && firstMayBeNegative) {
                throw NativeHistogramError(.spanOffsetNegative, "\(side): span number \(number + 1) with offset \(span.offset)")
            }
            needed += Int(span.length)
            end += Int(span.offset) + Int(span.length)
            if end > Int(Int32.max) {
                throw NativeHistogramError(.indexOutOfRange, "\(side): span number \(number + 1) goes beyond any bucket")
            }
        }
        if needed != counts.count {
            throw NativeHistogramError(.spansDoNotFitBuckets, "\(side): spans need \(needed) buckets, have \(counts.count) buckets")
        }
    }

    private func validateCounts(_ counts: [Double], _ side: String) throws(NativeHistogramError) {
        if let position = counts.firstIndex(where: { $0 < 0 }) {
            throw NativeHistogramError(
                .negativeCount, "\(side): bucket number \(position + 1) has observation count of \(shortest(counts[position]))")
        }
    }

    private func validateCustomBounds() throws(NativeHistogramError) {
        var previous = -Double.infinity
        for (position, bound) in customBounds.enumerated() {
            if bound.isNaN { throw NativeHistogramError(.customBoundsNotFinite, "custom buckets: custom bounds must not be NaN") }
            if position > 0 && bound <= previous {
                throw NativeHistogramError(
                    .customBoundsNotRising,
                    "custom buckets: previous bound is \(shortest(previous)) and current is \(shortest(bound)): "
                        + "custom bounds must be in strictly increasing order")
            }
            previous = bound
        }
        if previous == .infinity {
            throw NativeHistogramError(.customBoundsNotFinite, "custom buckets: last +Inf bound must not be explicitly defined")
        }
    }

    private func shortest(_ value: Double) -> String { FloatText.general(value) }
}

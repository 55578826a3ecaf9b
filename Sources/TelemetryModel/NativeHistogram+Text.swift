extension NativeHistogram.Bucket: CustomStringConvertible {
    /// In the notation of intervals, with the count: `(1,2]:7`.
    public var description: String {
        (lowerInclusive ? "[" : "(") + FloatText.general(lower) + "," + FloatText.general(upper) + (upperInclusive ? "]" : ")") + ":"
            + FloatText.general(count)
    }
}

extension NativeHistogram: CustomStringConvertible {
    /// As Prometheus prints it: count, sum and the populated buckets from the lowest up.
    public var description: String {
        var text = "{count:" + FloatText.general(count) + ", sum:" + FloatText.general(sum)
        for bucket in reversedBuckets(.negative) where bucket.count != 0 { text += ", " + bucket.description }
        if zeroCount != 0 { text += ", " + zeroBucket.description }
        for bucket in buckets(.positive) where bucket.count != 0 { text += ", " + bucket.description }
        return text + "}"
    }
}

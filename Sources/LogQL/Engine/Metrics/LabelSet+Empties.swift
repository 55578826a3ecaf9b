internal import TelemetryModel

/// Label sets in which labels may be there with an empty value, as parsers leave them behind.
extension LabelSet {
    /// The labels that have a value.
    var withoutEmptyValues: LabelSet {
        var ranges = labelRanges
        var kept: [UInt8] = []
        var start = 0
        while let label = ranges.next() {
            if !label.value.isEmpty { kept.append(contentsOf: packed[start..<label.value.upperBound]) }
            start = label.value.upperBound
        }
        return kept.count == packed.count ? self : LabelSet(canonical: kept)
    }
}

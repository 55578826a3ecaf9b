internal import TelemetryModel

/// A label set with the places of its labels, found once for the many lines of a stream.
struct LabelPlaces: Sendable {
    let packed: [UInt8]
    /// Names and values as places in ``packed``, sorted by name.
    let places: [(name: Range<Int>, value: Range<Int>)]

    init(_ labels: LabelSet) {
        packed = labels.packed
        var places: [(name: Range<Int>, value: Range<Int>)] = []
        var ranges = labels.labelRanges
        while let label = ranges.next() { places.append(label) }
        self.places = places
    }
}

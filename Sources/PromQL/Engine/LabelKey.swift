internal import QueryModel
internal import TelemetryModel

/// A label set as key of a dictionary: hashed once over its bytes, compared by its bytes.
struct LabelKey: Hashable {
    let labels: LabelSet
    private let stableHash: UInt64

    init(_ labels: LabelSet) {
        self.labels = labels
        stableHash = labels.stableHash
    }

    func hash(into hasher: inout Hasher) { hasher.combine(stableHash) }
    static func == (left: LabelKey, right: LabelKey) -> Bool {
        left.stableHash == right.stableHash && left.labels.packed == right.labels.packed
    }
}

/// Picks some labels of label sets: those of `by` and `on`, or all but those of `without` and `ignoring`.
///
/// The picked labels are a label set themselves, and serve as key and as labels of the result.
struct LabelPicker {
    private let names: [[UInt8]]
    private let keeps: Bool
    /// Reused from series to series.
    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - keeps: whether `names` are the ones to keep, else the ones to leave out.
    init(_ names: [String], keeps: Bool) {
        self.names = names.map { Array($0.utf8) }
        self.keeps = keeps
    }

    /// What `by (names)` or `without (names)` leaves of a series. The metric name is left out by `without`.
    static func grouping(_ names: [String], isWithout: Bool) -> LabelPicker {
        isWithout ? LabelPicker(names + [LabelName.metricName], keeps: false) : LabelPicker(names, keeps: true)
    }

    /// The labels on which two series have to agree for `on (names)` or `ignoring (names)`.
    static func matching(_ names: [String], isOn: Bool) -> LabelPicker {
        isOn ? LabelPicker(names, keeps: true) : LabelPicker(names + [LabelName.metricName], keeps: false)
    }

    /// The picked labels of one label set.
    mutating func pick(_ labels: LabelSet) -> LabelSet {
        if keeps && names.isEmpty { return LabelSet() }
        buffer.removeAll(keepingCapacity: true)
        var start = 0
        var ranges = labels.labelRanges
        labels.packed.withUnsafeBufferPointer { bytes in
            while let label = ranges.next() {
                let isNamed = names.contains { $0.count == label.name.count && $0.elementsEqual(bytes[label.name]) }
                if isNamed == keeps { buffer.append(contentsOf: bytes[start..<label.value.upperBound]) }
                start = label.value.upperBound
            }
        }
        return buffer.count == labels.packed.count ? labels : LabelSet(canonical: buffer)
    }
}

extension LabelSet {
    /// This set without metric name, type and unit.
    func droppingMetadata() -> LabelSet {
        var kept: [UInt8]?
        var start = 0
        var ranges = labelRanges
        while let label = ranges.next() {
            let end = label.value.upperBound
            if isMetadata(label.name) {
                if kept == nil {
                    kept = []
                    kept?.reserveCapacity(packed.count)
                    kept?.append(contentsOf: packed[..<start])
                }
            } else {
                kept?.append(contentsOf: packed[start..<end])
            }
            start = end
        }
        return kept.map(LabelSet.init(canonical:)) ?? self
    }

    private func isMetadata(_ name: Range<Int>) -> Bool {
        guard name.count == 8, packed[name.lowerBound] == UInt8(ascii: "_"), packed[name.lowerBound + 1] == UInt8(ascii: "_") else {
            return false
        }
        let bytes = packed[name]
        return bytes.elementsEqual(LabelName.metricName.utf8) || bytes.elementsEqual(LabelName.metricType.utf8)
            || bytes.elementsEqual(LabelName.metricUnit.utf8)
    }
}

extension Evaluator {
    static let sameLabels = "vector cannot contain metrics with the same labelset"

    /// Joins series that have the same labels. They must not have values at the same step.
    static func joinDuplicates(_ series: inout [StepSeries]) throws(QueryError) {
        guard series.count > 1 else { return }
        var places: [LabelKey: Int] = [:]
        places.reserveCapacity(series.count)
        var hasDuplicates = false
        for index in series.indices where places.updateValue(index, forKey: LabelKey(series[index].labels)) != nil {
            hasDuplicates = true
            break
        }
        if !hasDuplicates { return }
        places.removeAll(keepingCapacity: true)
        var joined: [StepSeries] = []
        joined.reserveCapacity(series.count)
        for element in series {
            let key = LabelKey(element.labels)
            guard let place = places[key] else {
                places[key] = joined.count
                joined.append(element)
                continue
            }
            for step in 0..<element.column.count {
                guard let value = element.column[step] else { continue }
                if joined[place].column.isPresent(step) { throw QueryError(.execution, sameLabels) }
                joined[place].column[step] = value
            }
        }
        series = joined
    }

    /// Refuses series that have the same labels, whether or not they have values at the same step.
    static func refuseDuplicates(_ series: [StepSeries]) throws(QueryError) {
        guard series.count > 1 else { return }
        var seen: Set<LabelKey> = []
        seen.reserveCapacity(series.count)
        for element in series where !seen.insert(LabelKey(element.labels)).inserted {
            throw QueryError(.execution, sameLabels)
        }
    }
}

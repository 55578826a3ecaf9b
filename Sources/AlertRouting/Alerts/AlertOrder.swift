internal import TelemetryModel

/// The order in which Alertmanager puts alerts into notifications: by `job`, then by `instance` (alerts without the label come last), then as it
/// orders label sets.
struct AlertOrder: Sendable {
    private let labels: LabelSet
    private let count: Int
    private let job: Range<Int>?
    private let instance: Range<Int>?

    init(_ labels: LabelSet) {
        self.labels = labels
        count = labels.count
        job = labels.valueRange(of: LabelName.job)
        instance = labels.valueRange(of: LabelName.instance)
    }

    static func < (left: AlertOrder, right: AlertOrder) -> Bool {
        for (one, other) in [(left.job, right.job), (left.instance, right.instance)] {
            switch (one, other) {
            case (nil, nil): continue
            case (nil, _): return false
            case (_, nil): return true
            case (let one?, let other?):
                let order = compare(left.labels.packed[one], right.labels.packed[other])
                if order != 0 { return order < 0 }
            }
        }
        return precedes(left.labels, left.count, right.labels, right.count)
    }

    /// `Before` of a label set: fewer labels come first. Of as many, the names are gone through in order: where one set lacks a name that the
    /// other has, it comes first; where both have it, values decide.
    static func precedes(_ left: LabelSet, _ right: LabelSet) -> Bool { precedes(left, left.count, right, right.count) }

    private static func precedes(_ left: LabelSet, _ leftCount: Int, _ right: LabelSet, _ rightCount: Int) -> Bool {
        if leftCount != rightCount { return leftCount < rightCount }
        var leftRanges = left.labelRanges
        var rightRanges = right.labelRanges
        while let one = leftRanges.next(), let other = rightRanges.next() {
            let names = compare(left.packed[one.name], right.packed[other.name])
            // The smaller name is missing on the other side.
            if names != 0 { return names > 0 }
            let values = compare(left.packed[one.value], right.packed[other.value])
            if values != 0 { return values < 0 }
        }
        return false
    }

    private static func compare(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        let shared = min(left.count, right.count)
        for offset in 0..<shared {
            let (one, other) = (left[left.startIndex + offset], right[right.startIndex + offset])
            if one != other { return one < other ? -1 : 1 }
        }
        return left.count - right.count
    }
}

internal import TelemetryModel

/// The labels of a target, and how they meet those of its page.
struct TargetLabels: Sendable {
    let labels: LabelSet
    let honorLabels: Bool
    /// Whether one page label and one target label have the same name cannot be known before; the names, for looking.
    private let names: [String]

    init(_ labels: LabelSet, honorLabels: Bool) {
        self.labels = labels
        self.honorLabels = honorLabels
        names = labels.map(\.name)
    }

    /// Puts the target's labels to those of a series of the page. A page label with the name of a target label wins where labels are
    /// honored; otherwise it is renamed to `exported_…`.
    func merged(with page: LabelSet) -> LabelSet {
        if !names.contains(where: { page.valueRange(of: $0) != nil }) { return TargetLabels.union(page, labels) }
        var builder = LabelSetBuilder(page)
        if honorLabels {
            for label in labels where builder[label.name].isEmpty { builder.set(label.name, label.value) }
            return builder.build()
        }
        var renamed: [Label] = []
        for label in labels {
            let exposed = builder[label.name]
            if !exposed.isEmpty { renamed.append(Label(name: label.name, value: exposed)) }
            builder.set(label.name, label.value)
        }
        // Short names first, so that the outcome does not depend on the order of labels that already begin with `exported_`.
        for label in renamed.sorted(by: { $0.name.utf8.count < $1.name.utf8.count }) {
            var name = "exported_" + label.name
            while !builder[name].isEmpty { name = "exported_" + name }
            builder.set(name, label.value)
        }
        return builder.build()
    }

    /// Two label sets without a common name as one, without building strings.
    private static func union(_ left: LabelSet, _ right: LabelSet) -> LabelSet {
        var packed: [UInt8] = []
        packed.reserveCapacity(left.packed.count + right.packed.count)
        var leftRanges = left.labelRanges
        var rightRanges = right.labelRanges
        var leftLabel = leftRanges.next()
        var rightLabel = rightRanges.next()
        func append(_ set: LabelSet, _ label: (name: Range<Int>, value: Range<Int>)) {
            LabelSet.appendRun(set.packed[label.name], to: &packed)
            LabelSet.appendRun(set.packed[label.value], to: &packed)
        }
        while let a = leftLabel {
            if let b = rightLabel, right.packed[b.name].lexicographicallyPrecedes(left.packed[a.name]) {
                append(right, b)
                rightLabel = rightRanges.next()
            } else {
                append(left, a)
                leftLabel = leftRanges.next()
            }
        }
        while let b = rightLabel {
            append(right, b)
            rightLabel = rightRanges.next()
        }
        return LabelSet(canonical: packed)
    }
}

internal import TelemetryModel

/// The labels of a line when all stages have run.
extension LineContext {
    /// Writes the labels that count in the canonical form of `LabelSet.packed`, but with labels whose value is empty. A line with an error
    /// has all its labels, so that the error is not lost.
    ///
    /// - Parameter order: is overwritten.
    func writeLabels(_ grouping: LabelGrouping, order: inout [Int], to packed: inout [UInt8]) {
        packed.removeAll(keepingCapacity: true)
        if hasError { return writeAllLabels(origins: nil, order: &order, to: &packed) }
        switch grouping {
        case .none: return
        case .all: return writeAllLabels(origins: nil, order: &order, to: &packed)
        case .by, .without: break
        }
        order.removeAll(keepingCapacity: true)
        for index in labels.indices where labels[index].isVisible && withBytes(labels[index].name, { grouping.contains($0) }) {
            insert(index, into: &order)
        }
        for index in order { append(labels[index].name, labels[index].value, to: &packed) }
    }

    /// The same with all labels, errors among them; or with those of one origin, of which errors count as parsed.
    func writeAllLabels(origins: Origin?, order: inout [Int], to packed: inout [UInt8]) {
        packed.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
        for index in labels.indices where labels[index].isVisible && (origins ?? labels[index].origin) == labels[index].origin {
            insert(index, into: &order)
        }
        var errors: [(name: [UInt8], value: Range<Int>)] = []
        if origins == nil || origins == .parsed {
            // The order of names.
            if let errorDetails, hasError || isChanged { errors.append((SpecialLabel.errorDetails, errorDetails)) }
            if let error, hasError { errors.append((SpecialLabel.error, error)) }
        }
        for index in order {
            while let next = errors.last, withBytes(labels[index].name, { next.name.lexicographicallyPrecedes($0) }) {
                LabelSet.appendRun(next.name, to: &packed)
                LabelSet.appendRun(bytes[next.value], to: &packed)
                errors.removeLast()
            }
            append(labels[index].name, labels[index].value, to: &packed)
        }
        for next in errors.reversed() {
            LabelSet.appendRun(next.name, to: &packed)
            LabelSet.appendRun(bytes[next.value], to: &packed)
        }
    }

    /// Whether the labels are other than those of the stream.
    private var isChanged: Bool {
        labels.count > streamLabelCount || labels.contains { !$0.isVisible }
    }

    private func append(_ name: Range<Int>, _ value: Range<Int>, to packed: inout [UInt8]) {
        LabelSet.appendRun(bytes[name], to: &packed)
        LabelSet.appendRun(bytes[value], to: &packed)
    }

    /// Inserts a label where its name belongs.
    private func insert(_ label: Int, into order: inout [Int]) {
        var place = order.count
        while place > 0, precedes(labels[label].name, labels[order[place - 1]].name) { place -= 1 }
        order.insert(label, at: place)
    }

    private func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        bytes.withUnsafeBytes { bytes in bytes[left].lexicographicallyPrecedes(bytes[right]) }
    }

    /// The labels by where they come from.
    func categorized(order: inout [Int]) -> LogLabels {
        func set(_ origin: Origin?, _ order: inout [Int]) -> LabelSet {
            var packed: [UInt8] = []
            writeAllLabels(origins: origin, order: &order, to: &packed)
            return LabelSet(canonical: packed)
        }
        return LogLabels(
            stream: set(.stream, &order), metadata: set(.metadata, &order), parsed: set(.parsed, &order), all: set(nil, &order))
    }
}

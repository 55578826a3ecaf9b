internal import RemoteWriteFormat
internal import TelemetryModel

/// Makes canonical label sets out of labels as they lie in a message: sorted, without empty values, checked.
///
/// It keeps its memory: one packer serves any number of series.
struct LabelPacker: Sendable {
    /// The label set made last.
    private(set) var packed: [UInt8] = []
    private var sorted: [LabelPlace] = []
    /// Where labels that come as text are laid out.
    private var laidBytes: [UInt8] = []
    private var laidPlaces: [LabelPlace] = []

    /// The same for labels that come as text.
    mutating func pack(_ labels: [Label], limits: IngestionLimits) -> (reason: RejectionReason, detail: String)? {
        laidBytes.removeAll(keepingCapacity: true)
        laidPlaces.removeAll(keepingCapacity: true)
        for label in labels {
            let start = laidBytes.count
            laidBytes.append(contentsOf: label.name.utf8)
            let middle = laidBytes.count
            laidBytes.append(contentsOf: label.value.utf8)
            laidPlaces.append(LabelPlace(name: start..<middle, value: middle..<laidBytes.count))
        }
        let (places, bytes) = (laidPlaces, laidBytes)
        return pack(places, of: bytes, limits: limits)
    }

    /// Fills ``packed``; gives why it could not, with ``packed`` then of no use.
    mutating func pack(
        _ labels: [LabelPlace], of bytes: [UInt8], limits: IngestionLimits, needsMetricName: Bool = true
    ) -> (reason: RejectionReason, detail: String)? {
        packed.removeAll(keepingCapacity: true)
        if labels.count > limits.labelsPerSeriesMax {
            return (
                .labelLimit,
                "\(metric(labels, bytes)) with \(labels.count) labels, at most \(limits.labelsPerSeriesMax) allowed (limits.max_labels_per_series)"
            )
        }
        if isSorted(labels, bytes) { return append(labels, of: bytes, limits, needsMetricName) }
        sorted.removeAll(keepingCapacity: true)
        sorted.append(contentsOf: labels)
        // Insertion sort: lists are short, and what is unsorted is mostly one label out of place.
        for unsorted in 1..<sorted.count {
            var index = unsorted
            while index > 0 {
                let order = compare(bytes, sorted[index - 1].name, sorted[index].name)
                if order == 0 {
                    return (.duplicateLabel, quoted(String(decoding: bytes[sorted[index].name], as: UTF8.self)))
                }
                if order < 0 { break }
                sorted.swapAt(index - 1, index)
                index -= 1
            }
        }
        return append(sorted, of: bytes, limits, needsMetricName)
    }

    private func isSorted(_ labels: [LabelPlace], _ bytes: [UInt8]) -> Bool {
        guard labels.count > 1 else { return true }
        for index in 1..<labels.count where compare(bytes, labels[index - 1].name, labels[index].name) >= 0 { return false }
        return true
    }

    private mutating func append(
        _ labels: [LabelPlace], of bytes: [UInt8], _ limits: IngestionLimits, _ needsMetricName: Bool
    ) -> (reason: RejectionReason, detail: String)? {
        var hasMetricName = false
        for label in labels {
            if label.name.isEmpty { return (.labels, "a label without a name") }
            if label.value.isEmpty { continue }
            if label.name.count > limits.labelNameBytesMax {
                return (
                    .labelLimit,
                    "\(metric(labels, bytes)) with a label name of \(label.name.count) bytes, \(LabelPacker.start(bytes[label.name])), "
                        + "at most \(limits.labelNameBytesMax) allowed (limits.max_label_name_length)"
                )
            }
            if label.value.count > limits.labelValueBytesMax {
                return (
                    .labelLimit,
                    "\(metric(labels, bytes)) with a value of \(label.value.count) bytes in its label \(LabelPacker.start(bytes[label.name])), "
                        + "at most \(limits.labelValueBytesMax) allowed (limits.max_label_value_length)"
                )
            }
            if label.name.count == 8, isMetricName(bytes, label.name.lowerBound) { hasMetricName = true }
            LabelSet.appendRun(bytes[label.name], to: &packed)
            LabelSet.appendRun(bytes[label.value], to: &packed)
        }
        if needsMetricName, !hasMetricName { return (.nameMissing, described) }
        return isUTF8(labels, bytes) ? nil : (.notUTF8, described)
    }

    /// What was packed, for people; good also where it is not UTF-8.
    private var described: String { LabelSet(canonical: packed).description }

    private func isUTF8(_ labels: [LabelPlace], _ bytes: [UInt8]) -> Bool {
        var highBits: UInt8 = 0
        for byte in packed { highBits |= byte }
        // Lengths from 128 on have high bits as well: then each label is looked at.
        if highBits < 0x80 { return true }
        return labels.allSatisfy { label in
            String(validating: bytes[label.name], as: UTF8.self) != nil && String(validating: bytes[label.value], as: UTF8.self) != nil
        }
    }

    /// The metric that labels are of, for people.
    private func metric(_ labels: [LabelPlace], _ bytes: [UInt8]) -> String {
        let name = labels.first { $0.name.count == 8 && isMetricName(bytes, $0.name.lowerBound) }
        return name.map { LabelPacker.start(bytes[$0.value]) } ?? "a series"
    }

    /// The beginning of a text, quoted: enough to find it by.
    private static func start(_ text: ArraySlice<UInt8>) -> String {
        quoted(String(decoding: text.prefix(64), as: UTF8.self)) + (text.count > 64 ? "…" : "")
    }

    private func isMetricName(_ bytes: [UInt8], _ start: Int) -> Bool {
        bytes[start] == UInt8(ascii: "_") && bytes[start..<start + 8].elementsEqual(LabelName.metricName.utf8)
    }

    private func compare(_ bytes: [UInt8], _ left: Range<Int>, _ right: Range<Int>) -> Int {
        for offset in 0..<min(left.count, right.count) {
            let (a, b) = (bytes[left.lowerBound &+ offset], bytes[right.lowerBound &+ offset])
            if a != b { return a < b ? -1 : 1 }
        }
        return left.count - right.count
    }
}

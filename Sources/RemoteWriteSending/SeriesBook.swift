internal import ByteCoding
public import Relabeling
public import TelemetryModel

/// What is sent for each series of a journal segment: its labels with the external ones added, relabelled.
public struct SeriesBook: Sendable {
    /// A series as it is sent.
    public struct Entry: Sendable {
        public let id: UInt32
        /// By the labels as they were appended.
        public let lane: Int
        /// Canonical bytes; nil where relabelling drops the series.
        public let labels: [UInt8]?
    }

    private let externalLabels: LabelSet
    private let rules: RelabelRules
    private var entries: [UInt64: Entry] = [:]
    private var segment: UInt64 = 0
    private var lastID: UInt32 = 0

    public init(externalLabels: LabelSet, rules: RelabelRules) {
        self.externalLabels = externalLabels
        self.rules = rules
    }

    /// Numbers mean something within a segment only.
    public mutating func turn(to segment: UInt64) {
        if segment == self.segment { return }
        self.segment = segment
        entries.removeAll(keepingCapacity: true)
    }

    /// The series with a number; where labels are given, these are its labels from now on.
    ///
    /// - Returns: nil for a number whose labels are not known.
    public mutating func entry(_ number: UInt64, packed: ArraySlice<UInt8>) -> Entry? {
        if packed.isEmpty { return entries[number] }
        let labels = LabelSet(canonical: Array(packed))
        // It goes around after four thousand million: within a batch none is doubled.
        lastID &+= 1
        let entry = Entry(id: lastID, lane: SendQueue.lane(ofHash: labels.stableHash), labels: sent(labels))
        entries[number] = entry
        return entry
    }

    private func sent(_ labels: LabelSet) -> [UInt8]? {
        var builder = LabelSetBuilder(labels)
        // A label that the series has itself stays.
        for label in externalLabels where builder[label.name].isEmpty { builder.set(label.name, label.value) }
        guard rules.apply(to: &builder) else { return nil }
        let result = builder.build()
        return result.isEmpty ? nil : result.packed
    }
}

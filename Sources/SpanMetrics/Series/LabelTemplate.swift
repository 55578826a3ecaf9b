internal import TelemetryModel

/// The labels that all series of a group have in common, ready to be completed by a metric name and, for a classic bucket, its bound.
struct LabelTemplate: Sendable, Hashable {
    /// Canonical bytes of the labels in common.
    private let packed: [UInt8]
    /// Where `__name__` and `le` belong among them.
    private let namePosition: Int
    private let boundPosition: Int

    init() {
        packed = []
        namePosition = 0
        boundPosition = 0
    }

    /// - Precondition: the names are unique and neither `__name__` nor `le`.
    fileprivate init(sorted labels: [LabelParts.Label]) {
        var packed: [UInt8] = []
        var namePosition = 0
        var boundPosition = 0
        for label in labels {
            LabelSet.appendRun(label.name, to: &packed)
            LabelSet.appendRun(label.value, to: &packed)
            if label.name.lexicographicallyPrecedes(LabelName.metricName.utf8) { namePosition = packed.count }
            if label.name.lexicographicallyPrecedes(LabelName.bucketBound.utf8) { boundPosition = packed.count }
        }
        self.packed = packed
        self.namePosition = namePosition
        self.boundPosition = boundPosition
    }

    /// Bytes that it takes.
    var byteCount: Int { packed.count }

    /// The labels in common alone.
    var labels: LabelSet { LabelSet(canonical: packed) }

    /// Writes a whole label set.
    ///
    /// - Parameters:
    ///   - name: the packed label `__name__`.
    ///   - bound: the packed label `le`; empty for none.
    func complete(name: [UInt8], bound: [UInt8] = [], into labels: inout [UInt8]) {
        labels.removeAll(keepingCapacity: true)
        // `__name__` comes before `le`.
        labels.append(contentsOf: packed[..<namePosition])
        labels.append(contentsOf: name)
        labels.append(contentsOf: packed[namePosition..<boundPosition])
        labels.append(contentsOf: bound)
        labels.append(contentsOf: packed[boundPosition...])
    }

    /// A label in canonical bytes.
    static func packedLabel(_ name: String, _ value: String) -> [UInt8] {
        var packed: [UInt8] = []
        LabelSet.appendRun(Array(name.utf8), to: &packed)
        LabelSet.appendRun(Array(value.utf8), to: &packed)
        return packed
    }
}

/// Labels while they are gathered, in any order.
struct LabelParts: Sendable {
    struct Label: Sendable {
        var name: [UInt8]
        var value: [UInt8]
    }

    /// Longer values are cut off, as in Tempo.
    static let valueBytesMax = 2048

    private(set) var labels: [Label] = []

    /// Adds a label, unless its value is empty. A name that is there already gets the new value.
    mutating func set(_ name: [UInt8], _ value: [UInt8]) {
        if value.isEmpty { return }
        let value = value.count > LabelParts.valueBytesMax ? Array(LabelParts.cut(value)) : value
        if let index = labels.firstIndex(where: { $0.name == name }) {
            labels[index].value = value
        } else {
            labels.append(Label(name: name, value: value))
        }
    }

    mutating func set(_ name: String, _ value: String) { set(Array(name.utf8), Array(value.utf8)) }

    var count: Int { labels.count }

    /// The template of these labels; nil where one of them is not UTF-8.
    func template() -> LabelTemplate? {
        for label in labels
        where String(validating: label.value, as: UTF8.self) == nil || String(validating: label.name, as: UTF8.self) == nil {
            return nil
        }
        return LabelTemplate(sorted: labels.sorted { $0.name.lexicographicallyPrecedes($1.name) })
    }

    /// As much of a value as is kept: no character is cut in two.
    static func cut(_ value: [UInt8]) -> ArraySlice<UInt8> { value[..<cutLength(value.count) { value[$0] }] }

    /// How many bytes of a value are kept.
    @inline(__always)
    static func cutLength(_ count: Int, byte: (Int) -> UInt8) -> Int {
        if count <= valueBytesMax { return count }
        var end = valueBytesMax
        while end > valueBytesMax - 4, byte(end) & 0xc0 == 0x80 { end -= 1 }
        return end
    }
}

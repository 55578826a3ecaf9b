internal import ByteCoding

/// One label as text. Only for borders where people or other programs read it.
public struct Label: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension LabelSet: Sequence {
    /// Gives the labels as strings, in order.
    public struct Iterator: IteratorProtocol {
        let packed: [UInt8]
        var ranges: LabelRanges

        public mutating func next() -> Label? {
            guard let label = ranges.next() else { return nil }
            return Label(
                name: String(decoding: packed[label.name], as: UTF8.self),
                value: String(decoding: packed[label.value], as: UTF8.self)
            )
        }
    }

    public func makeIterator() -> Iterator { Iterator(packed: packed, ranges: labelRanges) }
}

extension LabelSet: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}

extension LabelSet: CustomStringConvertible {
    /// As Prometheus prints a series: `name{a="b", c="d"}`, names that are not classic identifiers quoted inside the braces.
    public var description: String {
        var text = ""
        var parts: [String] = []
        for label in self {
            if label.name == LabelName.metricName {
                if LabelSet.isClassicMetricName(label.value) { text = label.value } else { parts.insert(quoted(label.value), at: 0) }
            } else {
                let name = LabelSet.isClassicLabelName(label.name) ? label.name : quoted(label.name)
                parts.append(name + "=" + quoted(label.value))
            }
        }
        if !text.isEmpty && parts.isEmpty { return text }
        return text + "{" + parts.joined(separator: ", ") + "}"
    }

    /// Whether a name is `[a-zA-Z_][a-zA-Z0-9_]*`, so that it needs no quotes.
    public static func isClassicLabelName(_ name: String) -> Bool { isClassic(name, allowColon: false) }

    /// Whether a name is `[a-zA-Z_:][a-zA-Z0-9_:]*`, so that it needs no quotes.
    public static func isClassicMetricName(_ name: String) -> Bool { isClassic(name, allowColon: true) }

    private static func isClassic(_ name: String, allowColon: Bool) -> Bool {
        var first = true
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9"): if first { return false }
            case UInt8(ascii: ":"): if !allowColon { return false }
            default: return false
            }
            first = false
        }
        return !first
    }
}

/// A string in double quotes with `\`, `"` and control characters escaped as Go's `%q` does for them.
public func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\r": result += "\\r"
        default:
            if scalar.value < 0x20 || scalar.value == 0x7f {
                let hex = String(scalar.value, radix: 16)
                result += "\\x" + (hex.utf8.count < 2 ? "0" : "") + hex
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
    return result + "\""
}

extension LabelSet: Comparable {
    /// Order of Prometheus: label by label, name then value, by bytes; a prefix comes first.
    public static func < (left: LabelSet, right: LabelSet) -> Bool {
        let same = left.packed.span.bytes.countOfCommonPrefix(right.packed.span.bytes)
        // Then one of them is the beginning of the other.
        if same == Swift.min(left.packed.count, right.packed.count) { return left.packed.count < right.packed.count }
        var leftRanges = left.labelRanges
        var rightRanges = right.labelRanges
        while true {
            guard let rightLabel = rightRanges.next() else { return false }
            guard let leftLabel = leftRanges.next() else { return true }
            if leftLabel.value.upperBound <= same { continue }
            let names = compareBytes(left.packed, leftLabel.name, right.packed, rightLabel.name)
            if names != 0 { return names < 0 }
            let values = compareBytes(left.packed, leftLabel.value, right.packed, rightLabel.value)
            if values != 0 { return values < 0 }
        }
    }

    private static func compareBytes(_ left: [UInt8], _ leftRange: Range<Int>, _ right: [UInt8], _ rightRange: Range<Int>) -> Int {
        let shared = Swift.min(leftRange.count, rightRange.count)
        for index in 0..<shared {
            let (a, b) = (left[leftRange.lowerBound + index], right[rightRange.lowerBound + index])
            if a != b { return a < b ? -1 : 1 }
        }
        return leftRange.count - rightRange.count
    }
}

extension LabelSet {
    /// The labels whose names are in `names`. O(labels · names).
    public func keeping(_ names: [String]) -> LabelSet { filtered { name in names.contains { name.elementsEqual($0.utf8) } } }

    /// The labels whose names are not in `names`. O(labels · names).
    public func removing(_ names: [String]) -> LabelSet { filtered { name in !names.contains { name.elementsEqual($0.utf8) } } }

    /// This set without the metric name.
    public func removingMetricName() -> LabelSet { removing([LabelName.metricName]) }

    /// This set with one label set to a value, or without it where the value is empty.
    public func setting(_ name: String, _ value: String) -> LabelSet {
        var builder = LabelSetBuilder(self)
        builder.set(name, value)
        return builder.build()
    }

    private func filtered(_ keep: (ArraySlice<UInt8>) -> Bool) -> LabelSet {
        var kept: [UInt8] = []
        kept.reserveCapacity(packed.count)
        var ranges = labelRanges
        var start = 0
        while let label = ranges.next() {
            if keep(packed[label.name]) { kept.append(contentsOf: packed[start..<label.value.upperBound]) }
            start = label.value.upperBound
        }
        return kept.count == packed.count ? self : LabelSet(canonical: kept)
    }
}

/// A label set under construction, for paths where labels are read, changed and set by name.
public struct LabelSetBuilder: Sendable {
    private var labels: [Label] = []

    public init() {}

    public init(_ set: LabelSet) { labels = Array(set) }

    /// The value of a label; empty where the label is absent.
    public subscript(name: String) -> String {
        get { labels.first { LabelSetBuilder.sameBytes($0.name, name) }?.value ?? "" }
        set { set(name, newValue) }
    }

    /// Sets a label; an empty value removes it.
    public mutating func set(_ name: String, _ value: String) {
        if let index = labels.firstIndex(where: { LabelSetBuilder.sameBytes($0.name, name) }) {
            if value.isEmpty { labels.remove(at: index) } else { labels[index].value = value }
        } else if !value.isEmpty {
            labels.append(Label(name: name, value: value))
        }
    }

    /// Removes a label if it is there.
    public mutating func remove(_ name: String) { labels.removeAll { LabelSetBuilder.sameBytes($0.name, name) } }

    /// Removes every label for which the closure answers true.
    public mutating func removeAll(where condition: (Label) -> Bool) { labels.removeAll(where: condition) }

    /// The labels so far, in no particular order.
    public var current: [Label] { labels }

    /// The finished label set.
    public func build() -> LabelSet {
        let sorted = labels.filter { !$0.name.isEmpty }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var packed: [UInt8] = []
        packed.reserveCapacity(sorted.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 })
        for label in sorted {
            LabelSet.appendRun(label.name.utf8, to: &packed)
            LabelSet.appendRun(label.value.utf8, to: &packed)
        }
        return LabelSet(canonical: packed)
    }

    private static func sameBytes(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
}

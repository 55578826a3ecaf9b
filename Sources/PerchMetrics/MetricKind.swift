/// The type of a metric family, named as the text formats name it.
public enum MetricKind: String, Sendable, Hashable {
    case counter, gauge, histogram
}

/// What stands above the samples of a metric family.
struct FamilyHeader: Sendable, Hashable {
    let name: String
    let kind: MetricKind
    let help: String
    /// The base unit that the name ends with (before `_total`), or empty.
    let unit: String

    init(name: String, kind: MetricKind, help: String, unit: String) {
        precondition(FamilyHeader.isMetricName(name), "BUG: \(name) is no metric name")
        let base = name.hasSuffix("_total") ? String(name.dropLast(6)) : name
        precondition(
            (kind == .counter) == name.hasSuffix("_total"), "BUG: exactly counters end in _total, but \(name) is a \(kind.rawValue)")
        precondition(unit.isEmpty || base.hasSuffix("_" + unit), "BUG: \(name) does not end with its unit \(unit)")
        self.name = name
        self.kind = kind
        self.help = help
        self.unit = unit
    }

    /// Whether a name is `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isMetricName(_ name: String) -> Bool { isName(name, allowColon: true) }

    /// Whether a name is `[a-zA-Z_][a-zA-Z0-9_]*`.
    static func isLabelName(_ name: String) -> Bool { isName(name, allowColon: false) }

    private static func isName(_ name: String, allowColon: Bool) -> Bool {
        for (index, byte) in name.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): continue
            case UInt8(ascii: "0")...UInt8(ascii: "9") where index > 0: continue
            case UInt8(ascii: ":") where allowColon: continue
            default: return false
            }
        }
        return !name.isEmpty
    }
}

/// Labels as the text formats write them between the braces, without the braces: rendered once, when a child is made.
struct RenderedLabels: Sendable, Hashable {
    let bytes: [UInt8]

    init(_ pairs: some Sequence<(String, String)>) {
        var bytes: [UInt8] = []
        for (name, value) in pairs.sorted(by: { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }) {
            precondition(FamilyHeader.isLabelName(name), "BUG: \(name) is no label name")
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: "=\"".utf8)
            TextExposition.appendEscaped(value, quotes: true, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        self.bytes = bytes
    }
}

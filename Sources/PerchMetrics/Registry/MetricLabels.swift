/// The labels of one series: names, each once, with their values, and how the text formats write them, which is made once.
public struct MetricLabels: Sendable {
    /// Rising by name.
    public let pairs: [(name: String, value: String)]
    /// What the text formats write between the braces where names need not be escaped.
    let text: [UInt8]
    /// Whether all names are classic, so that every format writes `text`.
    let isClassic: Bool

    static let none = MetricLabels([])

    /// Any text will do for names and values. Of labels with the same name the first counts; one without a name is left out.
    init(_ labels: some Sequence<(String, String)>) {
        var pairs: [(name: String, value: String)] = []
        for (name, value) in labels where !name.isEmpty { pairs.append((name, value)) }
        if pairs.count > 1 {
            // Sorting is stable, so the first of equal names stays the first.
            pairs.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            var kept: [(name: String, value: String)] = []
            for pair in pairs where kept.last?.name != pair.name { kept.append(pair) }
            pairs = kept
        }
        self.pairs = pairs
        isClassic = pairs.allSatisfy { MetricNames.isClassicLabelName($0.name) }
        text = MetricLabels.rendered(pairs)
    }

    /// What the text formats write between the braces for a scraper that wants names escaped so.
    func text(_ escaping: NameEscaping) -> [UInt8] {
        if escaping == .allowUTF8 || (isClassic && escaping != .dots) { return text }
        return MetricLabels.rendered(escapedPairs(escaping))
    }

    /// The labels with their names escaped. Names that thereby become the same are joined, their values with `;` between (OpenTelemetry,
    /// "Prometheus and OpenMetrics Compatibility").
    func escapedPairs(_ escaping: NameEscaping) -> [(name: String, value: String)] {
        if escaping == .allowUTF8 || (isClassic && escaping != .dots) { return pairs }
        var escaped: [(name: String, value: String)] = []
        for pair in pairs {
            let name = escaping.escaped(pair.name, allowsColon: false)
            if let index = escaped.firstIndex(where: { $0.name == name }) {
                escaped[index].value += ";" + pair.value
            } else {
                escaped.append((name, pair.value))
            }
        }
        return escaped.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The value of the label with this name.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    private static func rendered(_ pairs: [(name: String, value: String)]) -> [UInt8] {
        var text: [UInt8] = []
        for (name, value) in pairs {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            TextExposition.appendName(name, isClassic: MetricNames.isClassicLabelName(name), to: &text)
            text.append(UInt8(ascii: "="))
            text.append(UInt8(ascii: "\""))
            TextExposition.appendEscaped(value, quotes: true, to: &text)
            text.append(UInt8(ascii: "\""))
        }
        return text
    }
}

extension MetricLabels: Hashable {
    public static func == (left: MetricLabels, right: MetricLabels) -> Bool { left.text == right.text }
    public func hash(into hasher: inout Hasher) { text.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

extension MetricLabels: CustomStringConvertible {
    public var description: String { "{" + String(decoding: text, as: UTF8.self) + "}" }
}

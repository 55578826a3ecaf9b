internal import PerchWire
internal import Synchronization

/// The labels of one series: names, each once, with their values, and how the formats write them, which is made once.
public struct MetricLabels: Sendable {
    /// One object, so that one reference is counted wherever labels are passed on.
    private final class Content: Sendable {
        let pairs: [(name: String, value: String)]
        let text: [UInt8]
        /// Whether all names are classic, so that every format writes `text`.
        let isClassic: Bool
        /// The pairs as protobuf writes them, once somebody asked for that.
        let message = AtomicLazyReference<Message>()

        init(_ pairs: [(name: String, value: String)]) {
            self.pairs = pairs
            isClassic = pairs.allSatisfy { MetricNames.isClassicLabelName($0.name) }
            text = MetricLabels.rendered(pairs)
        }
    }

    private final class Message: Sendable {
        let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    private let content: Content

    /// Rising by name.
    public var pairs: [(name: String, value: String)] { content.pairs }
    /// What the text formats write between the braces where names need not be escaped.
    var text: [UInt8] { content.text }

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
        content = Content(pairs)
    }

    /// Whether names are written as they are for a scraper that wants them escaped so.
    private func isPlain(_ escaping: NameEscaping) -> Bool { escaping == .allowUTF8 || (content.isClassic && escaping != .dots) }

    /// What the text formats write between the braces for a scraper that wants names escaped so.
    func text(_ escaping: NameEscaping) -> [UInt8] { isPlain(escaping) ? content.text : MetricLabels.rendered(escapedPairs(escaping)) }

    /// Appends what the text formats write between the braces, with something in front and behind; nothing at all where there are no labels.
    ///
    /// - Returns: whether there are labels.
    @inline(__always)
    func appendText(_ escaping: NameEscaping, between opening: [UInt8], and ending: [UInt8], to output: inout [UInt8]) -> Bool {
        if content.text.isEmpty { return false }
        output.append(copying: opening)
        if isPlain(escaping) { output.append(copying: content.text) } else { output.append(copying: text(escaping)) }
        output.append(copying: ending)
        return true
    }

    /// Appends the labels as fields 1 of a message, each a message of name (1) and value (2).
    func appendMessages(_ escaping: NameEscaping, to output: inout ProtobufBytes) {
        guard isPlain(escaping) else {
            MetricLabels.append(escapedPairs(escaping), to: &output)
            return
        }
        if let message = content.message.load() {
            output.bytes.append(copying: message.bytes)
            return
        }
        var written = ProtobufBytes()
        MetricLabels.append(content.pairs, to: &written)
        output.bytes.append(copying: content.message.storeIfNil(Message(written.bytes)).bytes)
    }

    private static func append(_ pairs: [(name: String, value: String)], to output: inout ProtobufBytes) {
        for (name, value) in pairs {
            output.write(1) { label in
                label.write(1, string: name)
                label.write(2, string: value)
            }
        }
    }

    /// The labels with their names escaped. Names that thereby become the same are joined, their values with `;` between (OpenTelemetry,
    /// "Prometheus and OpenMetrics Compatibility").
    func escapedPairs(_ escaping: NameEscaping) -> [(name: String, value: String)] {
        if isPlain(escaping) { return pairs }
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
    public static func == (left: MetricLabels, right: MetricLabels) -> Bool {
        left.content === right.content || left.content.text == right.content.text
    }

    public func hash(into hasher: inout Hasher) { content.text.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

extension MetricLabels: CustomStringConvertible {
    public var description: String { "{" + String(decoding: text, as: UTF8.self) + "}" }
}

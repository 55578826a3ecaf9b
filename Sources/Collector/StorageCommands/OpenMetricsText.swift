internal import TelemetryModel

/// Lines of OpenMetrics text that read back as exactly what they were written from.
struct OpenMetricsText {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// A series as it stands before its value: `name{label="value"}`.
    static func series(_ labels: LabelSet) -> [UInt8] {
        var text = OpenMetricsText()
        var parts = 0
        let name = labels.metricName ?? ""
        let isClassic = LabelSet.isClassicMetricName(name)
        if isClassic { text.add(name) }
        for label in labels where label.name != LabelName.metricName || !isClassic {
            text.add(parts == 0 ? "{" : ",")
            parts += 1
            if label.name != LabelName.metricName {
                if LabelSet.isClassicLabelName(label.name) { text.add(label.name) } else { text.addQuoted(label.name) }
                text.add("=")
            }
            text.addQuoted(label.value)
        }
        if parts > 0 { text.add("}") }
        return text.bytes
    }

    mutating func addSample(series: [UInt8], value: Double, timestamp: Timestamp, exemplar: Exemplar? = nil) {
        bytes += series
        add(" " + FloatText.general(value) + " " + OpenMetricsText.seconds(timestamp))
        if let exemplar {
            add(" # ")
            bytes += OpenMetricsText.labels(exemplar.labels)
            add(" " + FloatText.general(exemplar.value) + " " + OpenMetricsText.seconds(exemplar.timestamp))
        }
        add("\n")
    }

    /// Labels in braces, which are there also where there are no labels.
    private static func labels(_ labels: LabelSet) -> [UInt8] {
        var text = OpenMetricsText()
        text.add("{")
        var isFirst = true
        for label in labels {
            if !isFirst { text.add(",") }
            isFirst = false
            if LabelSet.isClassicLabelName(label.name) { text.add(label.name) } else { text.addQuoted(label.name) }
            text.add("=")
            text.addQuoted(label.value)
        }
        text.add("}")
        return text.bytes
    }

    mutating func addMetadata(family: String, _ metadata: MetricMetadata) {
        addComment("TYPE", family, metadata.type.rawValue)
        if !metadata.unit.isEmpty, family.hasSuffix("_" + metadata.unit) { addComment("UNIT", family, metadata.unit) }
        if !metadata.help.isEmpty { addComment("HELP", family, metadata.help) }
    }

    mutating func addEndMarker() { add("# EOF\n") }

    /// A time in seconds whose product with 1000, cut off as readers do, is the time in milliseconds.
    static func seconds(_ timestamp: Timestamp) -> String {
        var seconds = Double(timestamp) / 1000
        // Most times fit at once; the product of some falls short by the last bit.
        for _ in 0..<4 {
            let read = (seconds * 1000).rounded(.towardZero)
            if read == Double(timestamp) { break }
            seconds = read < Double(timestamp) ? seconds.nextUp : seconds.nextDown
        }
        return FloatText.fixed(seconds)
    }

    private mutating func addComment(_ keyword: String, _ family: String, _ text: String) {
        add("# " + keyword + " ")
        if LabelSet.isClassicMetricName(family) { add(family) } else { addQuoted(family) }
        add(" ")
        if keyword == "HELP" { addEscaped(text) } else { add(text) }
        add("\n")
    }

    private mutating func add(_ text: String) { bytes += text.utf8 }

    private mutating func addQuoted(_ text: String) {
        add("\"")
        addEscaped(text)
        add("\"")
    }

    private mutating func addEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            default: bytes.append(byte)
            }
        }
    }
}

internal import PerchWire

/// Writes metric families in a text format.
struct TextExposition: Sendable {
    let format: MetricFormat
    private let isOpenMetrics: Bool

    init(format: MetricFormat) {
        self.format = format
        isOpenMetrics = format.syntax == .openMetrics
    }

    func append(_ family: MetricFamilySnapshot, to output: inout [UInt8]) {
        appendHeader(family, to: &output)
        let name = name(family.name)
        let isPlain = family.isClassic || format.escaping != .allowUTF8
        let writer = SampleWriter(name: name, isPlain: isPlain)
        let created = creationWriter(family, isPlain: isPlain)
        for point in family.points {
            let labels = point.labels.text(format.escaping)
            switch point.value {
            case .number(let value):
                writer.appendUpToEnd("", labels, value, to: &output)
                if isOpenMetrics, let exemplar = point.exemplar { append(exemplar, to: &output) }
                output.append(UInt8(ascii: "\n"))
            case .histogram(let histogram): append(histogram, labels, writer, to: &output)
            case .summary(let summary): append(summary, labels, writer, to: &output)
            }
            if let created, point.created > 0 {
                created.appendStart("_created", labels, to: &output)
                TextExposition.appendSeconds(point.created, to: &output)
                output.append(UInt8(ascii: "\n"))
            }
        }
    }

    /// Writes the samples that tell when counting began; nil where there are none.
    private func creationWriter(_ family: MetricFamilySnapshot, isPlain: Bool) -> SampleWriter? {
        guard isOpenMetrics && format.writesCreated && family.kind != .gauge else { return nil }
        return SampleWriter(name: name(family.kind == .counter ? FamilyHeader.base(family.name) : family.name), isPlain: isPlain)
    }

    func appendEnd(to output: inout [UInt8]) {
        if isOpenMetrics { output.append(contentsOf: "# EOF\n".utf8) }
    }

    private func name(_ name: String) -> String { format.escaping.escaped(name, allowsColon: true) }

    private func appendHeader(_ family: MetricFamilySnapshot, to output: inout [UInt8]) {
        // OpenMetrics names the family of a counter without the suffix of its sample.
        let dropsTotal = isOpenMetrics && family.kind == .counter
        let name = name(dropsTotal ? FamilyHeader.base(family.name) : family.name)
        let isPlain = family.isClassic || format.escaping != .allowUTF8
        output.append(contentsOf: "# HELP ".utf8)
        TextExposition.appendName(name, isClassic: isPlain, to: &output)
        output.append(UInt8(ascii: " "))
        TextExposition.appendEscaped(family.help, quotes: isOpenMetrics, to: &output)
        output.append(contentsOf: "\n# TYPE ".utf8)
        TextExposition.appendName(name, isClassic: isPlain, to: &output)
        output.append(contentsOf: " \(family.kind.rawValue)\n".utf8)
        if isOpenMetrics && !family.unit.isEmpty {
            output.append(contentsOf: "# UNIT ".utf8)
            TextExposition.appendName(name, isClassic: isPlain, to: &output)
            output.append(contentsOf: " \(family.unit)\n".utf8)
        }
    }

    private func append(_ histogram: HistogramSnapshot, _ labels: [UInt8], _ writer: SampleWriter, to output: inout [UInt8]) {
        var cumulative: UInt64 = 0
        let bucket = writer.prefix("_bucket", labels)
        for (index, count) in histogram.counts.enumerated() {
            cumulative &+= count
            output.append(contentsOf: bucket)
            output.append(contentsOf: "le=\"".utf8)
            if index < histogram.bounds.count {
                appendBound(histogram.bounds[index], to: &output)
            } else {
                output.append(contentsOf: "+Inf".utf8)
            }
            output.append(contentsOf: "\"} \(cumulative)".utf8)
            if isOpenMetrics && index < histogram.exemplars.count, let exemplar = histogram.exemplars[index] {
                append(exemplar, to: &output)
            }
            output.append(UInt8(ascii: "\n"))
        }
        writer.append("_sum", labels, histogram.sum, to: &output)
        writer.append("_count", labels, Double(cumulative), to: &output)
    }

    private func append(_ summary: SummarySnapshot, _ labels: [UInt8], _ writer: SampleWriter, to output: inout [UInt8]) {
        let prefix = writer.prefix("", labels)
        for quantile in summary.quantiles {
            output.append(contentsOf: prefix)
            output.append(contentsOf: "quantile=\"".utf8)
            appendBound(quantile.share, to: &output)
            output.append(contentsOf: "\"} ".utf8)
            TextExposition.appendNumber(quantile.value, to: &output)
            output.append(UInt8(ascii: "\n"))
        }
        writer.append("_sum", labels, summary.sum, to: &output)
        writer.append("_count", labels, Double(summary.count), to: &output)
    }

    private func append(_ exemplar: Exemplar, to output: inout [UInt8]) {
        output.append(contentsOf: " # {trace_id=\"".utf8)
        exemplar.traceID.appendHexadecimal(to: &output)
        output.append(contentsOf: "\",span_id=\"".utf8)
        exemplar.spanID.appendHexadecimal(to: &output)
        output.append(contentsOf: "\"} ".utf8)
        TextExposition.appendNumber(exemplar.value, to: &output)
        output.append(UInt8(ascii: " "))
        TextExposition.appendSeconds(exemplar.time, to: &output)
    }

    /// OpenMetrics writes whole bounds with a fraction, so that `le="1.0"` is one series whoever exposes it.
    private func appendBound(_ bound: Double, to output: inout [UInt8]) {
        TextExposition.appendNumber(bound, to: &output)
        if isOpenMetrics && bound == bound.rounded() && abs(bound) < 1e15 { output.append(contentsOf: ".0".utf8) }
    }
}

extension TextExposition {
    static func appendNumber(_ value: Double, to output: inout [UInt8]) {
        if value.isNaN {
            output.append(contentsOf: "NaN".utf8)
        } else if value.isInfinite {
            output.append(contentsOf: (value < 0 ? "-Inf" : "+Inf").utf8)
        } else if value == value.rounded() && abs(value) < 1e15 {
            output.append(contentsOf: "\(Int64(value))".utf8)
        } else {
            output.append(contentsOf: "\(value)".utf8)
        }
    }

    /// A time since 1970, in seconds with their milliseconds.
    static func appendSeconds(_ nanoseconds: Int64, to output: inout [UInt8]) {
        let milliseconds = max(nanoseconds, 0) / 1_000_000
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        output.append(contentsOf: "\(milliseconds / 1000).\(fraction)".utf8)
    }

    /// A name of a metric or label: in quotes where it is not classic.
    static func appendName(_ name: String, isClassic: Bool, to output: inout [UInt8]) {
        if isClassic {
            output.append(contentsOf: name.utf8)
        } else {
            output.append(UInt8(ascii: "\""))
            appendEscaped(name, quotes: true, to: &output)
            output.append(UInt8(ascii: "\""))
        }
    }

    /// Help text and label values: `\` and line feeds are escaped, and quotes where they are asked for.
    static func appendEscaped(_ text: String, quotes: Bool, to output: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"): output.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\"") where quotes: output.append(contentsOf: "\\\"".utf8)
            default: output.append(byte)
            }
        }
    }
}

/// Writes the samples of one family.
private struct SampleWriter {
    let name: String
    /// Whether the name stands in front of the braces; one that is not classic stands within them, in quotes.
    let isPlain: Bool

    /// Appends one sample whose name has a suffix.
    func append(_ suffix: StaticString, _ labels: [UInt8], _ value: Double, to output: inout [UInt8]) {
        appendUpToEnd(suffix, labels, value, to: &output)
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends one sample, without the end of its line.
    func appendUpToEnd(_ suffix: StaticString, _ labels: [UInt8], _ value: Double, to output: inout [UInt8]) {
        appendStart(suffix, labels, to: &output)
        TextExposition.appendNumber(value, to: &output)
    }

    /// Appends what stands in front of a value.
    func appendStart(_ suffix: StaticString, _ labels: [UInt8], to output: inout [UInt8]) {
        if isPlain {
            output.append(contentsOf: name.utf8)
            suffix.withUTF8Buffer { output.append(contentsOf: $0) }
            if !labels.isEmpty {
                output.append(UInt8(ascii: "{"))
                output.append(contentsOf: labels)
                output.append(UInt8(ascii: "}"))
            }
        } else {
            output.append(UInt8(ascii: "{"))
            TextExposition.appendName(name + suffix.description, isClassic: false, to: &output)
            if !labels.isEmpty {
                output.append(UInt8(ascii: ","))
                output.append(contentsOf: labels)
            }
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: " "))
    }

    /// Name and labels up to where one more label is written.
    func prefix(_ suffix: String, _ labels: [UInt8]) -> [UInt8] {
        var prefix: [UInt8] = []
        if isPlain {
            prefix.append(contentsOf: name.utf8)
            prefix.append(contentsOf: suffix.utf8)
            prefix.append(UInt8(ascii: "{"))
        } else {
            prefix.append(UInt8(ascii: "{"))
            TextExposition.appendName(name + suffix, isClassic: false, to: &prefix)
            prefix.append(UInt8(ascii: ","))
        }
        if !labels.isEmpty {
            prefix.append(contentsOf: labels)
            prefix.append(UInt8(ascii: ","))
        }
        return prefix
    }
}

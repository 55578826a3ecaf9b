internal import PerchWire

/// Writes metric families in a text format.
struct TextExposition: Sendable {
    let format: MetricFormat
    private let isOpenMetrics: Bool

    init(format: MetricFormat) {
        self.format = format
        isOpenMetrics = format.syntax == .openMetrics
    }

    func append(_ series: FamilySeries, to output: inout [UInt8]) {
        let header = series.header
        appendHeader(header, to: &output)
        let samples = SampleWriters(name(header.name), isPlain: isPlain(header))
        let creations = creationWriter(header)
        series.forEach(takesExemplars: isOpenMetrics) { labels, value, created, exemplar in
            switch value {
            case .number(let value):
                samples.plain.appendStart(labels, format.escaping, to: &output)
                TextExposition.appendNumber(value, to: &output)
                if let exemplar { append(exemplar, to: &output) }
                output.append(UInt8(ascii: "\n"))
            case .histogram(let histogram): append(histogram, labels.text(format.escaping), samples, to: &output)
            case .summary(let summary): append(summary, labels.text(format.escaping), samples, to: &output)
            }
            if let creations, created > 0 {
                creations.appendStart(labels, format.escaping, to: &output)
                TextExposition.appendSeconds(created, to: &output)
                output.append(UInt8(ascii: "\n"))
            }
        }
    }

    /// Writes the samples that tell when counting began; nil where there are none.
    private func creationWriter(_ header: FamilyHeader) -> SampleWriter? {
        guard isOpenMetrics && format.writesCreated && header.kind != .gauge else { return nil }
        let base = header.kind == .counter ? FamilyHeader.base(header.name) : header.name
        return SampleWriter(name(base) + "_created", isPlain: isPlain(header))
    }

    func appendEnd(to output: inout [UInt8]) {
        if isOpenMetrics { output.append(contentsOf: "# EOF\n".utf8) }
    }

    private func name(_ name: String) -> String { format.escaping.escaped(name, allowsColon: true) }

    /// Whether names are written as they are, without quotes.
    private func isPlain(_ header: FamilyHeader) -> Bool { header.isClassic || format.escaping != .allowUTF8 }

    private func appendHeader(_ header: FamilyHeader, to output: inout [UInt8]) {
        // OpenMetrics names the family of a counter without the suffix of its sample.
        let dropsTotal = isOpenMetrics && header.kind == .counter
        let name = name(dropsTotal ? FamilyHeader.base(header.name) : header.name)
        let isPlain = isPlain(header)
        output.append(contentsOf: "# HELP ".utf8)
        TextExposition.appendName(name, isClassic: isPlain, to: &output)
        output.append(UInt8(ascii: " "))
        TextExposition.appendEscaped(header.help, quotes: isOpenMetrics, to: &output)
        output.append(contentsOf: "\n# TYPE ".utf8)
        TextExposition.appendName(name, isClassic: isPlain, to: &output)
        output.append(contentsOf: " \(header.kind.rawValue)\n".utf8)
        if isOpenMetrics && !header.unit.isEmpty {
            output.append(contentsOf: "# UNIT ".utf8)
            TextExposition.appendName(name, isClassic: isPlain, to: &output)
            output.append(contentsOf: " \(header.unit)\n".utf8)
        }
    }

    private func append(_ histogram: HistogramSnapshot, _ labels: [UInt8], _ samples: SampleWriters, to output: inout [UInt8]) {
        var cumulative: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            cumulative &+= count
            samples.bucket.appendStart(labels, and: "le", to: &output)
            if index < histogram.bounds.count {
                appendBound(histogram.bounds[index], to: &output)
            } else {
                output.append(contentsOf: "+Inf".utf8)
            }
            samples.bucket.appendEndOfLabels(to: &output)
            DecimalDigits.append(cumulative, to: &output)
            if index < histogram.exemplars.count, let exemplar = histogram.exemplars[index] { append(exemplar, to: &output) }
            output.append(UInt8(ascii: "\n"))
        }
        append(sum: histogram.sum, count: cumulative, labels, samples, to: &output)
    }

    private func append(_ summary: SummarySnapshot, _ labels: [UInt8], _ samples: SampleWriters, to output: inout [UInt8]) {
        for quantile in summary.quantiles {
            samples.plain.appendStart(labels, and: "quantile", to: &output)
            appendBound(quantile.share, to: &output)
            samples.plain.appendEndOfLabels(to: &output)
            TextExposition.appendNumber(quantile.value, to: &output)
            output.append(UInt8(ascii: "\n"))
        }
        append(sum: summary.sum, count: summary.count, labels, samples, to: &output)
    }

    private func append(sum: Double, count: UInt64, _ labels: [UInt8], _ samples: SampleWriters, to output: inout [UInt8]) {
        samples.sum.appendStart(labels, to: &output)
        TextExposition.appendNumber(sum, to: &output)
        output.append(UInt8(ascii: "\n"))
        samples.count.appendStart(labels, to: &output)
        DecimalDigits.append(count, to: &output)
        output.append(UInt8(ascii: "\n"))
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
        if DecimalDigits.append(whole: value, to: &output) { return }
        if value.isNaN {
            output.append(contentsOf: "NaN".utf8)
        } else if value.isInfinite {
            output.append(contentsOf: (value < 0 ? "-Inf" : "+Inf").utf8)
        } else if !DecimalDigits.append(short: value, to: &output) {
            output.append(contentsOf: "\(value)".utf8)
        }
    }

    /// A time since 1970, in seconds with their milliseconds.
    static func appendSeconds(_ nanoseconds: Int64, to output: inout [UInt8]) {
        let milliseconds = max(nanoseconds, 0) / 1_000_000
        DecimalDigits.append(UInt64(milliseconds / 1000), to: &output)
        // The digits behind a one, which keeps zeros in front of them.
        let point = output.count
        DecimalDigits.append(UInt64(1000 + milliseconds % 1000), to: &output)
        output[point] = UInt8(ascii: ".")
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

/// Writes the samples of one family; by the family's kind, not all of these are used.
private struct SampleWriters {
    let plain: SampleWriter
    let bucket: SampleWriter
    let sum: SampleWriter
    let count: SampleWriter

    init(_ name: String, isPlain: Bool) {
        plain = SampleWriter(name, isPlain: isPlain)
        bucket = SampleWriter(name + "_bucket", isPlain: isPlain)
        sum = SampleWriter(name + "_sum", isPlain: isPlain)
        count = SampleWriter(name + "_count", isPlain: isPlain)
    }
}

/// Writes the samples of one name, up to their values.
private struct SampleWriter {
    /// What stands in front of labels: `name{`, or `{"name",` where the name is not classic and so stands within the braces.
    private let opening: [UInt8]
    /// What stands in front of a value where there are no labels.
    private let bare: [UInt8]
    private let ending: [UInt8] = Array("} ".utf8)

    init(_ name: String, isPlain: Bool) {
        var quoted: [UInt8] = []
        TextExposition.appendName(name, isClassic: isPlain, to: &quoted)
        let brace = [UInt8(ascii: "{")]
        opening = isPlain ? quoted + brace : brace + quoted + [UInt8(ascii: ",")]
        bare = isPlain ? quoted + [UInt8(ascii: " ")] : brace + quoted + ending
    }

    /// Appends all that stands in front of a value.
    @inline(__always)
    func appendStart(_ labels: MetricLabels, _ escaping: NameEscaping, to output: inout [UInt8]) {
        if !labels.appendText(escaping, between: opening, and: ending, to: &output) { output.append(copying: bare) }
    }

    /// The same with labels that are rendered already.
    func appendStart(_ labels: [UInt8], to output: inout [UInt8]) {
        output.append(copying: labels.isEmpty ? bare : opening)
        if labels.isEmpty { return }
        output.append(copying: labels)
        output.append(copying: ending)
    }

    /// Appends name and labels up to where the value of one more label is written.
    func appendStart(_ labels: [UInt8], and label: StaticString, to output: inout [UInt8]) {
        output.append(copying: opening)
        if !labels.isEmpty {
            output.append(copying: labels)
            output.append(UInt8(ascii: ","))
        }
        label.withUTF8Buffer { output.append(contentsOf: $0) }
        output.append(contentsOf: "=\"".utf8)
    }

    /// Appends what stands between the value of such a label and that of the sample.
    func appendEndOfLabels(to output: inout [UInt8]) { output.append(contentsOf: "\"} ".utf8) }
}

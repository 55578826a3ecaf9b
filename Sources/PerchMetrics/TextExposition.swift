/// Writes metric families in a text format.
struct TextExposition: Sendable {
    let format: TextFormat

    func appendHeader(_ header: FamilyHeader, to output: inout [UInt8]) {
        // OpenMetrics names the family of a counter without the suffix of its sample.
        let dropsTotal = format == .openMetrics && header.kind == .counter
        let name = dropsTotal ? String(header.name.dropLast(6)) : header.name
        output.append(contentsOf: "# HELP \(name) ".utf8)
        TextExposition.appendEscaped(header.help, quotes: format == .openMetrics, to: &output)
        output.append(contentsOf: "\n# TYPE \(name) \(header.kind.rawValue)\n".utf8)
        if format == .openMetrics && !header.unit.isEmpty { output.append(contentsOf: "# UNIT \(name) \(header.unit)\n".utf8) }
    }

    func appendSample(_ name: String, _ labels: [UInt8], _ value: Double, to output: inout [UInt8]) {
        output.append(contentsOf: name.utf8)
        if !labels.isEmpty {
            output.append(UInt8(ascii: "{"))
            output.append(contentsOf: labels)
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: " "))
        TextExposition.appendNumber(value, to: &output)
        output.append(UInt8(ascii: "\n"))
    }

    func appendHistogram(_ name: String, _ labels: [UInt8], _ histogram: Histogram, to output: inout [UInt8]) {
        var cumulative: UInt64 = 0
        for index in 0...histogram.bounds.count {
            cumulative += histogram.count(inBucket: index)
            output.append(contentsOf: name.utf8)
            output.append(contentsOf: "_bucket{".utf8)
            if !labels.isEmpty {
                output.append(contentsOf: labels)
                output.append(UInt8(ascii: ","))
            }
            output.append(contentsOf: "le=\"".utf8)
            if index < histogram.bounds.count {
                appendBound(histogram.bounds[index], to: &output)
            } else {
                output.append(contentsOf: "+Inf".utf8)
            }
            output.append(contentsOf: "\"} \(cumulative)\n".utf8)
        }
        appendSample(name + "_sum", labels, histogram.sum, to: &output)
        appendSample(name + "_count", labels, Double(cumulative), to: &output)
    }

    func appendEnd(to output: inout [UInt8]) {
        if format == .openMetrics { output.append(contentsOf: "# EOF\n".utf8) }
    }

    /// OpenMetrics writes whole bounds with a fraction, so that `le="1.0"` is one series whoever exposes it.
    private func appendBound(_ bound: Double, to output: inout [UInt8]) {
        TextExposition.appendNumber(bound, to: &output)
        if format == .openMetrics && bound == bound.rounded() && abs(bound) < 1e15 { output.append(contentsOf: ".0".utf8) }
    }

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

public import TelemetryModel

extension SampleLine {
    /// Appends the line with its line feed.
    public func append(to bytes: inout [UInt8]) {
        var json = JSONLineWriter(bytes)
        switch self {
        case .series(let series): json.series(series)
        case .metadata(let family, let metadata):
            json.raw("{\"family\":")
            json.string(family)
            json.raw(",\"type\":")
            json.string(metadata.type.rawValue)
            json.raw(",\"help\":")
            json.string(metadata.help)
            json.raw(",\"unit\":")
            json.string(metadata.unit)
            json.raw("}")
        }
        json.raw("\n")
        bytes = json.bytes
    }

    /// Labels as a JSON object, as they stand in `metric`.
    public static func json(_ labels: LabelSet) -> String {
        var json = JSONLineWriter([])
        json.labels(labels)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// A histogram as a JSON object, as it stands in `histograms`.
    public static func json(_ histogram: NativeHistogram) -> String {
        var json = JSONLineWriter([])
        json.histogram(histogram)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// A value as it stands in `samples`.
    public static func json(_ value: Double) -> String {
        if value.isFinite { return FloatText.general(value) }
        if value.isInfinite { return value < 0 ? "\"-Inf\"" : "\"+Inf\"" }
        if value.bitPattern == StaleMarker.normalNaNBits { return "\"NaN\"" }
        let digits = String(value.bitPattern, radix: 16)
        return "\"NaN:" + String(repeating: "0", count: 16 - digits.utf8.count) + digits + "\""
    }
}

/// Writes the parts of a line.
private struct JSONLineWriter {
    private(set) var bytes: [UInt8]

    init(_ bytes: consuming [UInt8]) { self.bytes = bytes }

    mutating func raw(_ text: String) { bytes += text.utf8 }

    mutating func series(_ series: SampleLine.Series) {
        raw("{\"metric\":")
        labels(series.labels)
        if !series.timestamps.isEmpty {
            raw(",\"samples\":")
            list(series.timestamps.indices) { json, index in
                json.raw("[\(series.timestamps[index])," + SampleLine.json(series.values[index]))
                json.start(series.starts, index)
            }
        }
        if !series.histograms.isEmpty {
            raw(",\"histograms\":")
            list(series.histograms.indices) { json, index in
                json.raw("[\(series.histograms[index].timestamp),")
                json.histogram(series.histograms[index].histogram)
                json.start(series.histogramStarts, index)
            }
        }
        if !series.exemplars.isEmpty {
            raw(",\"exemplars\":")
            list(series.exemplars) { json, exemplar in
                json.raw("[\(exemplar.timestamp)," + SampleLine.json(exemplar.value) + ",")
                json.labels(exemplar.labels)
                json.raw("]")
            }
        }
        raw("}")
    }

    /// Ends a sample with its start, where that is known.
    private mutating func start(_ starts: [Timestamp], _ index: Int) {
        raw(index < starts.count && starts[index] != 0 ? ",\(starts[index])]" : "]")
    }

    mutating func labels(_ labels: LabelSet) {
        raw("{")
        var isFirst = true
        for label in labels {
            if !isFirst { raw(",") }
            isFirst = false
            string(label.name)
            raw(":")
            string(label.value)
        }
        raw("}")
    }

    /// Members that say nothing are left out.
    mutating func histogram(_ histogram: NativeHistogram) {
        raw("{\"count\":" + SampleLine.json(histogram.count) + ",\"sum\":" + SampleLine.json(histogram.sum))
        raw(",\"schema\":\(histogram.schema)")
        raw(",\"zero_threshold\":" + SampleLine.json(histogram.zeroThreshold))
        raw(",\"zero_count\":" + SampleLine.json(histogram.zeroCount))
        side("positive", histogram.positiveSpans, histogram.positiveBuckets)
        side("negative", histogram.negativeSpans, histogram.negativeBuckets)
        if !histogram.customBounds.isEmpty { numbers("custom_bounds", histogram.customBounds) }
        if histogram.isFloat { raw(",\"float\":true") }
        if histogram.resetHint != .unknown { raw(",\"reset_hint\":\"" + histogram.resetHint.word + "\"") }
        raw("}")
    }

    private mutating func side(_ name: String, _ spans: [NativeHistogram.BucketSpan], _ counts: [Double]) {
        if !spans.isEmpty {
            raw(",\"" + name + "_spans\":")
            list(spans) { json, span in json.raw("[\(span.offset),\(span.length)]") }
        }
        if !counts.isEmpty { numbers(name + "_counts", counts) }
    }

    private mutating func numbers(_ name: String, _ values: [Double]) {
        raw(",\"" + name + "\":")
        list(values) { json, value in json.raw(SampleLine.json(value)) }
    }

    private mutating func list<Element>(_ elements: some Sequence<Element>, _ body: (inout JSONLineWriter, Element) -> Void) {
        raw("[")
        var isFirst = true
        for element in elements {
            if !isFirst { raw(",") }
            isFirst = false
            body(&self, element)
        }
        raw("]")
    }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): raw("\\n")
            case ..<0x20, 0x7f: raw("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

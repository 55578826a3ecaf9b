internal import ByteCoding
internal import Compression
internal import ExpositionFormat
internal import OTLPFormat
internal import PushFormats
internal import RemoteReadFormat
internal import RemoteWriteFormat

/// Metrics, and what messages of all kinds are compressed by.
let metricParsers: [String: Parser] = [
    "prometheus-text": { readPage($0, .prometheus) },
    "openmetrics-text": { readPage($0, .openMetrics) },
    "prometheus-protobuf": { page in
        page.withUnsafeBytes { raw in
            var parser = MetricFamilyParser(raw)
            while let entry = try? parser.next() {
                guard entry != .family else { continue }
                var labels: [UInt8] = []
                try? parser.appendLabels(to: &labels)
                _ = try? parser.exemplars(defaultTimestamp: 0)
            }
        }
    },
    "remote-write-1": { readRemoteWrite($0, .v1) },
    "remote-write-2": { readRemoteWrite($0, .v2) },
    "otlp-metrics": { message in
        message.withUnsafeBytes { raw in
            var decoder = OTLPMetricDecoder(raw)
            while let item = try? decoder.next() { _ = item }
        }
    },
    "otlp-json": { text in
        _ = try? OTLPJSON.transcode(text)
        _ = try? OTLPJSON.transcodeLogs(text)
        _ = try? OTLPJSON.transcodeMetrics(text)
    },
    "influx": { text in
        var line = InfluxLine()
        for part in text.split(separator: UInt8(ascii: "\n")) { _ = try? line.read(part) }
    },
    "graphite": { text in for part in text.split(separator: UInt8(ascii: "\n")) { _ = try? GraphiteLine(part) } },
    "statsd": { text in for part in text.split(separator: UInt8(ascii: "\n")) { _ = try? StatsDLine(part) } },
    "remote-read": { message in _ = try? RemoteReadRequest(message) },
    "gzip": { decompress($0, .gzip) },
    "zstd": { decompress($0, .zstd()) },
    "snappy": { decompress($0, .snappyBlock) },
]

private func readPage(_ page: [UInt8], _ format: ExpositionTextFormat) {
    var parser = ExpositionParser(page, format: format)
    var decoder = SeriesTextDecoder()
    while let entry = try? parser.next() {
        guard case .sample(let sample) = entry else { continue }
        var packed: [UInt8] = []
        try? decoder.decode(page, sample.series, into: &packed)
        if let range = sample.exemplar { _ = try? decoder.decodeExemplar(page, range, defaultTimestamp: 0) }
    }
}

private func readRemoteWrite(_ message: [UInt8], _ version: RemoteWriteVersion) {
    var decoder = RemoteWriteDecoder()
    guard (try? decoder.start(message, version: version)) != nil else { return }
    while let item = try? decoder.next() { _ = item }
}

private func decompress(_ bytes: [UInt8], _ codec: Codec) {
    var plain: [UInt8] = []
    bytes.withUnsafeBytes { raw in try? codec.decompress(raw, limit: 1 << 20, into: &plain) }
    precondition(plain.count <= 1 << 20, "more than the limit")
}

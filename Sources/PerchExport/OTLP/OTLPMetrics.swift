public import PerchMetrics
internal import PerchWire

/// Writes metrics as an `ExportMetricsServiceRequest` (opentelemetry-proto, metrics.proto).
public enum OTLPMetrics {
    /// - Parameter time: when the numbers were taken, in nanoseconds since 1970.
    public static func encode(_ families: [MetricFamilySnapshot], resource: TelemetryResource, time: Int64) -> [UInt8] {
        var request = ProtobufBytes()
        request.write(1) { resourceMetrics in
            resourceMetrics.write(1, resource: resource)
            resourceMetrics.write(2) { scopeMetrics in
                scopeMetrics.write(1, scope: "PerchMetrics")
                for family in families {
                    for isNative in parts(family) { scopeMetrics.write(2) { append(family, isNative: isNative, time, to: &$0) } }
                }
            }
        }
        return request.bytes
    }

    /// Whether the family has native histograms, which are a kind of their own in OTLP. All histograms of one family have the same buckets.
    private static func parts(_ family: MetricFamilySnapshot) -> [Bool] {
        guard family.kind == .histogram, case .histogram(let first)? = family.points.first?.value else { return [false] }
        return [first.native != nil]
    }

    private static func append(_ family: MetricFamilySnapshot, isNative: Bool, _ time: Int64, to metric: inout ProtobufBytes) {
        let temporality: UInt64 = family.isDelta ? 1 : 2
        metric.write(1, string: family.sourceName)
        metric.write(2, string: family.help)
        metric.write(3, string: unit(family.unit))
        switch family.kind {
        case .gauge: metric.write(5) { appendPoints(family, time, to: &$0) }
        case .counter:
            metric.write(7) { sum in
                appendPoints(family, time, to: &sum)
                sum.write(2, uint64: temporality)
                sum.write(3, bool: true)
            }
        case .histogram:
            metric.write(isNative ? 10 : 9) { histogram in
                appendPoints(family, time, to: &histogram)
                histogram.write(2, uint64: temporality)
            }
        case .summary: metric.write(11) { appendPoints(family, time, to: &$0) }
        }
    }

    private static func appendPoints(_ family: MetricFamilySnapshot, _ time: Int64, to data: inout ProtobufBytes) {
        for point in family.points {
            data.write(1) { message in
                let attributes = attributesField(point.value)
                for label in point.labels.pairs { message.write(attributes, attribute: label.name, label.value) }
                if point.created > 0 && family.kind != .gauge { message.write(2, fixed64: UInt64(point.created)) }
                message.write(3, fixed64: UInt64(max(time, 0)))
                switch point.value {
                case .number(let value):
                    message.write(4, double: value)
                    if let exemplar = point.exemplar { message.write(5) { append(exemplar, to: &$0) } }
                case .histogram(let histogram):
                    if let native = histogram.native {
                        append(native, histogram, to: &message)
                    } else {
                        append(histogram, to: &message)
                    }
                case .summary(let summary): append(summary, to: &message)
                }
            }
        }
    }

    /// Each kind of point has its attributes in a field of its own number.
    private static func attributesField(_ value: MetricValue) -> Int {
        switch value {
        case .number, .summary: 7
        case .histogram(let histogram): histogram.native == nil ? 9 : 1
        }
    }

    private static func append(_ histogram: HistogramSnapshot, to message: inout ProtobufBytes) {
        message.write(4, fixed64: histogram.count)
        message.write(5, double: histogram.sum)
        message.write(6) { packed in for count in histogram.counts { packed.append(littleEndian: count) } }
        message.write(7) { packed in for bound in histogram.bounds { packed.append(littleEndian: bound.bitPattern) } }
        for case let exemplar? in histogram.exemplars { message.write(8) { append(exemplar, to: &$0) } }
    }

    private static func append(_ native: NativeCounts, _ histogram: HistogramSnapshot, to message: inout ProtobufBytes) {
        message.write(4, fixed64: native.count)
        message.write(5, double: histogram.sum)
        message.write(6, sint64: Int64(native.schema))
        message.write(7, fixed64: native.zeroCount)
        for (field, buckets) in [(8, native.positive), (9, native.negative)] {
            guard let first = buckets.first, let last = buckets.last else { continue }
            message.write(field) { entry in
                // OpenTelemetry counts buckets from their lower bounds, Prometheus from the upper ones.
                entry.write(1, sint64: Int64(first.key - 1))
                entry.write(2) { packed in
                    var index = 0
                    for key in first.key...last.key {
                        if buckets[index].key == key {
                            packed.append(varint: buckets[index].count)
                            index += 1
                        } else {
                            packed.append(varint: 0)
                        }
                    }
                }
            }
        }
        for case let exemplar? in histogram.exemplars { message.write(11) { append(exemplar, to: &$0) } }
        message.write(14, double: native.zeroThreshold)
    }

    private static func append(_ summary: SummarySnapshot, to message: inout ProtobufBytes) {
        message.write(4, fixed64: summary.count)
        message.write(5, double: summary.sum)
        for quantile in summary.quantiles {
            message.write(6) { entry in
                entry.write(1, double: quantile.share)
                entry.write(2, double: quantile.value)
            }
        }
    }

    private static func append(_ exemplar: Exemplar, to message: inout ProtobufBytes) {
        message.write(2, fixed64: UInt64(max(exemplar.time, 0)))
        message.write(3, double: exemplar.value)
        message.write(4, spanID: exemplar.spanID)
        message.write(5, traceID: exemplar.traceID)
    }

    /// Units as UCUM writes them.
    private static func unit(_ unit: String) -> String {
        switch unit {
        case "seconds": "s"
        case "milliseconds": "ms"
        case "bytes": "By"
        case "ratio": "1"
        case "celsius": "Cel"
        default: unit
        }
    }
}

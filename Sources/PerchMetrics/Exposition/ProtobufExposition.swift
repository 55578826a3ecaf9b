internal import PerchWire

/// Writes metric families as length-delimited messages of `io.prometheus.client.MetricFamily` (prometheus/client_model, metrics.proto).
struct ProtobufExposition: Sendable {
    let escaping: NameEscaping

    func append(_ series: FamilySeries, to output: inout [UInt8]) {
        let header = series.header
        var writer = ProtobufBytes()
        swap(&writer.bytes, &output)
        writer.delimited { message in
            message.write(1, string: escaping.escaped(header.name, allowsColon: true))
            message.write(2, string: header.help)
            message.write(3, uint64: type(header.kind))
            series.forEach(takesExemplars: true) { labels, value, created, exemplar in
                message.write(4) { metric in
                    labels.appendMessages(escaping, to: &metric)
                    append(value, header.kind, created: created, exemplar, to: &metric)
                }
            }
            if !header.unit.isEmpty { message.write(5, string: header.unit) }
        }
        swap(&writer.bytes, &output)
    }

    private func type(_ kind: MetricKind) -> UInt64 {
        switch kind {
        case .counter: 0
        case .gauge: 1
        case .summary: 2
        case .histogram: 4
        }
    }

    private func append(
        _ value: MetricValue, _ kind: MetricKind, created: Int64, _ exemplar: Exemplar?, to message: inout ProtobufBytes
    ) {
        switch value {
        case .number(let value) where kind == .counter:
            message.write(3) { counter in
                counter.write(1, double: value)
                if let exemplar { counter.write(2) { append(exemplar, to: &$0) } }
                appendTime(3, created, to: &counter)
            }
        case .number(let value): message.write(2) { $0.write(1, double: value) }
        case .summary(let summary): message.write(4) { append(summary, created: created, to: &$0) }
        case .histogram(let histogram): message.write(7) { append(histogram, created: created, to: &$0) }
        }
    }

    private func append(_ summary: SummarySnapshot, created: Int64, to message: inout ProtobufBytes) {
        message.write(1, uint64: summary.count)
        message.write(2, double: summary.sum)
        for quantile in summary.quantiles {
            message.write(3) { entry in
                entry.write(1, double: quantile.share)
                entry.write(2, double: quantile.value)
            }
        }
        appendTime(4, created, to: &message)
    }

    private func append(_ histogram: HistogramSnapshot, created: Int64, to message: inout ProtobufBytes) {
        // Classic and native buckets are counted one after the other, so their sums may differ by what is under way. The native ones must
        // add up to the count.
        let count = histogram.count
        message.write(1, uint64: count)
        message.write(2, double: histogram.sum)
        var cumulative: UInt64 = 0
        for (index, bound) in histogram.bounds.enumerated() {
            cumulative &+= histogram.counts[index]
            message.write(3) { bucket in
                bucket.write(1, uint64: min(cumulative, count))
                bucket.write(2, double: bound)
                if index < histogram.exemplars.count, let exemplar = histogram.exemplars[index] {
                    bucket.write(3) { append(exemplar, to: &$0) }
                }
            }
        }
        if let last = histogram.exemplars.last, let exemplar = last {
            message.write(3) { bucket in
                bucket.write(1, uint64: count)
                bucket.write(2, double: .infinity)
                bucket.write(3) { append(exemplar, to: &$0) }
            }
        }
        if let native = histogram.native { append(native, to: &message) }
        appendTime(15, created, to: &message)
        if histogram.native != nil {
            for case let exemplar? in histogram.exemplars { message.write(16) { append(exemplar, to: &$0) } }
        }
    }

    private func append(_ native: NativeCounts, to message: inout ProtobufBytes) {
        message.write(5, sint64: Int64(native.schema))
        message.write(6, double: native.zeroThreshold)
        message.write(7, uint64: native.zeroCount)
        append(native.negative, spans: 9, deltas: 10, to: &message)
        append(native.positive, spans: 12, deltas: 13, to: &message)
        if native.positive.isEmpty && native.negative.isEmpty {
            // An empty span tells a native histogram without observations from a classic one.
            message.write(12) { span in
                span.write(1, sint64: 0)
                span.write(2, uint64: 0)
            }
        }
    }

    private func append(_ buckets: [NativeCounts.Bucket], spans: Int, deltas: Int, to message: inout ProtobufBytes) {
        if buckets.isEmpty { return }
        var next = 0
        var index = 0
        while index < buckets.count {
            let first = buckets[index].key
            var length = 1
            while index + length < buckets.count && buckets[index + length].key == first + length { length += 1 }
            message.write(spans) { span in
                span.write(1, sint64: Int64(first - next))
                span.write(2, uint64: UInt64(length))
            }
            next = first + length
            index += length
        }
        message.write(deltas) { packed in
            var before: UInt64 = 0
            for bucket in buckets {
                packed.append(varint: ProtobufBytes.zigzag(Int64(truncatingIfNeeded: bucket.count &- before)))
                before = bucket.count
            }
        }
    }

    private func append(_ exemplar: Exemplar, to message: inout ProtobufBytes) {
        for (name, value) in [("trace_id", exemplar.traceID.description), ("span_id", exemplar.spanID.description)] {
            message.write(1) { label in
                label.write(1, string: name)
                label.write(2, string: value)
            }
        }
        message.write(2, double: exemplar.value)
        appendTime(3, exemplar.time, to: &message)
    }

    /// A `google.protobuf.Timestamp`; nothing where the time is not known.
    private func appendTime(_ field: Int, _ nanoseconds: Int64, to message: inout ProtobufBytes) {
        guard nanoseconds > 0 else { return }
        message.write(field) { time in
            time.write(1, int64: nanoseconds / 1_000_000_000)
            time.write(2, int64: nanoseconds % 1_000_000_000)
        }
    }
}

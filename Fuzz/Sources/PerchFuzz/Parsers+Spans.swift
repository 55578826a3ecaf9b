internal import ByteCoding
internal import JaegerFormat
internal import OTLPFormat
internal import TelemetryModel
internal import ZipkinFormat

/// Spans. What is read of another format becomes OTLP, which has to be read without a fault then.
let spanParsers: [String: Parser] = [
    "jaeger-compact": { datagram in
        asOTLP { sink in
            var encoder = SpanStreamEncoder()
            _ = try? JaegerBatch.readAgentMessage(datagram, .compact) { encoder.append($0, resource: $1, scope: $2) }
            sink(encoder.finish())
        }
    },
    "jaeger-agent-binary": { datagram in
        asOTLP { sink in
            var encoder = SpanStreamEncoder()
            _ = try? JaegerBatch.readAgentMessage(datagram, .binary) { encoder.append($0, resource: $1, scope: $2) }
            sink(encoder.finish())
        }
    },
    "jaeger-binary": { batch in
        asOTLP { sink in
            var encoder = SpanStreamEncoder()
            _ = try? JaegerBatch.read(batch, .binary) { encoder.append($0, resource: $1, scope: $2) }
            sink(encoder.finish())
        }
    },
    "zipkin": { text in
        asOTLP { sink in
            var encoder = SpanStreamEncoder()
            _ = try? ZipkinSpans.read(text, now: present) { encoder.append($0, resource: $1, scope: $2) }
            sink(encoder.finish())
        }
    },
    "otlp-spans": { message in
        message.withUnsafeBytes { raw in
            guard let scan = try? SpanScan(raw) else { return }
            do { _ = try scan.records(of: raw) } catch { preconditionFailure("what was scanned cannot be read: \(error)") }
            let copy = scan.message(of: raw)
            copy.withUnsafeBytes { raw in
                guard let again = try? SpanScan(raw) else { preconditionFailure("what was written cannot be scanned") }
                precondition(again.spans.count == scan.spans.count, "\(scan.spans.count) spans became \(again.spans.count)")
            }
        }
    },
]

private func asOTLP(_ read: (_ sink: ([UInt8]) -> Void) -> Void) {
    read { message in
        message.withUnsafeBytes { raw in
            guard let scan = try? SpanScan(raw) else { preconditionFailure("what was converted cannot be scanned") }
            do { _ = try scan.records(of: raw) } catch { preconditionFailure("what was converted cannot be read: \(error)") }
        }
    }
}

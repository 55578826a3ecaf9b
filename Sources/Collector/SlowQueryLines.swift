internal import HTTPAPI
internal import Logging
internal import PromQL
internal import TelemetryModel
internal import TraceQL

/// Queries that took long, as log lines.
struct SlowQueryLines: Sendable {
    let logger: Logger

    func write(_ query: SlowQueryLog.Entry) {
        var metadata: Logger.Metadata = [
            "query": .string(query.expression), "seconds": .stringConvertible(query.seconds),
            "queue_seconds": .stringConvertible(query.queueSeconds), "peak_samples": .stringConvertible(query.peakSamples),
        ]
        switch query.times {
        case .instant(let time): metadata["time"] = .stringConvertible(Double(time) / 1000)
        case .range(let start, let end, let step):
            metadata["start"] = .stringConvertible(Double(start) / 1000)
            metadata["end"] = .stringConvertible(Double(end) / 1000)
            metadata["step_seconds"] = .stringConvertible(Double(step) / 1000)
        }
        if let series = query.series { metadata["series"] = .stringConvertible(series) }
        if let samples = query.samplesRead { metadata["samples_read"] = .stringConvertible(samples) }
        if let error = query.error { metadata["error"] = .string(error) }
        logger.warning("slow query", metadata: metadata)
    }

    func write(_ query: SlowTraceQueryLog.Entry) {
        var metadata: Logger.Metadata = [
            "query": .string(query.query.text), "kind": .string("traces " + query.query.kind.rawValue),
            "seconds": .stringConvertible(query.seconds), "queue_seconds": .stringConvertible(query.queueSeconds),
            "inspected_spans": .stringConvertible(query.inspectedSpans), "inspected_bytes": .stringConvertible(query.inspectedBytes),
        ]
        if let range = query.query.range {
            metadata["start"] = .stringConvertible(Double(range.start) / 1e9)
            metadata["end"] = .stringConvertible(Double(range.end) / 1e9)
        }
        if let error = query.error { metadata["error"] = .string(error) }
        logger.warning("slow query", metadata: metadata)
    }

    func write(_ query: SlowLogQueryLog.Entry) {
        var metadata: Logger.Metadata = [
            "query": .string(query.query.text), "kind": .string("logs " + query.query.kind.rawValue),
            "seconds": .stringConvertible(query.seconds), "queue_seconds": .stringConvertible(query.queueSeconds),
            "lines_read": .stringConvertible(query.linesRead), "bytes_read": .stringConvertible(query.bytesRead),
            "start": .stringConvertible(Double(query.query.range.start) / 1e9),
            "end": .stringConvertible(Double(query.query.range.end) / 1e9),
        ]
        if let error = query.error { metadata["error"] = .string(error) }
        logger.warning("slow query", metadata: metadata)
    }
}

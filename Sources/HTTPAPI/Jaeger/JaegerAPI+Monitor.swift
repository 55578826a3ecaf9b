internal import CivilCalendar
internal import HTTPTypes
internal import NIOCore
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// What Jaeger's monitor shows of services, from the metrics that are made from spans.
enum JaegerMonitorMetric: Sendable {
    case latencies, calls, errors
}

extension JaegerAPI {
    func monitor(_ call: APICall, _ metric: JaegerMonitorMetric) async throws -> APIReply {
        guard let metrics else {
            return JaegerAPI.reply(
                errors: [JaegerError(code: 501, message: "there are no metrics made from spans")], status: .notImplemented)
        }
        let query = try MonitorQuery(metric, try await call.parameters(), now: environment.now())
        let engine = metrics.engine()
        let expression = try engine.parse(query.text)
        return try await metrics.queries.run(timeout: .milliseconds(metrics.timeoutMilliseconds), channel: call.channel) { budget, _ in
            let answer = try engine.evaluate(expression, times: query.times, source: metrics.source, budget: budget)
            guard case .matrix(let series) = answer.value else { preconditionFailure("BUG: a range query gave no matrix") }
            var writer = JSONWriter()
            writer.metricFamily(query, series)
            return .json(writer)
        }
    }
}

/// One request of the monitor, as PromQL.
private struct MonitorQuery: Sendable {
    let name: String
    let help: String
    let text: String
    let times: EvaluationTimes

    private static let stepsMax: Int64 = 11_000

    init(_ metric: JaegerMonitorMetric, _ parameters: FormParameters, now: UnixNanoseconds) throws(APIFailure) {
        let services = parameters.all("service").filter { !$0.isEmpty }
        if services.isEmpty {
            throw APIFailure(.badData, "unable to parse param 'service': please provide at least one service name")
        }
        let byOperation = try parameters.jaegerFlag("groupByOperation")
        var kinds: [String] = []
        for word in parameters.all("spanKind") where !word.isEmpty {
            _ = try JaegerAPI.spanKind(word)
            kinds.append("SPAN_KIND_" + word.uppercased())
        }
        if kinds.isEmpty { kinds = ["SPAN_KIND_SERVER"] }
        let end = Int64(clamping: try parameters.jaegerTime("endTs", unit: 1_000_000) ?? now) / 1_000_000
        let lookback = try MonitorQuery.milliseconds("lookback", parameters) ?? 3_600_000
        let step = try MonitorQuery.milliseconds("step", parameters) ?? 5_000
        let rate = try MonitorQuery.milliseconds("ratePer", parameters) ?? 600_000
        if lookback / step > MonitorQuery.stepsMax {
            throw APIFailure(.badData, "unable to parse param 'step': lookback has more than \(MonitorQuery.stepsMax) steps of it")
        }
        times = .range(start: max(0, end - lookback), end: end, stepMilliseconds: step)

        let matchers =
            "service=~\(quoted(services.map(MonitorQuery.literal).joined(separator: "|"))),"
            + "span_kind=~\(quoted(kinds.joined(separator: "|")))"
        let labels = byOperation ? "service, span_name" : "service"
        func rates(_ name: String, _ more: String = "", by: String = "") -> String {
            "sum by (\(labels)\(by)) (rate(\(name){\(matchers)\(more)}[\(rate)ms]))"
        }
        let calls = rates("traces_spanmetrics_calls_total")
        let grouped = byOperation ? " & operation" : ""
        let prefix = byOperation ? "service_operation" : "service"
        switch metric {
        case .latencies:
            guard let quantile = parameters["quantile"].flatMap({ Double($0) }), quantile.isFinite else {
                throw APIFailure(.badData, "unable to parse param 'quantile': \(quoted(parameters["quantile"] ?? "")) is no number")
            }
            name = prefix + "_latencies"
            help = "\(RenderedValue.text(quantile))th quantile latency, grouped by service" + grouped
            // Jaeger shows milliseconds. Where there are no classic buckets, the native histogram says it.
            let classic = "histogram_quantile(\(quantile), \(rates("traces_spanmetrics_latency_bucket", by: ", le")))"
            let native = "histogram_quantile(\(quantile), \(rates("traces_spanmetrics_latency")))"
            text = "1000 * (\(classic) or \(native))"
        case .calls:
            name = prefix + "_call_rate"
            help = "calls/sec, grouped by service" + grouped
            text = calls
        case .errors:
            name = prefix + "_error_rate"
            help = "error rate, computed as a fraction of errors/sec over calls/sec, grouped by service" + grouped
            // Calls without any error have a rate of 0, and not none.
            text = "\(rates("traces_spanmetrics_calls_total", ",status_code=\"STATUS_CODE_ERROR\"")) / \(calls) or 0 * \(calls)"
        }
    }

    private static func milliseconds(_ name: String, _ parameters: FormParameters) throws(APIFailure) -> Int64? {
        guard let text = parameters[name] else { return nil }
        guard let number = Int64(text), number > 0, number <= 1 << 50 else {
            throw APIFailure(.badData, "unable to parse param '\(name)': \(quoted(text)) is no number of milliseconds above 0")
        }
        return number
    }

    /// A pattern that matches just a text.
    private static func literal(_ text: String) -> String {
        String(text.flatMap { "\\.+*?()|[]{}^$".contains($0) ? ["\\", $0] : [$0] })
    }
}

extension JSONWriter {
    /// `jaeger.api_v2.metrics.MetricFamily`.
    fileprivate mutating func metricFamily(_ query: MonitorQuery, _ series: [MatrixSeries]) {
        beginObject()
        member("name", query.name)
        member("type", "GAUGE")
        member("help", query.help)
        name("metrics")
        beginArray()
        for one in series {
            beginObject()
            name("labels")
            beginArray()
            for (label, name) in [("service", "service_name"), ("span_name", "operation")] {
                guard let value = one.labels[label] else { continue }
                beginObject()
                member("name", name)
                member("value", value)
                endObject()
            }
            endArray()
            name("metricPoints")
            beginArray()
            for (timestamp, value) in zip(one.samples.timestamps, one.samples.values) {
                beginObject()
                name("gaugeValue")
                beginObject()
                name("doubleValue")
                protobufDouble(value)
                endObject()
                member("timestamp", RFC3339.text(CivilTime(milliseconds: timestamp)))
                endObject()
            }
            endArray()
            endObject()
        }
        endArray()
        endObject()
    }
}

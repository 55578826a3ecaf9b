public import Logging
public import PerchLogging
public import PerchMetrics
public import PerchTracing
public import Testing
public import Tracing

extension TestTelemetry {
    /// Expects a series with a value: of a histogram or summary, that is the number of observations.
    ///
    /// - Parameters:
    ///   - name: as Prometheus has it, such as `http_server_request_duration_seconds`, or as the instrument was made, such as
    ///     `http.server.request.duration`.
    ///   - labels: labels that the series has; it may have others.
    ///   - value: what the series holds, the values of all that fit added up; nil for anything.
    /// - Returns: the series that fit.
    @discardableResult
    public func expectMetric(
        _ name: String, _ labels: [String: String] = [:], _ value: Double? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) -> [MetricPoint] {
        let families = metrics.snapshot()
        guard let family = families.first(where: { $0.name == name || $0.sourceName == name }) else {
            Issue.record(
                "there is no metric \(name), but \(families.map(\.name).joined(separator: ", "))", sourceLocation: sourceLocation)
            return []
        }
        let points = family.points.filter { point in labels.allSatisfy { point.labels[$0.key] == $0.value } }
        if points.isEmpty {
            let present = family.points.map { "\($0.labels)" }.joined(separator: ", ")
            Issue.record("\(name) has no series with \(labels), but \(present)", sourceLocation: sourceLocation)
        } else if let value {
            let sum = points.reduce(0) { $0 + TestTelemetry.number($1.value) }
            if sum != value { Issue.record("\(name) \(labels) is \(sum) and not \(value)", sourceLocation: sourceLocation) }
        }
        return points
    }

    /// Expects a span that has ended.
    ///
    /// - Parameters:
    ///   - attributes: attributes that the span has; it may have others.
    ///   - status: nil for any.
    /// - Returns: the first span that fits.
    @discardableResult
    public func expectSpan(
        _ name: String, kind: SpanKind? = nil, attributes: SpanAttributes = [:], status: SpanStatus.Code? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> FinishedSpan? {
        let all = spans
        let named = all.filter { $0.name == name }
        let fitting = named.first { span in
            var fits = kind == nil || span.kind == kind
            if let status, span.status?.code != status { fits = false }
            attributes.forEach { key, value in if span.attributes.get(key) != value { fits = false } }
            return fits
        }
        if fitting == nil {
            let present =
                named.isEmpty
                ? "there are \(all.map(\.name))"
                : "those of that name are \(named.map { "\($0.kind) \($0.attributes) \($0.status.debugText)" })"
            Issue.record("no span \(name) fits: \(present)", sourceLocation: sourceLocation)
        }
        return fitting
    }

    /// Expects that there is no span with a name.
    public func expectNoSpan(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
        if spans.contains(where: { $0.name == name }) { Issue.record("there is a span \(name)", sourceLocation: sourceLocation) }
    }

    /// Expects a message that was logged.
    ///
    /// - Parameters:
    ///   - text: what the message holds.
    ///   - metadata: metadata that the message has; it may have more.
    /// - Returns: the first record that fits.
    @discardableResult
    public func expectLog(
        _ text: String, level: Logger.Level? = nil, metadata: Logger.Metadata = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) -> LogRecord? {
        let all = records
        let fitting = all.first { record in
            record.message.contains(text) && (level == nil || record.level == level)
                && metadata.allSatisfy { record.metadata[$0.key]?.description == $0.value.description }
        }
        if fitting == nil {
            let present = all.suffix(20).map { "\($0.level) \($0.message) \($0.metadata)" }
            Issue.record("no message fits \(text); logged were \(present)", sourceLocation: sourceLocation)
        }
        return fitting
    }

    private static func number(_ value: MetricValue) -> Double {
        switch value {
        case .number(let number): number
        case .histogram(let histogram): Double(histogram.count)
        case .summary(let summary): Double(summary.count)
        }
    }
}

extension SpanStatus? {
    fileprivate var debugText: String { self.map { "\($0.code)" } ?? "no status" }
}

/// How the labels of swift-metrics, such as `http.server.request.duration`, become names of Prometheus metrics.
public enum MetricsNaming: Sendable, Hashable {
    /// `http_server_request_duration_seconds`: characters that are not classic become `_`, a unit and, for counters, `_total` are appended
    /// where they are missing. What dashboards and rules of Prometheus expect.
    case underscores
    /// `http.server.request.duration_seconds`: names stay as they are, but for the suffixes. Scrapers that do not take such names get
    /// them escaped.
    case utf8
    /// `http.server.request.duration`: names stay as they are. OpenMetrics still needs `_total` at the sample of a counter, so counters
    /// get it.
    case verbatim

    /// The name of the family.
    func name(_ label: String, kind: MetricKind, unit: String) -> String {
        var name = label.isEmpty ? "unnamed" : label
        if self == .underscores { name = MetricsNaming.collapsed(name) }
        if kind == .counter && name.hasSuffix("_total") { name.removeLast(6) }
        if self != .verbatim && !unit.isEmpty && !name.hasSuffix("_" + unit) { name += "_" + unit }
        if kind == .counter { name += "_total" }
        return name
    }

    /// The name of a label.
    func labelName(_ name: String) -> String {
        self == .underscores ? NameEscaping.underscores.escaped(name, allowsColon: false) : name
    }

    /// Characters that are not classic become one `_`, however many stand in a row, and none at the ends.
    private static func collapsed(_ label: String) -> String {
        var name = ""
        for scalar in label.unicodeScalars {
            let isPlain = scalar.isASCII && MetricNames.isClassic(UInt8(scalar.value), isFirst: false, allowsColon: true)
            if isPlain {
                name.unicodeScalars.append(scalar)
            } else if name.last != "_" && !name.isEmpty {
                name += "_"
            }
        }
        while name.last == "_" && !label.hasSuffix("_") { name.removeLast() }
        if name.isEmpty { return "unnamed" }
        return MetricNames.isClassicMetricName(name) ? name : "_" + name
    }
}

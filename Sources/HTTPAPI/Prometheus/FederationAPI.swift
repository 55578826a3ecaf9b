internal import HTTPTypes
internal import LabelMatching
internal import NIOCore
internal import PromQL
internal import QueryModel
public import TelemetryModel

/// `/federate`: the newest samples of selected series in the text format, for another server to scrape. Native histograms have no place in
/// this format and are left out.
public struct FederationAPI: HTTPEndpoints {
    private let environment: QueryEnvironment
    private let externalLabels: @Sendable () -> LabelSet

    /// - Parameter externalLabels: what the collector adds to data that leaves it; asked for each request.
    public init(_ environment: QueryEnvironment, externalLabels: @escaping @Sendable () -> LabelSet = { LabelSet() }) {
        self.environment = environment
        self.externalLabels = externalLabels
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/federate", .get) { call in
            let parameters = try await call.parameters()
            let selectors = try environment.selectors(parameters)
            let (now, source) = (environment.now(), environment.source)
            let range = TimeRange(start: now - environment.engine().options.lookbackMilliseconds, end: now)
            let allowsUTF8 = (call.headers[.accept] ?? "").contains("escaping=allow-utf-8")
            return try await environment.lookUp(call) { budget in
                let samples = try FederationAPI.newest(source, selectors, range, budget)
                var page = FederationPage(allowsUTF8: allowsUTF8, externalLabels: externalLabels())
                for sample in samples { page.append(sample) }
                let version = allowsUTF8 ? "1.0.0; charset=utf-8; escaping=allow-utf-8" : "0.0.4; charset=utf-8"
                return APIReply(contentType: "text/plain; version=\(version)", body: [ByteBuffer(bytes: page.bytes)])
            }
        }
    }

    /// The last sample of each series that has not ended, sorted by name and labels; a series that several selectors find comes once.
    private static func newest(
        _ source: any SeriesSource, _ selectors: [LabelSelector], _ range: TimeRange, _ budget: QueryBudget
    ) throws(QueryError) -> [(labels: LabelSet, sample: Sample)] {
        var found: [LabelSet: Sample] = [:]
        var columns = SampleColumns()
        for selector in selectors {
            let selected = try source.select(selector.matchers, in: range, for: nil, budget: budget)
            for index in 0..<selected.count {
                try budget.check()
                let labels = selected.labels(at: index)
                if found[labels] != nil { continue }
                try selected.read(index, into: &columns)
                guard let time = columns.timestamps.last, let value = columns.values.last, !StaleMarker.matches(value) else { continue }
                if let histogram = columns.histograms.last, histogram.timestamp > time { continue }
                try budget.reserve(samples: 1)
                found[labels] = Sample(timestamp: time, value: value)
            }
        }
        budget.release(samples: found.count)
        return found.map { (labels: $0.key, sample: $0.value) }.sorted { left, right in
            let (leftName, rightName) = (left.labels.metricName ?? "", right.labels.metricName ?? "")
            if leftName != rightName { return leftName.utf8.lexicographicallyPrecedes(rightName.utf8) }
            return left.labels < right.labels
        }
    }
}

/// A page of samples in the text format.
private struct FederationPage {
    let allowsUTF8: Bool
    private(set) var bytes: [UInt8] = []
    private var lastName: String?
    private let externalLabels: LabelSet

    init(allowsUTF8: Bool, externalLabels: LabelSet) {
        self.allowsUTF8 = allowsUTF8
        self.externalLabels = externalLabels
    }

    mutating func append(_ series: (labels: LabelSet, sample: Sample)) {
        let name = series.labels.metricName ?? ""
        let isClassic = LabelSet.isClassicMetricName(name)
        let shown = isClassic ? name : allowsUTF8 ? quoted(name) : FederationPage.underscored(name)
        if name != lastName {
            append("# TYPE \(shown) untyped\n")
            lastName = name
        }
        let standsInFront = isClassic || !allowsUTF8
        if standsInFront { append(shown) }
        append("{")
        var needsComma = !standsInFront
        if !standsInFront { append(shown) }
        var sawInstance = false
        for label in series.labels where label.name != LabelName.metricName {
            if label.name == LabelName.instance { sawInstance = true }
            append(label, &needsComma)
        }
        // A label that the series has itself stays.
        for label in externalLabels where series.labels[label.name] == nil {
            if label.name == LabelName.instance { sawInstance = true }
            append(label, &needsComma)
        }
        // Without it, the server that scrapes this page would put its own target's instance here.
        if !sawInstance { append(Label(name: LabelName.instance, value: ""), &needsComma) }
        append("} \(FloatText.general(series.sample.value)) \(series.sample.timestamp)\n")
    }

    private mutating func append(_ label: Label, _ needsComma: inout Bool) {
        if needsComma { append(",") }
        needsComma = true
        let isClassic = LabelSet.isClassicLabelName(label.name)
        append(isClassic ? label.name : allowsUTF8 ? quoted(label.name) : FederationPage.underscored(label.name))
        append("=\"")
        for byte in label.value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\""): append("\\\"")
            default: bytes.append(byte)
            }
        }
        append("\"")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A name with `_` for every character that classic names do not have.
    private static func underscored(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isAllowed = scalar == "_" || scalar == ":" || (scalar.isASCII && scalar.properties.isAlphabetic)
            let isDigit = ("0"..."9").contains(scalar)
            result.unicodeScalars.append(isAllowed || (isDigit && !result.isEmpty) ? scalar : "_")
        }
        return result.isEmpty ? "_" : result
    }
}

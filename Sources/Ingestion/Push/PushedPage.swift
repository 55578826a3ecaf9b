internal import ExpositionFormat
internal import TelemetryModel

/// A family as it was pushed.
struct PushedFamily: Sendable {
    enum Value: Sendable {
        case float(Double)
        case histogram(NativeHistogram)
    }

    var metadata = MetricMetadata()
    var series: [(labels: LabelSet, value: Value)] = []
}

/// Reads pages that are pushed, in the text format or in protobuf.
struct PushedPage: Sendable {
    private(set) var families: [String: PushedFamily] = [:]

    /// Why a page is not taken.
    struct Fault: Error, Sendable {
        let description: String
        /// Whether it could be read, and makes no sense.
        var isInconsistent = false
    }

    /// - Throws: where it cannot be read, where a series stands twice, or where a sample has a time: what is pushed counts from then on.
    init(_ body: [UInt8], contentType: String?) throws(Fault) {
        let type = (contentType ?? "").lowercased()
        if type.contains("application/vnd.google.protobuf") {
            try readProtobuf(body)
        } else {
            try readText(body, type.contains("openmetrics") ? .openMetrics : .prometheus)
        }
        var seen: Set<LabelSet> = []
        for (name, family) in families {
            for series in family.series where !seen.insert(series.labels).inserted {
                throw Fault(
                    description: "collected metric \(name) \(series.labels) was collected before with the same name and label values",
                    isInconsistent: true)
            }
        }
    }

    private static let timestampFault = Fault(description: "pushed metrics must not have timestamps", isInconsistent: true)

    private mutating func readText(_ body: [UInt8], _ format: ExpositionTextFormat) throws(Fault) {
        var parser = ExpositionParser(body, format: format)
        var decoder = SeriesTextDecoder()
        var current = ""
        var types: [String: MetricMetadata] = [:]
        var hasTimestamps = false
        do throws(ExpositionError) {
            while let entry = try parser.next() {
                switch entry {
                case .type(let name, let type):
                    current = parser.name(at: name)
                    types[current, default: MetricMetadata()].type = type
                case .help(let name, let text): types[parser.name(at: name), default: MetricMetadata()].help = parser.help(at: text)
                case .unit(let name, let unit): types[parser.name(at: name), default: MetricMetadata()].unit = parser.text(at: unit)
                case .comment, .created: break
                case .sample(let sample):
                    hasTimestamps = hasTimestamps || sample.timestamp != nil
                    var packed: [UInt8] = []
                    try decoder.decode(body, sample.series, into: &packed)
                    let labels = LabelSet(canonical: packed)
                    let name = labels.metricName ?? ""
                    let family = PushedPage.family(of: name, current, types[current]?.type ?? .unknown)
                    families[family, default: PushedFamily()].series.append((labels, .float(sample.value)))
                }
            }
        } catch {
            throw Fault(description: "\(error)")
        }
        if hasTimestamps { throw PushedPage.timestampFault }
        for name in families.keys { if let metadata = types[name] { families[name]?.metadata = metadata } }
    }

    /// The family of a sample: for histograms and summaries its name without the suffix of the part.
    private static func family(of name: String, _ current: String, _ type: MetricType) -> String {
        if name == current { return name }
        guard !current.isEmpty, name.hasPrefix(current) else { return name }
        let suffix = name.dropFirst(current.count)
        switch type {
        case .histogram, .gaugehistogram: return ["_bucket", "_sum", "_count", "_gsum", "_gcount"].contains(suffix) ? current : name
        case .summary: return ["_sum", "_count"].contains(suffix) ? current : name
        case .counter: return suffix == "_total" ? current : name
        default: return name
        }
    }

    private mutating func readProtobuf(_ body: [UInt8]) throws(Fault) {
        let outcome: Result<[String: PushedFamily], Fault> = body.withUnsafeBytes { bytes in
            var parser = MetricFamilyParser(bytes)
            var families: [String: PushedFamily] = [:]
            var name = ""
            do {
                while let entry = try parser.next() {
                    if entry == .family {
                        name = parser.text(of: parser.family.name)
                        families[name, default: PushedFamily()].metadata = MetricMetadata(
                            type: parser.family.type, help: parser.text(of: parser.family.help), unit: parser.text(of: parser.family.unit))
                        continue
                    }
                    if parser.timestamp != nil { return .failure(PushedPage.timestampFault) }
                    var packed: [UInt8] = []
                    try parser.appendLabels(to: &packed)
                    if entry == .histogram { try parser.histogram.validate() }
                    families[name]?.series.append(
                        (LabelSet(canonical: packed), entry == .histogram ? .histogram(parser.histogram) : .float(parser.value)))
                }
                return .success(families)
            } catch {
                return .failure(Fault(description: "\(error)"))
            }
        }
        families = try outcome.get()
    }
}

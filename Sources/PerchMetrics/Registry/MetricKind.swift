/// The type of a metric family, named as the text formats name it.
public enum MetricKind: String, Sendable, Hashable {
    case counter, gauge, histogram, summary
}

/// What stands above the samples of a metric family.
struct FamilyHeader: Sendable, Hashable {
    let name: String
    let kind: MetricKind
    let help: String
    /// The base unit that the name ends with (before `_total`), or empty.
    let unit: String
    /// Whether the name is one that every version of every scraper takes: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    let isClassic: Bool

    /// - Precondition: the name follows the conventions of Prometheus.
    init(name: String, kind: MetricKind, help: String, unit: String) {
        precondition(MetricNames.isClassicMetricName(name), "BUG: \(name) is no metric name")
        precondition(
            (kind == .counter) == name.hasSuffix("_total"), "BUG: exactly counters end in _total, but \(name) is a \(kind.rawValue)")
        precondition(
            unit.isEmpty || FamilyHeader.base(name).hasSuffix("_" + unit), "BUG: \(name) does not end with its unit \(unit)")
        self.init(unchecked: name, kind: kind, help: help, unit: unit)
    }

    /// A header whose name comes from outside; any text that is not empty will do.
    init(unchecked name: String, kind: MetricKind, help: String, unit: String) {
        self.name = name
        self.kind = kind
        self.help = help
        self.unit = unit
        isClassic = MetricNames.isClassicMetricName(name)
    }

    /// The names that no other family may have or make: those of the samples, and that of the family in OpenMetrics.
    var claims: [String] {
        let base = FamilyHeader.base(name)
        return switch kind {
        case .counter: [name, base]
        case .gauge: [name]
        case .summary: [name, name + "_sum", name + "_count"]
        case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
        }
    }

    /// The name without `_total`.
    static func base(_ name: String) -> String { name.hasSuffix("_total") ? String(name.dropLast(6)) : name }
}

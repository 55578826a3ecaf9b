public import GoTemplate
public import QueryModel
public import TelemetryModel

/// What the templates of rules can look at beside the alert itself.
public struct TemplateSurroundings: Sendable, Hashable {
    /// `.ExternalLabels`, from the configuration.
    public var externalLabels: LabelSet
    /// Where people reach this server, without a slash at the end.
    public var externalURL: String

    public init(externalLabels: LabelSet = LabelSet(), externalURL: String = "") {
        self.externalLabels = externalLabels
        self.externalURL = externalURL
    }
}

/// Answers the queries of templates, at the time of the evaluation.
public typealias TemplateQuery = @Sendable (_ text: String) throws(TemplateFault) -> [VectorSample]

/// The template of one label or annotation of an alerting rule: Go's template language with Prometheus' functions, parsed once.
public struct RuleTemplate: Sendable {
    private enum Form: Sendable {
        /// A text without actions.
        case plain
        /// `isQuerying` where the template has to be parsed with the query of each evaluation.
        case parsed(TemplateSet, isQuerying: Bool)
        /// What cannot be parsed expands to this.
        case broken(String)
    }

    /// As it was written.
    public let text: String
    private let name: String
    private let form: Form
    private let surroundings: TemplateSurroundings

    /// What Prometheus puts in front of every template.
    private static let preamble =
        "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

    public init(_ text: String, alert: String, surroundings: TemplateSurroundings) {
        self.text = text
        self.surroundings = surroundings
        name = "__alert_" + alert
        guard text.utf8.contains(UInt8(ascii: "{")) else {
            form = .plain
            return
        }
        do throws(TemplateError) {
            let set = try RuleTemplate.parse(text, name, surroundings, query: nil)
            form = .parsed(set, isQuerying: set.use(name)?.functions.contains("query") ?? false)
        } catch {
            form = .broken("error parsing template \(name): \(error.message)")
        }
    }

    /// Whether the template asks for other data than what its rule found.
    public var isQuerying: Bool {
        if case .parsed(_, let isQuerying) = form { isQuerying } else { false }
    }

    /// What is wrong with a template; nil where nothing is.
    static func fault(in text: String, alert: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "{")) else { return nil }
        do throws(TemplateError) {
            _ = try parse(text, "__alert_" + alert, TemplateSurroundings(), query: nil)
            return nil
        } catch {
            return error.message
        }
    }

    private static func parse(
        _ text: String, _ name: String, _ surroundings: TemplateSurroundings, query: TemplateQuery?
    ) throws(TemplateError) -> TemplateSet {
        var set = TemplateSet(functions: .rules(externalURL: surroundings.externalURL, query: query))
        try set.add(preamble + text, name: name)
        return set
    }

    /// The text for one element of a rule's result. What fails reads `<error expanding template: …>`, as in Prometheus.
    ///
    /// - Parameters:
    ///   - labels: those of the element, its metric name among them.
    ///   - time: of the evaluation.
    public func expand(_ labels: LabelSet, _ value: PointValue, at time: Timestamp, query: @escaping TemplateQuery) -> String {
        let failure: String
        switch form {
        case .plain: return text
        case .broken(let message): failure = message
        case .parsed(var set, let isQuerying):
            do throws(TemplateError) {
                if isQuerying { set = try RuleTemplate.parse(text, name, surroundings, query: query) }
                let root = AlertTemplateRoot(labels: labels, value: value, surroundings: surroundings)
                return try set.text(name, .object(root), provided: [.float(Double(time) / 1000)])
            } catch {
                failure = "error executing template \(name): \(error.message)"
            }
        }
        return "<error expanding template: \(failure)>"
    }
}

/// What `.` is in the template of an alerting rule.
private struct AlertTemplateRoot: TemplateObject {
    let labels: LabelSet
    let value: PointValue
    let surroundings: TemplateSurroundings

    var typeName: String {
        "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"
    }

    var printed: [UInt8] { Array("{\(labels) \(surroundings.externalLabels) \(surroundings.externalURL) \(value.templateText)}".utf8) }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Labels": .field(.map(.of(labels)))
        case "ExternalLabels": .field(.map(.of(surroundings.externalLabels)))
        case "ExternalURL": .field(.text(surroundings.externalURL))
        case "Value": .field(value.templateValue)
        default: nil
        }
    }
}

/// One element of a template's query.
struct TemplateSample: TemplateObject {
    let labels: LabelSet
    let value: PointValue

    var typeName: String { "*template.sample" }

    var printed: [UInt8] {
        let pairs = labels.map { "\($0.name):\($0.value)" }.joined(separator: " ")
        return Array("&{map[\(pairs)] \(value.templateText)}".utf8)
    }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Labels": .field(.map(.of(labels)))
        case "Value": .field(value.templateValue)
        default: nil
        }
    }
}

/// A native histogram, which templates can print.
private struct TemplateHistogram: TemplateObject {
    let histogram: NativeHistogram

    var typeName: String { "*histogram.FloatHistogram" }
    var printed: [UInt8] { Array(histogram.description.utf8) }

    func member(_ name: String) -> TemplateMember? {
        switch name {
        case "Count": .field(.float(histogram.count))
        case "Sum": .field(.float(histogram.sum))
        default: nil
        }
    }
}

extension TemplateMap {
    fileprivate static func of(_ labels: LabelSet) -> TemplateMap { .strings(labels.lazy.map { ($0.name, $0.value) }) }
}

extension PointValue {
    var templateValue: TemplateValue {
        switch self {
        case .float(let value): .float(value)
        case .histogram(let histogram): .object(TemplateHistogram(histogram: histogram))
        }
    }

    fileprivate var templateText: String {
        switch self {
        case .float(let value): FloatText.general(value)
        case .histogram(let histogram): histogram.description
        }
    }
}

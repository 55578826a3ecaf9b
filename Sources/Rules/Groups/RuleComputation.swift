internal import GoTemplate
public import PromQL
internal import QueryModel
public import TelemetryModel

/// A rule with its templates parsed: what can be computed of it without knowing the state of its alerts, on any thread.
public struct RuleComputation: Sendable {
    public let rule: Rule
    private let labelTemplates: [(name: String, template: RuleTemplate)]
    private let annotationTemplates: [(name: String, template: RuleTemplate)]
    private let features: LanguageFeatures

    public init(_ rule: Rule, surroundings: TemplateSurroundings, features: LanguageFeatures = []) {
        self.rule = rule
        self.features = features
        func parsed(_ labels: [Label]) -> [(name: String, template: RuleTemplate)] {
            labels.map { (name: $0.name, template: RuleTemplate($0.value, alert: rule.name, surroundings: surroundings)) }
        }
        labelTemplates = rule.isAlerting ? parsed(rule.labels) : []
        annotationTemplates = parsed(rule.alerting?.annotations ?? [])
    }

    /// Whether templates ask for data of their own, so that it is not known what the rule depends on.
    var queriesFromTemplates: Bool { (labelTemplates + annotationTemplates).contains { $0.template.isQuerying } }

    /// What came of the expression.
    public enum Result: Sendable {
        case alerts([AlertCandidate])
        case samples([RuleSample])
        case fault(RuleFault)
    }

    /// Evaluates the expression and fills in labels and annotations.
    ///
    /// - Parameters:
    ///   - time: of the evaluation.
    ///   - queryOffset: how much earlier the data are looked at, and written; milliseconds.
    ///   - window: what languages without ranges of their own look at; milliseconds.
    ///   - limit: the most series of a recording rule; 0 for no limit.
    public func evaluate(at time: Timestamp, queryOffset: Int64, window: Int64, limit: Int, querying: any RuleQuerying) -> Result {
        do throws(QueryError) {
            let vector = try querying.vector(rule.expression, at: time - queryOffset, window: window)
            do throws(RuleFault) {
                return rule.isAlerting
                    ? .alerts(try candidates(vector, at: time, window: window, querying))
                    : .samples(try samples(vector, at: time - queryOffset, limit: limit))
            } catch {
                return .fault(error)
            }
        } catch {
            return .fault(RuleFault(error.message, isCanceled: error.code == .canceled))
        }
    }

    private func samples(_ vector: [VectorSample], at time: Timestamp, limit: Int) throws(RuleFault) -> [RuleSample] {
        var seen: Set<LabelSet> = []
        seen.reserveCapacity(vector.count)
        var samples: [RuleSample] = []
        samples.reserveCapacity(vector.count)
        for element in vector {
            var builder = LabelSetBuilder(element.labels)
            builder.set(LabelName.metricName, rule.name)
            for label in rule.labels { builder.set(label.name, label.value) }
            let labels = builder.build()
            if !seen.insert(labels).inserted { throw .duplicateSeries }
            samples.append(RuleSample(labels: labels, timestamp: time, value: element.value))
        }
        if limit > 0, samples.count > limit { throw RuleFault("exceeded limit of \(limit) with \(samples.count) series") }
        return samples
    }

    private func candidates(
        _ vector: [VectorSample], at time: Timestamp, window: Int64, _ querying: any RuleQuerying
    ) throws(RuleFault) -> [AlertCandidate] {
        var seen: Set<LabelSet> = []
        let language = rule.expression.language
        let query: TemplateQuery = { [features] text throws(TemplateFault) in
            do throws(QueryError) {
                return try querying.vector(RuleExpression(parsing: text, language, features: features), at: time, window: window)
            } catch {
                throw TemplateFault(error.message)
            }
        }
        var candidates: [AlertCandidate] = []
        candidates.reserveCapacity(vector.count)
        for element in vector {
            var builder = LabelSetBuilder(element.labels)
            builder.remove(LabelName.metricName)
            for (name, template) in labelTemplates {
                builder.set(name, template.expand(element.labels, element.value, at: time, query: query))
            }
            builder.set(AlertSeries.alertName, rule.name)
            let labels = builder.build()
            if !seen.insert(labels).inserted { throw .duplicateAlerts }
            let annotations = annotationTemplates.map {
                Label(name: $0.name, value: $0.template.expand(element.labels, element.value, at: time, query: query))
            }
            candidates.append(AlertCandidate(labels: labels, annotations: annotations, value: element.value.number))
        }
        return candidates
    }
}

extension PointValue {
    /// The number of a float; 0 for a native histogram, as Prometheus has it.
    var number: Double {
        switch self {
        case .float(let value): value
        case .histogram: 0
        }
    }
}

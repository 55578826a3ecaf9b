internal import LinearRegex
internal import TelemetryModel

/// `label_replace(…)`
struct LabelReplacer {
    private let replacement: LabelReplacement
    private let template: ReplacementTemplate

    init(_ replacement: LabelReplacement) {
        self.replacement = replacement
        template = ReplacementTemplate(replacement.replacement)
    }

    func replace(in series: [StepSeries]) -> [StepSeries] {
        series.map { StepSeries(replaced($0.labels), values: $0.values) }
    }

    private func replaced(_ labels: LabelSet) -> LabelSet {
        let source = labels[replacement.source] ?? ""
        guard let value = replacement.pattern.expand(template, firstMatchIn: source) else { return labels }
        return labels.setting(replacement.destination, value).withoutEmptyValues
    }
}

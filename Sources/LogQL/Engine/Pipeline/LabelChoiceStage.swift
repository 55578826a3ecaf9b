internal import LabelMatching

/// `| drop …` and `| keep …`.
struct LabelChoiceStage: Sendable {
    fileprivate struct Choice: Sendable {
        var name: [UInt8]
        /// nil where the name alone decides.
        var matcher: LabelMatcher?
    }

    private let choices: [Choice]
    private let keeps: Bool

    init(_ choices: [LabelChoice], keeps: Bool) {
        self.choices = choices.map { choice in
            switch choice {
            case .name(let name): Choice(name: Array(name.utf8), matcher: nil)
            case .matcher(let matcher): Choice(name: Array(matcher.name.utf8), matcher: matcher)
            }
        }
        self.keeps = keeps
    }

    func run(on context: inout LineContext) {
        if keeps { keep(in: &context) } else { drop(from: &context) }
    }

    private func drop(from context: inout LineContext) {
        for choice in choices {
            if choice.name == SpecialLabel.error {
                if choice.passes(context, context.error) { context.resetError() }
            } else if choice.name == SpecialLabel.errorDetails {
                if choice.passes(context, context.errorDetails) { context.resetErrorDetails() }
            } else if let label = context.find(choice.name), choice.passes(context, context.labels[label].value) {
                context.delete(at: label)
            }
        }
    }

    private func keep(in context: inout LineContext) {
        for index in context.labels.indices where context.labels[index].isVisible {
            let label = context.labels[index]
            let isKept = context.withBytes(label.name) { name in
                name.elementsEqual(SpecialLabel.preserveError)
                    || choices.contains { $0.name.count == name.count && name.elementsEqual($0.name) && $0.passes(context, label.value) }
            }
            if !isKept { context.delete(at: index) }
        }
    }
}

extension LabelChoiceStage.Choice {
    fileprivate func passes(_ context: LineContext, _ value: Range<Int>?) -> Bool {
        guard let matcher else { return true }
        return context.withBytes(value ?? 0..<0) { matcher.matches($0) }
    }
}

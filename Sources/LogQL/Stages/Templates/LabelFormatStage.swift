internal import GoTemplate

/// `| label_format a=b, c="{{.d}}"`: labels get other names, or values that templates make.
///
/// All templates see the labels as they are when the first of them has its turn, so that `a="{{.b}}", b="{{.a}}"` exchanges two values.
struct LabelFormatStage: Sendable {
    private enum Action: Sendable {
        case rename(from: [UInt8], to: [UInt8])
        case template(LineTemplate, to: [UInt8])
    }

    private let actions: [Action]
    /// What the templates gave, one text after the other.
    private var output: [UInt8] = []
    private var results: [(range: Range<Int>, fault: String?)] = []

    init(_ formats: [LabelFormat]) throws(StageError) {
        var actions: [Action] = []
        for (index, format) in formats.enumerated() {
            let name = Array(format.label.utf8)
            if name == SpecialLabel.error { throw StageError("\(format.label) cannot be formatted") }
            if formats[..<index].contains(where: { $0.label == format.label }) {
                throw StageError("multiple label name '\(format.label)' not allowed in a single format operation")
            }
            switch format.source {
            case .rename(let source): actions.append(.rename(from: Array(source.utf8), to: name))
            case .template(let text):
                do {
                    actions.append(.template(try LineTemplate(text, name: "label"), to: name))
                } catch {
                    throw StageError("invalid template for label '\(format.label)': \(error.message)")
                }
            }
        }
        self.actions = actions
    }

    /// The labels that are looked at; nil where that may be all of them.
    var labels: [[UInt8]]? {
        var names: [[UInt8]] = []
        for action in actions {
            switch action {
            case .rename(let source, _): names.append(source)
            case .template(let template, _):
                guard let labels = template.labels else { return nil }
                names += labels
            }
        }
        return names
    }

    mutating func run(on context: inout LineContext) {
        results.removeAll(keepingCapacity: true)
        var next = 0
        for action in actions {
            switch action {
            case .rename(let source, let name):
                guard let label = context.find(source) else { continue }
                context.set(name, toValueOf: label)
                context.delete(source)
            case .template(_, let name):
                if results.isEmpty { renderAll(context) }
                let result = results[next]
                next += 1
                if let fault = result.fault {
                    context.setError(.template, details: fault)
                } else {
                    context.set(name, to: output[result.range])
                }
            }
        }
    }

    private mutating func renderAll(_ context: LineContext) {
        output.removeAll(keepingCapacity: true)
        for action in actions {
            guard case .template(let template, _) = action else { continue }
            let start = output.count
            do {
                try template.render(context, into: &output)
                results.append((start..<output.count, nil))
            } catch {
                results.append((start..<start, error.message))
            }
        }
    }
}

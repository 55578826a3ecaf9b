internal import GoTemplate

/// `| line_format "{{.method}} {{.path}}"`: the line becomes what a template says. Where the template fails, the line stays and the error is noted.
struct LineFormatStage: Sendable {
    private let template: LineTemplate
    private var output: [UInt8] = []

    init(_ text: String) throws(StageError) {
        do {
            template = try LineTemplate(text, name: "line")
        } catch {
            throw StageError("invalid line template: \(error.message)")
        }
    }

    /// The labels that the template looks at; nil where it may look at all of them.
    var labels: [[UInt8]]? { template.labels }

    mutating func run(on context: inout LineContext) {
        if let name = template.onlyLabel, let label = context.find(name) { return context.setLine(toValueOf: label) }
        output.removeAll(keepingCapacity: true)
        do {
            try template.render(context, into: &output)
        } catch {
            return context.setError(.template, details: error.message)
        }
        context.setLine { $0.append(contentsOf: output) }
    }
}

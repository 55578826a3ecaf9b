internal import GoTemplate

/// A template over the labels of a line, the line and its time.
struct LineTemplate: Sendable {
    /// What is written one after the other, where the template is no more than that.
    private enum Piece: Sendable {
        case text([UInt8])
        case label([UInt8])
    }

    /// Places of what ``LineFunctions`` leave to the line.
    enum Provided {
        static let line = 0
        static let time = 1
        static let now = 2
    }

    private let name: String
    private let templates: TemplateSet
    private let pieces: [Piece]?
    /// The labels that the template looks at; nil where it may look at all of them.
    let labels: [[UInt8]]?
    private let usesLine: Bool
    private let usesNow: Bool

    /// - Parameter name: what errors call the template.
    init(_ text: String, name: String) throws(TemplateError) {
        self.name = name
        var templates = TemplateSet(functions: LineFunctions.table)
        try templates.add(text, name: name)
        self.templates = templates
        let use = templates.use(name) ?? TemplateUse()
        pieces = use.pieces?.map { piece in
            switch piece {
            case .text(let text): .text(text)
            case .field(let name): .label(Array(name.utf8))
            }
        }
        labels = use.usesRoot ? nil : use.fields.map { Array($0.utf8) }
        usesLine = use.functions.contains("__line__")
        usesNow = use.functions.contains("now")
    }

    /// The label whose value is all that the template gives.
    var onlyLabel: [UInt8]? {
        if let pieces, pieces.count == 1, case .label(let name) = pieces[0] { name } else { nil }
    }

    /// Appends what the template makes of a line.
    func render(_ context: LineContext, into output: inout [UInt8]) throws(TemplateError) {
        guard let pieces else {
            let now = usesNow ? GoTime(nanoseconds: SystemClock.nanosecondsSince1970) : GoTime(seconds: 0)
            let line = usesLine ? context.line.withBytes { Array($0) } : []
            return try templates.render(
                name, .map(values(of: context)), provided: [.string(line), .time(GoTime(nanoseconds: context.time)), .time(now)],
                into: &output)
        }
        for piece in pieces {
            switch piece {
            case .text(let text): output.append(contentsOf: text)
            case .label(let name):
                if let range = LineTemplate.value(of: name, in: context) { output.append(contentsOf: context.bytes[range]) }
            }
        }
    }

    /// Where the value of a label lies, or that of the error.
    private static func value(of name: [UInt8], in context: LineContext) -> Range<Int>? {
        if let label = context.find(name) { return context.labels[label].value }
        if name == SpecialLabel.error { return context.error }
        return name == SpecialLabel.errorDetails ? context.errorDetails : nil
    }

    /// What the template's root is: the labels it looks at.
    private func values(of context: LineContext) -> TemplateMap {
        if let labels {
            return TemplateMap(
                labels.compactMap { name in
                    LineTemplate.value(of: name, in: context).map { (key: name, value: .string(Array(context.bytes[$0]))) }
                }, holdsStrings: true)
        }
        var entries: [(key: [UInt8], value: TemplateValue)] = []
        if context.hasError, let error = context.error { entries.append((SpecialLabel.error, .string(Array(context.bytes[error])))) }
        if let details = context.errorDetails, !details.isEmpty {
            entries.append((SpecialLabel.errorDetails, .string(Array(context.bytes[details]))))
        }
        for label in context.labels where label.isVisible {
            entries.append((Array(context.bytes[label.name]), .string(Array(context.bytes[label.value]))))
        }
        return TemplateMap(entries, holdsStrings: true)
    }
}

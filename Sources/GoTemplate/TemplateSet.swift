internal import TelemetryModel

/// Templates that may call one another: Go's `text/template`, without complex numbers, channels and other delimiters.
///
/// A value: a copy to which a further text is added leaves the set as it was.
public struct TemplateSet: Sendable {
    /// The functions that templates of the set may call.
    public let functions: FunctionTable
    private var templates: [String: Tree] = [:]

    public init(functions: FunctionTable = .builtin) {
        self.functions = functions
    }

    /// The names of all templates, sorted.
    public var names: [String] { templates.keys.sorted() }

    public func contains(_ name: String) -> Bool { templates[name] != nil }

    /// Adds a text as the template of a name, and those that it defines. What is there already of the same name is replaced, unless the new one
    /// has nothing but blanks in it.
    ///
    /// - Throws: ``TemplateError`` where the text is no template; nothing was added then.
    public mutating func add(_ text: String, name: String) throws(TemplateError) {
        var parser = Parser(Array(text.utf8), name: name, functions: functions)
        let tree = try parser.parse()
        var added: [String: Tree] = [:]
        for tree in parser.definitions + [tree] {
            if let earlier = added[tree.name], !earlier.isEmpty {
                if tree.isEmpty { continue }
                throw TemplateError(
                    "template: \(name): template: multiple definition of template \(GoQuoting.string(tree.name))", at: 0)
            }
            added[tree.name] = tree
        }
        for (name, tree) in added {
            if tree.isEmpty, let earlier = templates[name], !earlier.isEmpty { continue }
            templates[name] = tree
        }
    }

    /// Appends to `output` what a template makes of a value.
    ///
    /// - Parameters:
    ///   - root: what `.` and `$` are.
    ///   - provided: the values of functions that the host provides anew each time (``TemplateFunction/provided(_:)``).
    ///   - isHTML: whether the output is HTML, in which values are escaped as their places ask for (Go's `html/template`).
    /// - Throws: ``TemplateError`` in the words of Go; `output` is then as it was.
    public func render(
        _ name: String, _ root: TemplateValue, provided: [TemplateValue] = [], limits: TemplateLimits = TemplateLimits(),
        isHTML: Bool = false, into output: inout [UInt8]
    ) throws(TemplateError) {
        guard let tree = templates[name] else {
            throw TemplateError("template: no template \(GoQuoting.string(name)) associated with template \(GoQuoting.string(name))", at: 0)
        }
        let start = output.count
        let evaluator = Evaluator(templates, tree, limits: limits, provided: provided, isHTML: isHTML, output: &output)
        defer { evaluator.giveOutput(to: &output) }
        do {
            try evaluator.run(root)
        } catch {
            evaluator.dropOutput(from: start)
            throw error
        }
    }

    /// What a template makes of a value, as text.
    public func text(
        _ name: String, _ root: TemplateValue, provided: [TemplateValue] = [], limits: TemplateLimits = TemplateLimits(),
        isHTML: Bool = false
    ) throws(TemplateError) -> String {
        var output: [UInt8] = []
        try render(name, root, provided: provided, limits: limits, isHTML: isHTML, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    func tree(_ name: String) -> Tree? { templates[name] }
}

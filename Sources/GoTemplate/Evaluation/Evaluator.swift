internal import TelemetryModel

/// Carries templates out: one rendering.
final class Evaluator {
    /// How a list of nodes ended.
    enum Flow {
        case normal, `break`, `continue`
    }

    let templates: [String: Tree]
    let limits: TemplateLimits
    let provided: [TemplateValue]
    private var output: [UInt8] = []
    /// Where in a document the output stands; nil where it is no HTML.
    private var html: HTMLContext?
    /// Where the output of this rendering starts.
    private var outputStart: Int
    /// The variables in force, the innermost last.
    private var variables: [(name: String, value: TemplateValue)] = []
    /// The template that is carried out, for error messages.
    var tree: Tree
    private var depth = 0
    private var steps = 0

    /// - Parameter output: is taken over, and empty until it is given back.
    init(
        _ templates: [String: Tree], _ tree: Tree, limits: TemplateLimits, provided: [TemplateValue],
        isHTML: Bool = false, output target: inout [UInt8]
    ) {
        self.templates = templates
        self.tree = tree
        self.limits = limits
        self.provided = provided
        html = isHTML ? HTMLContext() : nil
        outputStart = target.count
        swap(&output, &target)
    }

    func run(_ root: TemplateValue) throws(TemplateError) {
        variables = [("$", root)]
        _ = try walk(tree.nodes, root)
    }

    /// Hands the output back.
    func giveOutput(to target: inout [UInt8]) { swap(&output, &target) }

    func dropOutput(from start: Int) { output.removeSubrange(start...) }

    // MARK: Errors and limits

    func fault(_ message: String, at position: Int, _ text: @autoclosure () -> String) -> TemplateError {
        let before = tree.source[..<min(position, tree.source.count)]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = position - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
        let place = "template: \(tree.sourceName):\(line):\(column): executing \(GoQuoting.string(tree.name)) at <\(text())>"
        return TemplateError("\(place): \(message)", at: position)
    }

    /// Counts a step, and more of them for bytes that were made.
    func step(bytes: Int = 0) throws(TemplateError) {
        steps += 1 + bytes / 64
        if steps > limits.stepsMax { throw TemplateError("template: \(tree.sourceName): exceeded \(limits.stepsMax) steps", at: 0) }
        if bytes > limits.bytesMax {
            throw TemplateError("template: \(tree.sourceName): a value has more than \(limits.bytesMax) bytes", at: 0)
        }
    }

    func enter() throws(TemplateError) {
        depth += 1
        if depth > limits.depthMax {
            throw TemplateError("template: \(tree.sourceName): exceeded maximum template depth (\(limits.depthMax))", at: 0)
        }
    }

    func leave() { depth -= 1 }

    private func write(_ bytes: some Collection<UInt8>) throws(TemplateError) {
        guard output.count - outputStart + bytes.count <= limits.bytesMax else {
            throw TemplateError("template: \(tree.sourceName): the output has more than \(limits.bytesMax) bytes", at: 0)
        }
        output.append(contentsOf: bytes)
        try step(bytes: bytes.count)
    }

    // MARK: Variables

    func push(_ name: String, _ value: TemplateValue) { variables.append((name, value)) }

    func assign(_ name: String, _ value: TemplateValue) -> Bool {
        guard let index = variables.lastIndex(where: { $0.name == name }) else { return false }
        variables[index].value = value
        return true
    }

    func variable(_ name: String) -> TemplateValue? { variables.last { $0.name == name }?.value }

    // MARK: Nodes

    private func walk(_ nodes: [Node], _ dot: TemplateValue) throws(TemplateError) -> Flow {
        try enter()
        defer { leave() }
        for node in nodes {
            let flow = try walk(node, dot)
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func walk(_ node: Node, _ dot: TemplateValue) throws(TemplateError) -> Flow {
        try step()
        switch node {
        case .text(let text, _): try write(html?.literal(text) ?? text)
        case .action(let pipe):
            let value = try evaluate(pipe, dot)
            if pipe.variables.isEmpty { try print(value, pipe) }
        case .if(let branch): return try choose(branch, dot, setsDot: false)
        case .with(let branch): return try choose(branch, dot, setsDot: true)
        case .range(let branch): return try range(branch, dot)
        case .template(let reference): try call(reference, dot)
        case .break: return .break
        case .continue: return .continue
        }
        return .normal
    }

    private func print(_ value: TemplateValue, _ pipe: Pipe) throws(TemplateError) {
        if html != nil { return try printHTML(value, pipe) }
        switch value {
        case .string(let bytes): try write(bytes)
        case .none: try write("<no value>".utf8)
        case .function: throw fault("can't print {{\(pipe.text)}} of type \(value.typeName)", at: pipe.position, "{{\(pipe.text)}}")
        default:
            var printer = GoPrinter(bytesMax: limits.bytesMax)
            printer.plain(value)
            if printer.isFull { try step(bytes: limits.bytesMax + 1) }
            try write(printer.output)
        }
    }

    /// What an action prints is made fit for where it stands.
    private func printHTML(_ value: TemplateValue, _ pipe: Pipe) throws(TemplateError) {
        let value = try htmlValue(value, pipe)
        let last = pipe.commands.last?.operands.first?.kind
        var function: String?
        if case .function(let name, _) = last, name == "html" || name == "urlquery" { function = name }
        guard let bytes = html?.value(value, escapedBy: function) else { return }
        try write(bytes)
    }

    private func htmlValue(_ value: TemplateValue, _ pipe: Pipe) throws(TemplateError) -> HTMLValue {
        switch value {
        case .string(let bytes): return HTMLValue(bytes: bytes)
        case .none: return HTMLValue(bytes: [])
        case .function: throw fault("can't print {{\(pipe.text)}} of type \(value.typeName)", at: pipe.position, "{{\(pipe.text)}}")
        case .object(let object as TemplateMarkup): return HTMLValue(meaning: object.meaning, bytes: object.printed)
        case .bool, .int, .float, .list, .map, .time, .object:
            var printer = GoPrinter(bytesMax: limits.bytesMax)
            printer.plain(value)
            if printer.isFull { try step(bytes: limits.bytesMax + 1) }
            let isNumberOrTruth =
                switch value {
                case .bool, .int, .float: true
                default: false
                }
            return HTMLValue(isNumberOrTruth: isNumberOrTruth, bytes: printer.output)
        }
    }

    private func choose(_ branch: Branch, _ dot: TemplateValue, setsDot: Bool) throws(TemplateError) -> Flow {
        let mark = variables.count
        defer { variables.removeSubrange(mark...) }
        let value = try evaluate(branch.pipe, dot)
        if value.isTrue { return try walk(branch.body, setsDot ? value : dot) }
        guard let alternative = branch.alternative else { return .normal }
        return try walk(alternative, dot)
    }

    private func range(_ branch: Branch, _ dot: TemplateValue) throws(TemplateError) -> Flow {
        let mark = variables.count
        defer { variables.removeSubrange(mark...) }
        let value = try evaluate(branch.pipe, dot).unwrapped
        var ran = false
        switch value {
        case .list(let elements):
            for (index, element) in elements.enumerated() {
                ran = true
                if try iterate(branch, .int(Int64(index)), element) == .break { break }
            }
        case .map(let map):
            for (index, key) in map.keys.enumerated() {
                ran = true
                if try iterate(branch, .string(key), map.values[index]) == .break { break }
            }
        case .int(let count):
            if branch.pipe.variables.count > 1 {
                throw fault("can't use \(count) to iterate over more than one variable", at: branch.pipe.position, branch.pipe.text)
            }
            var index: Int64 = 0
            while index < count {
                ran = true
                if try iterate(branch, .int(index), .int(index)) == .break { break }
                index += 1
            }
        case .none: break
        default:
            var printer = GoPrinter(bytesMax: 200)
            printer.plain(value)
            let shown = String(decoding: printer.output, as: UTF8.self)
            throw fault("range can't iterate over \(shown)", at: branch.pipe.position, branch.pipe.text)
        }
        guard !ran, let alternative = branch.alternative else { return .normal }
        return try walk(alternative, dot)
    }

    /// One round of a range. The variables of the range stand at the end of those in force.
    private func iterate(_ branch: Branch, _ index: TemplateValue, _ element: TemplateValue) throws(TemplateError) -> Flow {
        try step()
        let names = branch.pipe.variables
        let mark = variables.count
        if branch.pipe.isAssignment {
            if names.count > 1 { _ = assign(names[0], index) }
            if let last = names.last { _ = assign(last, element) }
        } else {
            if names.count > 1 { variables[mark - 2].value = index }
            if !names.isEmpty { variables[mark - 1].value = element }
        }
        let flow = try walk(branch.body, element)
        variables.removeSubrange(mark...)
        return flow == .continue ? .normal : flow
    }

    private func call(_ reference: TemplateReference, _ dot: TemplateValue) throws(TemplateError) {
        guard let target = templates[reference.name] else {
            throw fault("template \(GoQuoting.string(reference.name)) not defined", at: reference.position, reference.text)
        }
        var argument = TemplateValue.none
        if let pipe = reference.pipe { argument = try evaluate(pipe, dot) }
        try run(target, argument)
    }

    private func run(_ target: Tree, _ argument: TemplateValue) throws(TemplateError) {
        let (outer, outerTree) = (variables, tree)
        variables = [("$", argument)]
        tree = target
        defer { (variables, tree) = (outer, outerTree) }
        _ = try walk(target.nodes, argument)
    }

    /// What a template of the set makes of a value, for functions.
    func expand(_ name: String, _ value: TemplateValue) throws(TemplateError) -> [UInt8] {
        guard let target = templates[name] else {
            throw TemplateError(
                "template: no template \(GoQuoting.string(name)) associated with template \(GoQuoting.string(tree.sourceName))", at: 0)
        }
        let (outer, outerStart, outerHTML) = (output, outputStart, html)
        (output, outputStart) = ([], 0)
        if html != nil { html = HTMLContext() }
        defer { (output, outputStart, html) = (outer, outerStart, outerHTML) }
        try run(target, value)
        return output
    }
}

/// What a template looks at, known without carrying it out.
public struct TemplateUse: Sendable, Hashable {
    /// A piece of a template that only puts texts and fields of the root beside each other.
    public enum Piece: Sendable, Hashable {
        case text([UInt8])
        /// A field of the root.
        case field(String)
    }

    /// The template as pieces, where it is as simple as that; else nil.
    public var pieces: [Piece]?
    /// All names of fields, each once, in the order of the text. Fields of what `.` is within `with`, `range` and other templates are among them.
    public var fields: [String] = []
    /// The functions that are called, each once.
    public var functions: [String] = []
    /// Whether the root itself is used, beside its fields.
    public var usesRoot = false

    /// Nothing.
    public init() {}
}

extension TemplateSet {
    /// What a template looks at; nil where there is no template of the name.
    public func use(_ name: String) -> TemplateUse? {
        guard let tree = tree(name) else { return nil }
        var use = TemplateUse()
        use.pieces = TemplateSet.pieces(tree.nodes)
        var scan = UseScan(set: self)
        scan.visit(tree.nodes)
        use.fields = scan.fields
        use.functions = scan.functions
        use.usesRoot = scan.usesRoot
        return use
    }

    private static func pieces(_ nodes: [Node]) -> [TemplateUse.Piece]? {
        var pieces: [TemplateUse.Piece] = []
        for node in nodes {
            switch node {
            case .text(let text, _): pieces.append(.text(text))
            case .action(let pipe):
                guard pipe.variables.isEmpty, pipe.commands.count == 1, pipe.commands[0].operands.count == 1,
                    case .field(let names) = pipe.commands[0].operands[0].kind, names.count == 1
                else { return nil }
                pieces.append(.field(names[0]))
            default: return nil
            }
        }
        return pieces
    }
}

/// Walks a tree and notes what it uses.
private struct UseScan {
    let set: TemplateSet
    var fields: [String] = []
    var functions: [String] = []
    var usesRoot = false
    private var visited: Set<String> = []

    init(set: TemplateSet) { self.set = set }

    mutating func visit(_ nodes: [Node]) {
        for node in nodes {
            switch node {
            case .text, .break, .continue: break
            case .action(let pipe): visit(pipe)
            case .if(let branch), .with(let branch), .range(let branch):
                visit(branch.pipe)
                visit(branch.body)
                if let alternative = branch.alternative { visit(alternative) }
            case .template(let reference):
                if let pipe = reference.pipe { visit(pipe) }
                if visited.insert(reference.name).inserted, let tree = set.tree(reference.name) { visit(tree.nodes) }
            }
        }
    }

    private mutating func visit(_ pipe: Pipe) {
        for command in pipe.commands { for operand in command.operands { visit(operand) } }
    }

    private mutating func visit(_ operand: Operand) {
        switch operand.kind {
        case .dot: usesRoot = true
        case .nil, .bool, .number, .string: break
        case .function(let name, _): if !functions.contains(name) { functions.append(name) }
        case .field(let names): note(names)
        case .variable(let name, let names):
            if name == "$", names.isEmpty { usesRoot = true } else { note(names) }
        case .pipe(let pipe): visit(pipe)
        case .chain(let operand, let names):
            visit(operand)
            note(names)
        }
    }

    private mutating func note(_ names: [String]) {
        for name in names where !fields.contains(name) { fields.append(name) }
    }
}

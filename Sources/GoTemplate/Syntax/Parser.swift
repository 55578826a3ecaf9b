internal import TelemetryModel

/// Reads a template.
struct Parser {
    /// How deep actions and parentheses may stand within each other.
    static let depthMax = 150

    let name: String
    let source: [UInt8]
    let functions: FunctionTable
    /// The templates that were defined within the text, beside the text itself.
    private(set) var definitions: [Tree] = []

    var tokens: [Token]
    /// The token that is read next.
    var next = 0
    /// One more than the furthest token that was looked at.
    var furthest = 0
    /// The variables that are known at the moment.
    var variables = ["$"]
    var depth = 0
    private var rangeDepth = 0
    /// The line on which the action started that is being read; 0 outside.
    private var actionLine = 0

    init(_ text: [UInt8], name: String, functions: FunctionTable) {
        self.name = name
        source = text
        self.functions = functions
        var lexer = Lexer(text, breakIsWord: functions["break"] == nil, continueIsWord: functions["continue"] == nil)
        tokens = lexer.run()
    }

    /// Reads the text to its end.
    mutating func parse() throws(TemplateError) -> Tree {
        var nodes: [Node] = []
        while peek().kind != .end {
            if peek().kind == .leftDelimiter {
                let start = next
                _ = take()
                if takeNonSpace().kind == .defineWord {
                    try parseDefinition()
                    continue
                }
                next = start
            }
            switch try textOrAction() {
            case .node(let node): nodes.append(node)
            case .end: throw fault("unexpected {{end}}")
            case .else: throw fault("unexpected {{else}}")
            }
        }
        return Tree(name: name, sourceName: name, source: source, nodes: nodes)
    }

    // MARK: Tokens

    mutating func take() -> Token {
        // The last token is the end or an error, which is given again and again.
        let token = tokens[min(next, tokens.count - 1)]
        if next < tokens.count { next += 1 }
        furthest = max(furthest, next)
        return token
    }

    mutating func peek() -> Token {
        let token = take()
        next = max(0, min(next, tokens.count) - 1)
        return token
    }

    mutating func takeNonSpace() -> Token {
        var token = take()
        while token.kind == .space { token = take() }
        return token
    }

    mutating func peekNonSpace() -> Token {
        while peek().kind == .space { _ = take() }
        return peek()
    }

    /// An error at the token that was looked at last.
    func fault(_ message: String) -> TemplateError {
        let token = tokens[max(0, min(furthest, tokens.count) - 1)]
        return TemplateError("template: \(name):\(token.line): \(message)", at: token.position)
    }

    func unexpected(_ token: Token, _ context: String) -> TemplateError {
        guard token.kind == .error else { return fault("unexpected \(token.shown) in \(context)") }
        var extra = ""
        if actionLine != 0, actionLine != token.line {
            let isAction = token.string.hasSuffix(" action")
            extra = (isAction ? "" : " in action") + " started at \(name):\(actionLine)"
        }
        return fault(token.shown + extra)
    }

    mutating func expect(_ kind: TokenKind, _ context: String) throws(TemplateError) -> Token {
        let token = takeNonSpace()
        guard token.kind == kind else { throw unexpected(token, context) }
        return token
    }

    /// Goes a level deeper while the body runs.
    mutating func enter() throws(TemplateError) {
        depth += 1
        if depth > Parser.depthMax { throw fault("max expression depth exceeded") }
    }

    // MARK: Structure

    /// What follows in a list of nodes.
    private enum Item {
        case node(Node)
        case end
        case `else`
    }

    private mutating func textOrAction() throws(TemplateError) -> Item {
        let token = takeNonSpace()
        switch token.kind {
        case .text: return .node(.text(token.text, position: token.position))
        case .leftDelimiter:
            actionLine = token.line
            defer { actionLine = 0 }
            return try action()
        default: throw unexpected(token, "input")
        }
    }

    /// Reads nodes up to an `end` or an `else`.
    private mutating func list() throws(TemplateError) -> (nodes: [Node], isElse: Bool) {
        var nodes: [Node] = []
        while peekNonSpace().kind != .end {
            switch try textOrAction() {
            case .node(let node): nodes.append(node)
            case .end: return (nodes, false)
            case .else: return (nodes, true)
            }
        }
        throw fault("unexpected EOF")
    }

    private mutating func action() throws(TemplateError) -> Item {
        let start = next
        let token = takeNonSpace()
        switch token.kind {
        case .blockWord: return .node(try block())
        case .breakWord, .continueWord: return .node(try jump(token))
        case .elseWord:
            if ![.ifWord, .withWord].contains(peekNonSpace().kind) { _ = try expect(.rightDelimiter, "else") }
            return .else
        case .endWord:
            _ = try expect(.rightDelimiter, "end")
            return .end
        case .ifWord: return .node(.if(try branch("if")))
        case .rangeWord: return .node(.range(try branch("range")))
        case .templateWord: return .node(try template())
        case .withWord: return .node(.with(try branch("with")))
        default:
            next = start
            return .node(.action(try pipeline("command", .rightDelimiter)))
        }
    }

    private mutating func branch(_ context: String) throws(TemplateError) -> Branch {
        try enter()
        defer { depth -= 1 }
        let known = variables.count
        defer { variables.removeSubrange(known...) }
        let pipe = try pipeline(context, .rightDelimiter)
        if context == "range" { rangeDepth += 1 }
        let (body, hasElse) = try list()
        if context == "range" { rangeDepth -= 1 }
        guard hasElse else { return Branch(pipe: pipe, body: body, alternative: nil) }
        // `{{else if …}}` has no end of its own.
        if context == "if", peek().kind == .ifWord {
            _ = take()
            return Branch(pipe: pipe, body: body, alternative: [.if(try branch("if"))])
        }
        if context == "with", peek().kind == .withWord {
            _ = take()
            return Branch(pipe: pipe, body: body, alternative: [.with(try branch("with"))])
        }
        let (alternative, hasSecondElse) = try list()
        if hasSecondElse { throw fault("expected end; found {{else}}") }
        return Branch(pipe: pipe, body: body, alternative: alternative)
    }

    private mutating func jump(_ word: Token) throws(TemplateError) -> Node {
        let token = takeNonSpace()
        guard token.kind == .rightDelimiter else { throw unexpected(token, "{{\(word.string)}}") }
        guard rangeDepth > 0 else { throw fault("{{\(word.string)}} outside {{range}}") }
        return word.kind == .breakWord ? .break(position: word.position) : .continue(position: word.position)
    }

    private mutating func parseDefinition() throws(TemplateError) {
        let context = "define clause"
        let token = takeNonSpace()
        guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, context) }
        let name = try templateName(token, context)
        _ = try expect(.rightDelimiter, context)
        try define(name, context)
    }

    /// Reads the body of a template that is defined here, and its end.
    private mutating func define(_ name: String, _ context: String) throws(TemplateError) {
        try enter()
        defer { depth -= 1 }
        let (outerVariables, outerRange) = (variables, rangeDepth)
        (variables, rangeDepth) = (["$"], 0)
        let (nodes, isElse) = try list()
        if isElse { throw fault("unexpected {{else}} in \(context)") }
        (variables, rangeDepth) = (outerVariables, outerRange)
        definitions.append(Tree(name: name, sourceName: self.name, source: source, nodes: nodes))
    }

    private mutating func block() throws(TemplateError) -> Node {
        let context = "block clause"
        let token = takeNonSpace()
        let name = try templateName(token, context)
        let pipe = try pipeline(context, .rightDelimiter)
        try define(name, context)
        return .template(TemplateReference(position: token.position, name: name, pipe: pipe))
    }

    private mutating func template() throws(TemplateError) -> Node {
        let context = "template clause"
        let token = takeNonSpace()
        let name = try templateName(token, context)
        var pipe: Pipe?
        let start = next
        if takeNonSpace().kind != .rightDelimiter {
            next = start
            pipe = try pipeline(context, .rightDelimiter)
        }
        return .template(TemplateReference(position: token.position, name: name, pipe: pipe))
    }

    private func templateName(_ token: Token, _ context: String) throws(TemplateError) -> String {
        guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, context) }
        guard let name = StringLiteral.unquote(token.text, quote: token.text[0]) else { throw fault("invalid syntax") }
        return String(decoding: name, as: UTF8.self)
    }
}

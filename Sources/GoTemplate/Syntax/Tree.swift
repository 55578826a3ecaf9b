/// A template as it was read.
struct Tree: Sendable {
    let name: String
    /// The name under which the text was given, for error messages.
    let sourceName: String
    let source: [UInt8]
    var nodes: [Node]

    /// Whether there is nothing in it but blanks.
    var isEmpty: Bool {
        nodes.allSatisfy { node in
            if case .text(let text, _) = node { text.allSatisfy { Lexer.isSpace($0) } } else { false }
        }
    }
}

/// A part of a template.
enum Node: Sendable {
    case text([UInt8], position: Int)
    case action(Pipe)
    case `if`(Branch)
    case with(Branch)
    case range(Branch)
    case template(TemplateReference)
    case `break`(position: Int)
    case `continue`(position: Int)
}

/// `{{if …}}…{{else}}…{{end}}` and its like.
struct Branch: Sendable {
    let pipe: Pipe
    let body: [Node]
    let alternative: [Node]?
}

/// `{{template "name" …}}`.
struct TemplateReference: Sendable {
    let position: Int
    let name: String
    let pipe: Pipe?
}

/// `$x := first | second`.
struct Pipe: Sendable {
    let position: Int
    /// Whether the variables are there already.
    var isAssignment = false
    var variables: [String] = []
    var commands: [Command] = []
}

/// `function argument argument`.
struct Command: Sendable {
    let position: Int
    var operands: [Operand] = []
}

struct Operand: Sendable {
    indirect enum Kind: Sendable {
        case dot
        case `nil`
        case bool(Bool)
        case number(NumberLiteral)
        /// A string and how it was written.
        case string([UInt8], source: String)
        case field([String])
        /// A variable with its `$`, and fields behind it.
        case variable(String, [String])
        case function(String, TemplateFunction)
        case pipe(Pipe)
        /// Fields of something that is neither a field nor a variable.
        case chain(Operand, [String])
    }

    let position: Int
    let kind: Kind

    /// Whether it may stand first in a command that gets a value through a pipe.
    var isExecutable: Bool {
        switch kind {
        case .dot, .nil, .bool, .number, .string: false
        default: true
        }
    }
}

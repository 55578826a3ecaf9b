/// A token of TraceQL. Words are told apart by the parser: what `name` is depends on where it stands.
enum Token: Equatable {
    case word(String)
    case string(String)
    case int(Int64)
    case float(Double)
    /// Nanoseconds.
    case duration(Int64)
    /// An attribute with its scope: `.a`, `span.a`, `parent.resource.a`.
    case attribute(AttributeScope?, isParent: Bool, String)
    /// A scope with a colon, such as `span:`.
    case scope(String)
    case symbol(Symbol)
    case end

    enum Symbol: String, CaseIterable {
        case comma = ","
        case openBrace = "{"
        case closeBrace = "}"
        case openParenthesis = "("
        case closeParenthesis = ")"
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case notMatches = "!~"
        case greater = ">"
        case greaterOrEqual = ">="
        case less = "<"
        case lessOrEqual = "<="
        case add = "+"
        case subtract = "-"
        case divide = "/"
        case modulo = "%"
        case multiply = "*"
        case power = "^"
        case and = "&&"
        case or = "||"
        case not = "!"
        case pipe = "|"
        case descendant = ">>"
        case ancestor = "<<"
        case sibling = "~"
        case notChild = "!>"
        case notParent = "!<"
        case notDescendant = "!>>"
        case notAncestor = "!<<"
        case unionSibling = "&~"
        case unionChild = "&>"
        case unionParent = "&<"
        case unionDescendant = "&>>"
        case unionAncestor = "&<<"
    }

    /// In the words of an error message.
    var words: String {
        switch self {
        case .word(let word): "`\(word)`"
        case .string: "a string"
        case .int, .float: "a number"
        case .duration: "a duration"
        case .attribute(let scope, let isParent, let name):
            "`\(QueryPrinter.field(isParent ? .parentAttribute(scope, name) : .attribute(scope, name)))`"
        case .scope(let scope): "`\(scope):`"
        case .symbol(let symbol): "`\(symbol.rawValue)`"
        case .end: "the end of the query"
        }
    }
}

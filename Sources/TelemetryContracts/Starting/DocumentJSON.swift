internal import ByteCoding

/// A value of JSON whose members keep their order.
indirect enum DocumentJSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    case text(String)
    case number(Double)
    case truth(Bool)
    case null
    case list([DocumentJSON])
    case object([(name: String, value: DocumentJSON)])

    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(booleanLiteral value: Bool) { self = .truth(value) }
    init(arrayLiteral elements: DocumentJSON...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, DocumentJSON)...) { self = .object(elements.map { (name: $0, value: $1) }) }

    /// The value in lines, two blanks for each depth, with a line feed at the end.
    var text: String {
        var lines = ""
        append("", to: &lines)
        return lines + "\n"
    }

    private func append(_ indent: String, to text: inout String) {
        let inner = indent + "  "
        switch self {
        case .text(let value): text += DocumentJSON.quoted(value)
        case .number(let value): text += Int64(exactly: value).map { String($0) } ?? "\(value)"
        case .truth(let value): text += value ? "true" : "false"
        case .null: text += "null"
        case .list(let elements):
            if elements.isEmpty { return text += "[]" }
            text += "[\n"
            for (index, element) in elements.enumerated() {
                text += inner
                element.append(inner, to: &text)
                text += index + 1 < elements.count ? ",\n" : "\n"
            }
            text += indent + "]"
        case .object(let members):
            if members.isEmpty { return text += "{}" }
            text += "{\n"
            for (index, member) in members.enumerated() {
                text += inner + DocumentJSON.quoted(member.name) + ": "
                member.value.append(inner, to: &text)
                text += index + 1 < members.count ? ",\n" : "\n"
            }
            text += indent + "}"
        }
    }

    /// A text in quotes, which is one in YAML, too.
    static func quoted(_ text: String) -> String {
        var writer = JSONTextWriter()
        writer.value(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// A text as PromQL, LogQL and TraceQL take it.
func queryText(_ text: String) -> String { DocumentJSON.quoted(text) }

internal import ByteCoding

/// How the values of a variable are written where it stands.
enum VariableFormat {
    /// Names of formats as they stand behind the colon.
    static let names: Set<String> = [
        "raw", "regex", "pipe", "csv", "json", "distributed", "glob", "lucene", "singlequote", "doublequote", "sqlstring", "percentencode",
        "queryparam", "text", "date", "html", "uriencode", "join", "customqueryparam",
    ]

    static func isKnown(_ format: String) -> Bool { names.contains(String(format.prefix { $0 != ":" })) }

    /// The values in a format of that name; nil where there is none.
    static func text(_ values: [String], variable: String, format: String) -> String? {
        switch format.prefix(while: { $0 != ":" }) {
        case "raw", "csv", "text", "date", "html", "join": return values.joined(separator: ",")
        case "pipe": return values.joined(separator: "|")
        case "regex": return grouped(values.map(regexEscaped))
        case "glob": return values.count == 1 ? values[0] : "{" + values.joined(separator: ",") + "}"
        case "lucene": return values.count == 1 ? values[0] : "(" + values.map { "\"\($0)\"" }.joined(separator: " OR ") + ")"
        case "distributed":
            return values.enumerated().map { $0.offset == 0 ? $0.element : variable + "=" + $0.element }.joined(separator: ",")
        case "json":
            var json = JSONTextWriter()
            if values.count == 1 {
                json.value(values[0])
            } else {
                json.beginArray()
                for value in values { json.value(value) }
                json.endArray()
            }
            return String(decoding: json.bytes, as: UTF8.self)
        case "singlequote": return values.map { "'" + $0.replacing("'", with: "\\'") + "'" }.joined(separator: ",")
        case "doublequote": return values.map { "\"" + $0.replacing("\"", with: "\\\"") + "\"" }.joined(separator: ",")
        case "sqlstring": return values.map { "'" + $0.replacing("'", with: "''") + "'" }.joined(separator: ",")
        case "percentencode", "uriencode": return percentEncoded(values.joined(separator: ","))
        case "queryparam", "customqueryparam":
            return values.map { "var-\(percentEncoded(variable))=\(percentEncoded($0))" }.joined(separator: "&")
        default: return nil
        }
    }

    /// The values as a query of a language has them where no format is named.
    ///
    /// - Parameter isList: whether the variable may have several values or all; then it is taken to stand in a regular expression.
    static func text(_ values: [String], isList: Bool, language: DataSourceKind) -> String {
        switch language {
        case .prometheus:
            guard isList else { return quoteEscaped(values.joined(separator: ",")) }
            return grouped(values.map { doubled(regexEscaped($0)) })
        case .loki:
            guard isList else { return quoteEscaped(values.joined(separator: ",")) }
            return values.map { doubled(regexEscaped($0)) }.joined(separator: "|")
        case .tempo, .jaeger: return values.joined(separator: "|")
        default: return values.count == 1 ? values[0] : "{" + values.joined(separator: ",") + "}"
        }
    }

    private static func grouped(_ values: [String]) -> String {
        values.count == 1 ? values[0] : "(" + values.joined(separator: "|") + ")"
    }

    /// A value as a regular expression that matches it.
    private static func regexEscaped(_ value: String) -> String {
        var text = ""
        for character in value {
            if "\\^$.*+?()[]{}|/".contains(character) && character != "/" { text.append("\\") }
            text.append(character)
        }
        return text
    }

    /// Backslashes as they stand in a text between quotes.
    private static func doubled(_ value: String) -> String { value.replacing("\\", with: "\\\\") }

    private static func quoteEscaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    private static func percentEncoded(_ value: String) -> String {
        var text = ""
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(UInt16(byte) + 256, radix: 16, uppercase: true)
                text += "%" + digits.dropFirst()
            }
        }
        return text
    }
}

internal import TelemetryModel

/// Conditions of other search languages, as the text of TraceQL.
enum TraceQLText {
    /// A string literal.
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// The attribute of a name, of a span or of its resource.
    static func attribute(_ owner: String, _ name: String) -> String { owner + "." + quote(name) }

    /// That an attribute of the span or of its resource has a value that is written as a text: a string, or a number or truth so rendered.
    static func attribute(_ name: String, isRendered text: String) -> String {
        var literals = [quote(text)]
        if let number = Int64(text), String(number) == text { literals.append(text) }
        if let number = Double(text), number.isFinite, RenderedValue.text(number) == text { literals.append(floatLiteral(number)) }
        if text == "true" || text == "false" { literals.append(text) }
        let tests = ["span", "resource"].flatMap { owner in literals.map { attribute(owner, name) + " = " + $0 } }
        return "(" + tests.joined(separator: " || ") + ")"
    }

    /// The intrinsics that a status or kind is searched by; nil for other words.
    static func status(_ word: String) -> String? {
        ["unset", "ok", "error"].contains(word.lowercased()) ? "status = " + word.lowercased() : nil
    }

    static func kind(_ word: String) -> String? {
        ["unspecified", "internal", "server", "client", "producer", "consumer"].contains(word.lowercased())
            ? "kind = " + word.lowercased() : nil
    }

    /// A number that TraceQL reads as a float: with a point and without an exponent.
    private static func floatLiteral(_ number: Double) -> String {
        let text = FloatText.fixed(number)
        return text.contains(".") ? text : text + ".0"
    }
}

public import LabelMatching
internal import TelemetryModel

/// How Alertmanager prints matchers and label sets: what route ids, group keys and API answers are made of.
public enum MatcherText {
    /// `name="value"`, with `\`, line feeds and quotes of the value escaped; a name that holds a space or one of ``{}!=~,\"'` `` is quoted
    /// as Go quotes strings, and so is its value then.
    public static func text(_ matcher: LabelMatcher) -> String {
        if matcher.name.unicodeScalars.contains(where: isReserved) {
            return GoQuoting.string(matcher.name) + matcher.operator.rawValue + GoQuoting.string(matcher.value)
        }
        return matcher.name + matcher.operator.rawValue + "\"" + escaped(matcher.value) + "\""
    }

    /// `{a="b",c=~"d"}`, in the order given.
    public static func text(_ matchers: [LabelMatcher]) -> String {
        "{" + matchers.map { text($0) }.joined(separator: ",") + "}"
    }

    /// Names, then values, then operators in the order `=`, `!=`, `=~`, `!~`, all by bytes.
    public static func sorted(_ matchers: [LabelMatcher]) -> [LabelMatcher] {
        matchers.sorted { left, right in
            if !left.name.utf8.elementsEqual(right.name.utf8) { return left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
            if !left.value.utf8.elementsEqual(right.value.utf8) { return left.value.utf8.lexicographicallyPrecedes(right.value.utf8) }
            return rank(left.operator) < rank(right.operator)
        }
    }

    /// Whether a character of a name or an unquoted value would mean something else.
    static func isReserved(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "{", "}", "!", "=", "~", ",", "\\", "\"", "'", "`": true
        default: scalar.properties.isWhitespace
        }
    }

    private static func rank(_ operator: LabelMatcher.Operator) -> Int {
        switch `operator` {
        case .equal: 0
        case .notEqual: 1
        case .matches: 2
        case .notMatches: 3
        }
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"": result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

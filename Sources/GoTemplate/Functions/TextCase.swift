/// Letters large and small, one character for one as in Go.
public enum TextCase {
    /// In large letters.
    public static func upper(_ text: String) -> String { map(text) { $0.properties.uppercaseMapping } }

    /// In small letters.
    public static func lower(_ text: String) -> String { map(text) { $0.properties.lowercaseMapping } }

    /// Each word with a capital, the rest as it is.
    public static func title(_ text: String) -> String {
        var result = ""
        var isInWord = false
        for scalar in text.unicodeScalars {
            let isPart = scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_" || scalar == "'"
            let isFirst = isPart && !isInWord && scalar != "'"
            if isFirst { result += mapped(scalar, scalar.properties.titlecaseMapping) } else { result.unicodeScalars.append(scalar) }
            isInWord = scalar == "'" ? isInWord : isPart
        }
        return result
    }

    private static func map(_ text: String, _ mapping: (Unicode.Scalar) -> String) -> String {
        text.unicodeScalars.reduce(into: "") { $0 += mapped($1, mapping($1)) }
    }

    private static func mapped(_ scalar: Unicode.Scalar, _ mapping: String) -> String {
        mapping.unicodeScalars.count == 1 ? mapping : String(scalar)
    }
}

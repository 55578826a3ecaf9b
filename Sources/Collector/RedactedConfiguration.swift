/// Takes secrets out of the text of a configuration file, so that it can be shown.
///
/// Works on lines, as YAML may be written in any style: the value of every key that may hold a secret is replaced, and so is a user's part
/// of an address. What follows such a key on further lines (a block scalar, a nested value) goes as well.
enum RedactedConfiguration {
    private static let secretKeys: Set<String> = [
        "password", "credentials", "bearer_token", "client_secret", "secret_key", "access_key", "api_key", "token", "key", "cert", "ca",
        "authorization", "auth_password", "secrets", "values",
    ]

    static func text(of configuration: String) -> String {
        var lines: [String] = []
        var hiddenDepth: Int?
        for line in configuration.split(separator: "\n", omittingEmptySubsequences: false) {
            let depth = line.prefix { $0 == " " || $0 == "-" }.count
            if let hidden = hiddenDepth {
                if line.allSatisfy({ $0 == " " }) || depth > hidden { continue }
                hiddenDepth = nil
            }
            if holdsSecret(line) {
                let colon = line.firstIndex(of: ":") ?? line.endIndex
                lines.append(isFlow(line) ? String(line.prefix(depth)) + "# <secret>" : line[..<colon] + ": <secret>")
                hiddenDepth = depth
            } else {
                lines.append(withoutUser(String(line)))
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Whether a key of the line may hold a secret, also within `{…}`.
    private static func holdsSecret(_ line: Substring) -> Bool {
        var word = ""
        for character in line {
            if character.isLetter || character == "_" || character == "-" && !word.isEmpty {
                word.append(character)
            } else if character == ":" || character == "\"" || character == "'" {
                if character == ":", secretKeys.contains(word.lowercased()) { return true }
                if character == ":" { word = "" }
            } else if character != " " || !secretKeys.contains(word) {
                word = ""
            }
        }
        return false
    }

    private static func isFlow(_ line: Substring) -> Bool { line.contains("{") }

    private static func withoutUser(_ line: String) -> String {
        guard let scheme = line.range(of: "://"), let at = line[scheme.upperBound...].firstIndex(of: "@"),
            !line[scheme.upperBound..<at].contains("/")
        else { return line }
        return line[..<scheme.upperBound] + "<secret>" + line[at...]
    }
}

extension String {
    /// Where a shorter text stands in this one, or nil. Bytes are compared.
    fileprivate func range(of wanted: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(wanted) { return start..<index(start, offsetBy: wanted.count) }
            start = index(after: start)
        }
        return nil
    }
}

internal import Foundation

/// The sections of the files that the tools of AWS keep (`~/.aws/config`, `~/.aws/credentials`).
struct AmazonProfiles: Sendable {
    private var sections: [String: [String: String]] = [:]

    /// Reads both files; one that is not there is empty. What stands in the file of credentials counts first.
    init(_ servers: CredentialServers) {
        let home = servers.variable("HOME") ?? NSHomeDirectory()
        let files = [
            (servers.variable("AWS_CONFIG_FILE") ?? home + "/.aws/config", true),
            (servers.variable("AWS_SHARED_CREDENTIALS_FILE") ?? home + "/.aws/credentials", false),
        ]
        for (path, isConfig) in files {
            guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8) else { continue }
            add(text, isConfig: isConfig)
        }
    }

    init() {}

    /// The keys of a profile; nil where there is none of that name.
    subscript(name: String) -> [String: String]? { sections[name] }

    /// Takes what a file says.
    ///
    /// - Parameter isConfig: whether sections but `default` are called `profile NAME`.
    mutating func add(_ text: String, isConfig: Bool) {
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let trimmed = AmazonProfiles.trimmed(line)
            if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix(";") { continue }
            if trimmed.hasPrefix("[") {
                section = AmazonProfiles.name(of: trimmed, isConfig: isConfig)
                if let section { sections[section] = sections[section] ?? [:] }
                continue
            }
            // Lines that are set back belong to a value with parts of its own, none of which matters here.
            guard let section, line.first?.isWhitespace != true, let mark = trimmed.firstIndex(of: "=") else { continue }
            let key = AmazonProfiles.trimmed(trimmed[..<mark]).lowercased()
            sections[section]?[key] = AmazonProfiles.withoutRemark(trimmed[trimmed.index(after: mark)...])
        }
    }

    private static func name(of line: String, isConfig: Bool) -> String? {
        guard let end = line.firstIndex(of: "]") else { return nil }
        let words = line[line.index(after: line.startIndex)..<end].split(whereSeparator: \.isWhitespace)
        if words.count == 2, words[0] == "profile" { return String(words[1]) }
        guard words.count == 1, !isConfig || words[0] == "default" else { return nil }
        return String(words[0])
    }

    private static func withoutRemark(_ text: Substring) -> String {
        let ends = [" #", " ;", "\t#", "\t;"].compactMap { text.range(of: $0)?.lowerBound }
        return trimmed(text[..<(ends.min() ?? text.endIndex)])
    }

    private static func trimmed(_ text: Substring) -> String { text.trimmingCharacters(in: .whitespaces) }
    private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespaces) }
}

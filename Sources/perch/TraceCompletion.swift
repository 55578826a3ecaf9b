internal import CommandLineClient
internal import Foundation

/// Names for the shell to complete with, from the server that the command line so far names.
enum TraceCompletion {
    /// Nobody waits longer than this after the tab key.
    private static let timeoutSeconds: Int64 = 1

    static func services(_ words: [String]) async -> [String] {
        guard let client = client(words) else { return [] }
        return await TraceNamesCommand.completions(client: client)
    }

    /// The operations of the service that `--service` names.
    static func operations(_ words: [String]) async -> [String] {
        guard let client = client(words), let service = value(of: "--service", in: words) else { return [] }
        return await TraceNamesCommand.completions(client: client, operationsOf: service)
    }

    static func client(_ words: [String]) -> PerchClient? {
        let address = value(of: "--url", in: words) ?? ProcessInfo.processInfo.environment["PERCH_URL"] ?? "http://127.0.0.1:9797"
        return try? PerchClient(url: address, timeoutSeconds: timeoutSeconds)
    }

    /// The value of an option among the words as the shell has them, quotes and all.
    private static func value(of option: String, in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word == option {
                // Bash makes words of their own of the signs in `--option=value` and `http://host:port`.
                var rest = words[(index + 1)...].drop { $0 == "=" }
                var value = rest.popFirst() ?? ""
                while rest.first == ":" {
                    value += rest.removeFirst()
                    value += rest.popFirst() ?? ""
                }
                return unquoted(value)
            }
            if word.hasPrefix(option + "=") { return unquoted(String(word.dropFirst(option.count + 1))) }
        }
        return nil
    }

    private static func unquoted(_ text: String) -> String? {
        var word = text
        if word.isEmpty { return nil }
        if let quote = word.first, quote == "\"" || quote == "'" {
            word.removeFirst()
            if word.last == quote { word.removeLast() }
        } else {
            word = word.replacing("\\", with: "")
        }
        return word.isEmpty ? nil : word
    }
}

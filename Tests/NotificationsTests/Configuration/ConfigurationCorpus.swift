import Foundation
import Testing

/// Files of the corpus `Data/configurations.txt`.
struct ConfigurationCase: Sendable, CustomTestStringConvertible {
    var name: String
    var isValid: Bool
    /// Why amtool of Alertmanager 0.25 says otherwise; nil where it agrees.
    var exception: String?
    var text: String

    var testDescription: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Data").path

    static let all: [ConfigurationCase] = {
        guard let text = try? String(contentsOfFile: folder + "/configurations.txt", encoding: .utf8) else { return [] }
        return text.components(separatedBy: "\n--- ").dropFirst().map { part in
            let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            let head = lines[0]
            let isValid = head.hasPrefix("valid")
            let exception = head.firstIndex(of: "(").flatMap { start in
                head.firstIndex(of: ")").map { String(head[start...$0]) }
            }
            let name =
                head.range(of: "): ").map { head[$0.upperBound...] } ?? head[(head.firstIndex(of: ":") ?? head.startIndex)...].dropFirst(2)
            let body = lines.count > 1 ? String(lines[1]) : ""
            return ConfigurationCase(
                name: String(name), isValid: isValid, exception: exception,
                text: body.replacingOccurrences(of: "$R\n", with: "route: {receiver: r}\n"))
        }
    }()
}

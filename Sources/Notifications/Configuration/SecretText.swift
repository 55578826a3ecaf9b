internal import ConfigFile
internal import Foundation

/// A text that may be a secret: given in the configuration, or in a file that is read anew for every notification, so that it can be changed.
///
/// It prints as `<secret>` or as the file's path, never as what it holds.
enum SecretText: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    case literal(String)
    case file(path: String)

    /// What is shown in a secret's place.
    static let placeholder = "<secret>"

    var description: String {
        switch self {
        case .literal: SecretText.placeholder
        case .file(let path): path
        }
    }

    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(reflecting: description) }

    /// The text; of a file its content without white space around it. Blocks while a file is read.
    ///
    /// - Throws: ``DeliveryFailure`` where a file cannot be read.
    func read() throws(DeliveryFailure) -> String {
        switch self {
        case .literal(let text): return text
        case .file(let path):
            do {
                return try String(contentsOf: URL(filePath: path), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                throw DeliveryFailure(.configuration, "the file \(path) cannot be read")
            }
        }
    }
}

/// One value of a parsed document: a scalar, a list, a mapping or nothing, and where it stands.
///
/// A node is read by asking for the type one expects (``string()``, ``duration()``, ``list(_:)``, ``mapping(_:)`` …); what is
/// found instead becomes a ``ConfigError`` at the node's place.
public struct ConfigNode: Sendable {
    /// What a node is in YAML's terms. Whether a scalar is a number or a word depends on who asks.
    public enum Kind: Sendable, Hashable { case nothing, scalar, list, mapping }

    enum Content: Sendable {
        case nothing
        /// `isPlain` is false for quoted and block scalars: these are never numbers, booleans or nothing.
        case scalar(text: String, isPlain: Bool)
        case list([ConfigNode])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        let key: String
        let keyLine: Int
        let keyColumn: Int
        let value: ConfigNode
    }

    let content: Content
    /// The document's name.
    public let file: String
    /// Line, from 1.
    public let line: Int
    /// Column, from 1, counted in Unicode scalars.
    public let column: Int
    /// How to reach the node from the root, such as `scrape_configs[0].job_name`; empty for the root.
    public let path: String

    /// What the node is.
    public var kind: Kind {
        switch content {
        case .nothing: .nothing
        case .scalar: .scalar
        case .list: .list
        case .mapping: .mapping
        }
    }

    /// A fault at this node, for rules that only the caller knows.
    public func error(_ message: String) -> ConfigError {
        ConfigError(file: file, line: line, column: column, message: message)
    }

    /// A fault that names what was expected here and what was found.
    public func mismatch(expected: String) -> ConfigError {
        switch content {
        case .nothing: error("expected \(expected), found nothing")
        case .scalar(let text, _): error("expected \(expected), found \(shown(text))")
        case .list: error("expected \(expected), found a list")
        case .mapping: error("expected \(expected), found a mapping")
        }
    }
}

/// Text from a document as an error message may show it: on one line, of bounded length, in quotes.
func shown(_ text: String) -> String {
    let lengthMax = 60
    var result = "\""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == lengthMax { return result + "…\"" }
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        default: result.unicodeScalars.append(scalar.value < 0x20 ? "\u{fffd}" : scalar)
        }
    }
    return result + "\""
}

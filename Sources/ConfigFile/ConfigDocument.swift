internal import Yams

/// One YAML document, parsed into nodes that know their places.
///
/// Accepts what Go's YAML packages accept in configuration files: anchors, aliases, merge keys (`<<`), quoted and block
/// scalars. A key given twice in one mapping and a second document in the file are refused.
public struct ConfigDocument: Sendable {
    /// The document's value; of kind `nothing` for an empty document.
    public let root: ConfigNode

    /// Parses a document.
    ///
    /// - Parameters:
    ///   - text: the YAML text.
    ///   - file: the name that errors carry.
    /// - Throws: ``ConfigError`` with the place of the fault.
    public init(parsing text: String, file: String) throws(ConfigError) {
        let composed: Node?
        do {
            composed = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let fault as YamlError {
            throw ConfigError(fault, file: file)
        } catch {
            throw ConfigError(file: file, line: 1, column: 1, message: "\(error)")
        }
        var conversion = NodeConversion(file: file)
        root =
            if let composed {
                try conversion.convert(composed, path: "")
            } else {
                ConfigNode(content: .nothing, file: file, line: 1, column: 1, path: "")
            }
    }
}

/// Turns the YAML package's nodes into ours, with aliases followed and merge keys merged.
private struct NodeConversion {
    /// Aliases of aliases may stand for far more values than the text has bytes; no real configuration comes near.
    static let nodeCountMax = 1_000_000

    let file: String
    var nodeCount = 0

    mutating func convert(_ node: Node, path: String) throws(ConfigError) -> ConfigNode {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        nodeCount += 1
        if nodeCount > Self.nodeCountMax {
            throw ConfigError(
                file: file, line: line, column: column,
                message: "the document has more than \(Self.nodeCountMax) values once its aliases are followed"
            )
        }
        let content: ConfigNode.Content
        switch node {
        case .scalar(let scalar):
            content = Self.content(of: scalar)
        case .sequence(let sequence):
            var elements: [ConfigNode] = []
            for (index, element) in sequence.enumerated() {
                elements.append(try convert(element, path: "\(path)[\(index)]"))
            }
            content = .list(elements)
        case .mapping(let mapping):
            content = .mapping(try entries(of: mapping, path: path))
        case .alias:
            preconditionFailure("BUG: the YAML parser replaces aliases while it composes")
        }
        return ConfigNode(content: content, file: file, line: line, column: column, path: path)
    }

    /// The keys and values of a mapping in the document's order; merged keys come last and never replace written ones.
    private mutating func entries(of mapping: Node.Mapping, path: String) throws(ConfigError) -> [ConfigNode.Entry] {
        var entries: [ConfigNode.Entry] = []
        var merged: [Node] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw ConfigError(
                    file: file, line: key.mark?.line ?? 1, column: key.mark?.column ?? 1,
                    message: "a key must be a word, not a list or a mapping"
                )
            }
            if scalar.string == "<<", Self.isPlain(scalar) {
                merged.append(value)
                continue
            }
            let valuePath = path.isEmpty ? scalar.string : "\(path).\(scalar.string)"
            entries.append(
                ConfigNode.Entry(
                    key: scalar.string, keyLine: key.mark?.line ?? 1, keyColumn: key.mark?.column ?? 1,
                    value: try convert(value, path: valuePath)
                )
            )
        }
        guard !merged.isEmpty else { return entries }
        var known = Set(entries.map(\.key))
        for source in merged {
            for entry in try mergeEntries(source, path: path) where known.insert(entry.key).inserted { entries.append(entry) }
        }
        return entries
    }

    /// The entries that a merge key's value stands for: one mapping, or a list of them of which the earlier win.
    private mutating func mergeEntries(_ source: Node, path: String) throws(ConfigError) -> [ConfigNode.Entry] {
        switch source {
        case .mapping(let mapping):
            return try entries(of: mapping, path: path)
        case .sequence(let sequence):
            var all: [ConfigNode.Entry] = []
            for element in sequence {
                guard case .mapping(let mapping) = element else { throw mergeError(element) }
                all += try entries(of: mapping, path: path)
            }
            return all
        default:
            throw mergeError(source)
        }
    }

    private func mergeError(_ node: Node) -> ConfigError {
        ConfigError(
            file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1,
            message: "the merge key << takes a mapping or a list of mappings"
        )
    }

    private static func isPlain(_ scalar: Node.Scalar) -> Bool { scalar.style == .plain || scalar.style == .any }

    private static func content(of scalar: Node.Scalar) -> ConfigNode.Content {
        // An explicit tag decides; without one only a plain scalar may mean nothing.
        switch scalar.tag.rawValue {
        case "tag:yaml.org,2002:null": return .nothing
        case "tag:yaml.org,2002:str": return .scalar(text: scalar.string, isPlain: false)
        default: break
        }
        if isPlain(scalar), ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .nothing }
        return .scalar(text: scalar.string, isPlain: isPlain(scalar))
    }
}

extension ConfigError {
    /// The YAML package's fault as ours.
    fileprivate init(_ fault: YamlError, file: String) {
        switch fault {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let prefix = context.map { $0.text + ": " } ?? ""
            self.init(file: file, line: mark.line, column: mark.column, message: "not valid YAML: \(prefix)\(problem)")
        case .composer(_, let problem, let mark, _):
            let isSecondDocument = problem.contains("another document")
            self.init(
                file: file, line: mark.line, column: mark.column,
                message: isSecondDocument ? "a second YAML document starts here; only one is allowed" : "not valid YAML: \(problem)"
            )
        case .reader(let problem, let offset, _, let text):
            let place = ConfigError.place(ofCharacter: offset ?? 0, in: text)
            self.init(file: file, line: place.line, column: place.column, message: "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            self.init(
                file: file, line: context.mark.line, column: context.mark.column,
                message: "the key \(shown(keys.first ?? "")) is given more than once in this mapping"
            )
        default:
            self.init(file: file, line: 1, column: 1, message: "not valid YAML: \(fault)")
        }
    }

    private static func place(ofCharacter offset: Int, in text: String) -> (line: Int, column: Int) {
        var (line, column) = (1, 1)
        for character in text.prefix(offset) {
            if character.isNewline {
                line += 1
                column = 1
            } else {
                column += character.unicodeScalars.count
            }
        }
        return (line, column)
    }
}

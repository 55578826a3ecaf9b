internal import ByteCoding
internal import TelemetryModel

/// A log line that a server has, as far as a contract is about it.
public struct ArrivedLine: Sendable, Hashable {
    public var message: String
    /// Nil where nothing tells it.
    public var level: String?
    /// Names as they were logged, or as Loki writes them; values as texts.
    public var metadata: [String: String]

    /// A line of the service: one object of JSON, as `PerchLogging` writes it, or a message with its metadata beside it, as OTLP brings it.
    ///
    /// - Parameter labels: what the server has beside the line.
    public init(_ line: String, labels: [String: String]) {
        metadata = labels
        message = line
        level = labels["severity_text"] ?? labels["level"] ?? labels["detected_level"]
        guard line.first == "{", let members = try? Self.members(Array(line.utf8)), let text = members["message"] else { return }
        message = text
        level = members["level"] ?? level
        for (name, value) in members {
            metadata[name.hasPrefix("metadata.") ? String(name.dropFirst(9)) : name] = value
        }
    }

    /// All values of an object, those of objects within it with a dot between the names.
    private static func members(_ json: [UInt8]) throws(JSONError) -> [String: String] {
        var reader = JSONReader(json)
        var found: [String: String] = [:]
        try read(&reader, "", &found)
        try reader.finish()
        return found
    }

    private static func read(_ reader: inout JSONReader, _ path: String, _ found: inout [String: String]) throws(JSONError) {
        switch try reader.peekKind() {
        case .object:
            try reader.beginObject()
            while let key = try reader.nextKey() { try read(&reader, path.isEmpty ? key : path + "." + key, &found) }
        case .string: found[path] = try reader.readString()
        default:
            let start = reader.position
            try reader.skipValue()
            let text = String(decoding: reader.bytes[start..<reader.position], as: UTF8.self)
            found[path] = String(text.drop { $0 == " " })
        }
    }

    /// The value of some metadata, also under a name whose dots and dashes have become `_`.
    subscript(name: String) -> String? {
        metadata[name]
            ?? metadata[
                String(name.map { character in character.isASCII && (character.isLetter || character.isNumber) ? character : "_" })]
    }
}

/// Holds log lines against those of a contract.
public struct LogCheck: Sendable {
    public init() {}

    /// What differs of one declared line.
    ///
    /// - Parameter arrived: some lines, those of other messages among them.
    public func findings(_ line: Contract.LogLine, _ arrived: [ArrivedLine]) -> [ContractFinding] {
        let subject = "log “\(line.message)”"
        let lines = arrived.filter { $0.message == line.message }
        if lines.isEmpty { return [.init(.missingLine, subject, "did not occur in this time")] }
        var findings: [ContractFinding] = []
        let levels = Set(lines.compactMap { $0.level?.lowercased() }).filter { !LogCheck.isSame($0, line.level) }
        if !levels.isEmpty {
            findings.append(.init(.wrongLevel, subject, "is declared as \(line.level), and is \(levels.sorted().joined(separator: ", "))"))
        }
        for attribute in line.metadata {
            let values = lines.map { line in line[attribute.name].map { attribute.type.value(of: $0) } }
            findings += attribute.findings(subject, values, missing: .missingAttribute)
        }
        return findings
    }

    /// Levels go by several names, and some systems do not know all of them.
    private static func isSame(_ found: String, _ declared: String) -> Bool {
        let others = ["warning": ["warn"], "critical": ["fatal", "crit"], "notice": ["info"], "error": ["err"]]
        return found == declared || others[declared]?.contains(found) ?? false
    }
}

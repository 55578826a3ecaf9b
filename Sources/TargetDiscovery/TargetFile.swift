public import ConfigFile
public import TelemetryModel

/// A file with a list of target groups, as `file_sd_configs` reads them: YAML, or JSON of the same shape.
///
/// ```yaml
/// - targets: ["10.0.0.1:9100", "10.0.0.2:9100"]
///   labels: {rack: a}
/// ```
public enum TargetFile {
    /// Whether a path may be named in `file_sd_configs`: it ends in `.json`, `.yml` or `.yaml`, and has a `*` only in its last part.
    public static func isAcceptable(pattern: String) -> Bool {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = parts.last, !parts.dropLast().contains(where: { $0.contains("*") }) else { return false }
        return ["json", "yml", "yaml", "JSON", "YML", "YAML"].contains { last.hasSuffix("." + $0) }
    }

    /// Reads the text of such a file.
    ///
    /// - Returns: one group for each element, with `PATH:INDEX` as source and `__meta_filepath` among its labels.
    /// - Throws: `ConfigError` with the place of the fault.
    public static func parse(_ text: String, path: String) throws(ConfigError) -> [TargetGroup] {
        let isJSON = path.lowercased().hasSuffix(".json")
        let document = try ConfigDocument(parsing: isJSON ? joiningSurrogates(text) : text, file: path)
        let entries = try document.root.list { (element) throws(ConfigError) in
            guard element.kind == .mapping else { throw element.mismatch(expected: "a target group with targets and labels") }
            return try StaticDiscovery.Entry(config: element)
        }
        return StaticDiscovery(entries: entries).groups.map { group in
            var group = group
            group.source = "\(path):\(group.source)"
            group.labels = group.labels.setting(TargetLabelName.filePath, path)
            return group
        }
    }

    /// JSON writes a character beyond U+FFFF as two `\u` escapes, which YAML does not know: both become the character itself.
    static func joiningSurrogates(_ json: String) -> String {
        guard json.utf8.contains(UInt8(ascii: "\\")) else { return json }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.utf8.count)
        var rest = Array(json.utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "\\"), let high = escapedUnit(rest), UTF16.isLeadSurrogate(high),
                let low = escapedUnit(rest.dropFirst(6)), UTF16.isTrailSurrogate(low)
            {
                bytes += Array(String(decoding: [high, low], as: UTF16.self).utf8)
                rest = rest.dropFirst(12)
            } else {
                let taken = byte == UInt8(ascii: "\\") ? 2 : 1
                bytes += rest.prefix(taken)
                rest = rest.dropFirst(taken)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The code unit of a `\uXXXX` escape at the start of the bytes.
    private static func escapedUnit(_ bytes: ArraySlice<UInt8>) -> UInt16? {
        guard bytes.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]), bytes.count >= 6 else { return nil }
        let digits = bytes.dropFirst(2).prefix(4)
        guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

extension StaticDiscovery.Entry: ConfigDecodable {
    /// Reads an entry of `static_configs`, or an element of a target file. Whether the targets are addresses is seen after relabelling.
    public init(config node: ConfigNode) throws(ConfigError) {
        self = try node.mapping { (mapping) throws(ConfigError) in
            let targets = try mapping.optional("targets", reading: { (node) throws(ConfigError) in try [String](config: node) }) ?? []
            let labels = try mapping.optional("labels", reading: LabelSet.init(config:)) ?? LabelSet()
            return StaticDiscovery.Entry(targets: targets, labels: labels)
        }
    }
}

extension LabelSet {
    /// Reads a mapping of label names to values.
    public init(config node: ConfigNode) throws(ConfigError) {
        let pairs = try node.entries { (name, value) throws(ConfigError) in
            guard !name.isEmpty else { throw value.error("a label needs a name") }
            // A label with nothing as its value is no label.
            return value.kind == .nothing ? "" : try value.string()
        }
        self.init(pairs.lazy.map { ($0.key, $0.value) })
    }
}

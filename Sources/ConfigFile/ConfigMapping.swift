/// A mapping while it is being read: every key that the reader asks for counts as known, and what is left over is refused.
///
/// Obtained from ``ConfigNode/mapping(_:)``. A key whose value is nothing (`key:`) counts as absent, as in Prometheus.
public struct ConfigMapping {
    /// The mapping as a node, for errors about the whole.
    public let node: ConfigNode
    private let entries: [ConfigNode.Entry]
    private var knownKeys: Set<String> = []

    init(node: ConfigNode, entries: [ConfigNode.Entry]) {
        self.node = node
        self.entries = entries
    }

    /// The node under a key, or nil where the key is absent or its value is nothing.
    public mutating func node(_ key: String) -> ConfigNode? {
        knownKeys.insert(key)
        guard let entry = entry(key), entry.value.kind != .nothing else { return nil }
        return entry.value
    }

    /// Whether a key is written at all, even with nothing as its value.
    public mutating func contains(_ key: String) -> Bool {
        knownKeys.insert(key)
        return entry(key) != nil
    }

    /// The value under a key, or nil where it is absent.
    public mutating func optional<Value: ConfigDecodable>(_ key: String, as type: Value.Type = Value.self) throws(ConfigError) -> Value? {
        guard let node = node(key) else { return nil }
        return try Value(config: node)
    }

    /// The value under a key, or a default where it is absent.
    public mutating func optional<Value: ConfigDecodable>(_ key: String, default value: Value) throws(ConfigError) -> Value {
        guard let node = node(key) else { return value }
        return try Value(config: node)
    }

    /// The value under a key as a closure reads it, or nil where it is absent.
    public mutating func optional<Value>(
        _ key: String,
        reading read: (ConfigNode) throws(ConfigError) -> Value
    ) throws(ConfigError) -> Value? {
        guard let node = node(key) else { return nil }
        return try read(node)
    }

    /// The value under a key that must be there.
    public mutating func required<Value: ConfigDecodable>(_ key: String, as type: Value.Type = Value.self) throws(ConfigError) -> Value {
        guard let node = node(key) else { throw missing(key) }
        return try Value(config: node)
    }

    /// The value under a key that must be there, as a closure reads it.
    public mutating func required<Value>(
        _ key: String,
        reading read: (ConfigNode) throws(ConfigError) -> Value
    ) throws(ConfigError) -> Value {
        guard let node = node(key) else { throw missing(key) }
        return try read(node)
    }

    /// A fault at a key rather than at its value; at the mapping where the key is absent.
    public func error(atKey key: String, _ message: String) -> ConfigError {
        guard let entry = entry(key) else { return node.error(message) }
        return ConfigError(file: node.file, line: entry.keyLine, column: entry.keyColumn, message: message)
    }

    /// Refuses a key that is understood but not available.
    public mutating func refuse(_ key: String, because reason: String) throws(ConfigError) {
        if contains(key) { throw error(atKey: key, "\(key) \(reason)") }
    }

    /// The keys and values that nobody has asked for yet; afterwards all of them count as known. For mappings with free keys.
    public mutating func remaining() -> [(key: String, value: ConfigNode)] {
        let rest = entries.filter { !knownKeys.contains($0.key) }
        knownKeys.formUnion(rest.map(\.key))
        return rest.map { ($0.key, $0.value) }
    }

    /// Refuses every key that nobody asked for, all of them at once.
    func refuseUnknownKeys() throws(ConfigError) {
        let errors = entries.filter { !knownKeys.contains($0.key) }
            .map { entry in
                let suggestion = nearest(to: entry.key, among: knownKeys)
                let hint = suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
                let place = node.path.isEmpty ? "" : " in \(node.path)"
                return error(atKey: entry.key, "unknown key \(shown(entry.key))\(place)\(hint)")
            }
        if let joined = ConfigError.joining(errors) { throw joined }
    }

    private func entry(_ key: String) -> ConfigNode.Entry? { entries.first { $0.key == key } }

    /// A required key that is not there; if a written key looks like a slip of it, the fault is there.
    private func missing(_ key: String) -> ConfigError {
        let unread = entries.map(\.key).filter { !knownKeys.contains($0) }
        if let slip = nearest(to: key, among: unread) {
            return error(atKey: slip, "unknown key \(shown(slip)); did you mean \"\(key)\"?")
        }
        if let entry = entry(key) { return entry.value.error("\(key) must not be empty") }
        return node.error("the key \"\(key)\" is missing")
    }
}

extension ConfigNode {
    /// Reads a mapping; a key that the closure does not ask for is refused.
    public func mapping<Value>(_ read: (inout ConfigMapping) throws(ConfigError) -> Value) throws(ConfigError) -> Value {
        let entries: [Entry]
        switch content {
        case .mapping(let written): entries = written
        case .nothing: entries = []
        // The text of a scalar is left out: where a mapping belongs, it may be a secret.
        case .scalar: throw error("expected a mapping, found a string")
        case .list: throw error("expected a mapping, found a list")
        }
        var mapping = ConfigMapping(node: self, entries: entries)
        let value = try read(&mapping)
        try mapping.refuseUnknownKeys()
        return value
    }

    /// Reads a mapping with free keys, in the document's order.
    public func entries<Value>(
        _ read: (_ key: String, _ value: ConfigNode) throws(ConfigError) -> Value
    ) throws(ConfigError) -> [(key: String, value: Value)] {
        try mapping { (mapping) throws(ConfigError) in
            var result: [(key: String, value: Value)] = []
            for (key, value) in mapping.remaining() { result.append((key, try read(key, value))) }
            return result
        }
    }

    /// Reads a list; the faults of all its elements are reported together.
    public func list<Value>(_ read: (ConfigNode) throws(ConfigError) -> Value) throws(ConfigError) -> [Value] {
        let elements: [ConfigNode]
        switch content {
        case .list(let written): elements = written
        case .nothing: elements = []
        case .scalar: throw error("expected a list, found a string")
        case .mapping: throw error("expected a list, found a mapping")
        }
        var values: [Value] = []
        var errors: [ConfigError] = []
        for element in elements {
            do throws(ConfigError) { values.append(try read(element)) } catch { errors.append(error) }
        }
        if let joined = ConfigError.joining(errors) { throw joined }
        return values
    }
}

/// The candidate that a slip of the keyboard is most likely to have meant, or nil where none is near.
private func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(1, word.utf8.count / 3)
    return candidates.map { (candidate: $0, distance: editDistance($0, word)) }
        .filter { $0.distance <= limit }
        .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?.candidate
}

/// The number of bytes to insert, remove, replace or swap with their neighbour to turn one word into the other. O(left · right).
private func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8.prefix(64))
    let right = Array(right.utf8.prefix(64))
    var rows = [Array(0...right.count)]
    for row in 0..<left.count {
        var next = [row + 1]
        for column in 0..<right.count {
            let replaced = rows[row][column] + (left[row] == right[column] ? 0 : 1)
            var distance = min(replaced, rows[row][column + 1] + 1, next[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                distance = min(distance, rows[row - 1][column - 1] + 1)
            }
            next.append(distance)
        }
        rows.append(next)
    }
    return rows[left.count][right.count]
}

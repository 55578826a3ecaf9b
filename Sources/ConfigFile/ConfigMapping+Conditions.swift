extension ConfigMapping {
    /// Whether a key asks for something: nothing and an empty string do not.
    public mutating func isGiven(_ key: String) throws(ConfigError) -> Bool {
        guard let node = node(key) else { return false }
        return node.kind != .scalar ? true : try !node.string().isEmpty
    }

    /// Refuses a key that is known elsewhere and is not honoured here; nothing, an empty list, an empty mapping, an empty string and
    /// `false` ask for nothing and pass.
    public mutating func refuseIfUsed(_ key: String) throws(ConfigError) {
        guard let node = node(key) else { return }
        let isUsed: Bool
        switch node.kind {
        case .nothing: isUsed = false
        case .list: isUsed = try !node.list { $0 }.isEmpty
        case .mapping: isUsed = try !node.entries { $1 }.isEmpty
        case .scalar:
            let text = try node.string()
            isUsed = !(text.isEmpty || text == "false" || text == "0")
        }
        if isUsed { throw error(atKey: key, "\(key) is not supported yet") }
    }
}

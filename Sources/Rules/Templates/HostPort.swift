/// A host and a port, as Go's `net.SplitHostPort` takes them apart.
struct HostPort {
    var host: String
    var port: String

    /// Nil where the text has no port, or more colons than that without brackets.
    init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        port = String(text[text.index(after: colon)...])
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]"), text.index(after: close) == colon else { return nil }
            host = String(text[text.index(after: text.startIndex)..<close])
            if host.contains("[") { return nil }
        } else {
            host = String(text[..<colon])
            if host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" }) { return nil }
        }
        if port.contains(where: { $0 == "[" || $0 == "]" }) { return nil }
    }

    /// The first part of a host's name, with its port; addresses stay as they are.
    static func withoutDomain(_ text: String) -> String {
        let parts = HostPort(parsing: text)
        let host = parts?.host ?? text
        if isAddress(host) { return text }
        let name = String(host.prefix { $0 != "." })
        guard let port = parts?.port, !port.isEmpty else { return name }
        return name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
    }

    /// Whether a text is an IPv4 or IPv6 address.
    private static func isAddress(_ text: String) -> Bool {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        if fields.count == 4, !text.contains(":") {
            return fields.allSatisfy { field in
                !field.isEmpty && field.utf8.count <= 3 && field.allSatisfy { $0.isASCII && $0.isNumber } && (Int(field) ?? 256) <= 255
                    && (field.utf8.count == 1 || field.first != "0")
            }
        }
        return isVersion6(text)
    }

    private static func isVersion6(_ text: String) -> Bool {
        guard text.contains(":"), text.utf8.count <= 45 else { return false }
        let halves = text.ranges(of: "::")
        if halves.count > 1 || text.contains(":::") { return false }
        var count = 0
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, group) in groups.enumerated() {
            if group.isEmpty { continue }
            if index == groups.count - 1, group.contains("."), isAddress(String(group)) {
                count += 2
                continue
            }
            guard group.utf8.count <= 4, group.allSatisfy(\.isHexDigit) else { return false }
            count += 1
        }
        if halves.isEmpty { return count == 8 && !groups.contains { $0.isEmpty } }
        return count < 8 && (!text.hasPrefix(":") || text.hasPrefix("::")) && (!text.hasSuffix(":") || text.hasSuffix("::"))
    }
}

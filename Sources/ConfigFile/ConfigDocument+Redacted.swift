extension ConfigDocument {
    /// The document as YAML without its secrets: every value under a key that `isSecret` names is replaced by `<secret>`, and so is the user's part
    /// of an address. Comments and the style of the original are gone; keys stay in their order.
    public func redacted(_ isSecret: (_ key: String) -> Bool) -> String { redactedEntries { isSecret($0.key) } }

    /// The same, where what is secret depends on the place: `isSecret` gets the path of each value under a key, as ``ConfigNode/path`` has it.
    public func redactedByPath(_ isSecret: (_ path: String) -> Bool) -> String { redactedEntries { isSecret($0.value.path) } }

    private func redactedEntries(_ isSecret: (ConfigNode.Entry) -> Bool) -> String {
        var lines: [String] = []
        append(root, depth: 0, lead: "", isSecret, to: &lines)
        return lines.map { $0 + "\n" }.joined()
    }

    /// Appends a node; `lead` is what stands before it on its first line (a key with its colon, or the dash of a list).
    private func append(_ node: ConfigNode, depth: Int, lead: String, _ isSecret: (ConfigNode.Entry) -> Bool, to lines: inout [String]) {
        let indent = String(repeating: " ", count: depth)
        switch node.content {
        case .nothing: lines.append(lead.isEmpty ? "{}" : lead)
        case .scalar(let text, let isPlain): lines.append(lead + (lead.isEmpty ? "" : " ") + written(text, isPlain: isPlain))
        case .list(let elements):
            if elements.isEmpty { return lines.append(lead + " []") }
            if !lead.isEmpty { lines.append(lead) }
            for element in elements { append(element, depth: depth + 2, lead: indent + "-", isSecret, to: &lines) }
        case .mapping(let entries):
            if entries.isEmpty { return lines.append(lead + " {}") }
            var start = lead
            for (index, entry) in entries.enumerated() {
                let isAfterDash = index == 0 && lead.hasSuffix("-")
                if index == 0, !isAfterDash, !lead.isEmpty { lines.append(lead) }
                start = (isAfterDash ? lead + " " : indent) + written(entry.key, isPlain: true) + ":"
                if isSecret(entry) {
                    lines.append(start + (entry.value.kind == .list ? " [<secret>]" : " <secret>"))
                } else {
                    append(entry.value, depth: depth + 2, lead: start, isSecret, to: &lines)
                }
            }
        }
    }

    /// A scalar as it can stand in any place: plain where that is safe and it was plain, else in double quotes.
    private func written(_ text: String, isPlain: Bool) -> String {
        let text = withoutUser(text)
        let isSafe =
            isPlain && !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        return isSafe ? text : inDoubleQuotes(text)
    }

    /// YAML 1.2, section 7.3.1.
    private func inDoubleQuotes(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\x" + (hex.count < 2 ? "0" : "") + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private func withoutUser(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let scheme = (0..<max(0, bytes.count - 2)).first(where: { bytes[$0...].starts(with: "://".utf8) }) else { return text }
        let rest = bytes[(scheme + 3)...]
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return text }
        return String(decoding: bytes[..<(scheme + 3)] + Array("<secret>".utf8) + bytes[at...], as: UTF8.self)
    }
}

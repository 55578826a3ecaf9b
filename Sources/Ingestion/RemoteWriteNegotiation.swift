internal import RemoteWriteFormat

/// Which message a request holds, by its headers alone (remote write specification 2.0, "Content-Type").
enum RemoteWriteNegotiation {
    /// The message that a Content-Type names; nil where it names none that is known. Without the header it is 1.0.
    static func version(contentType: String?) -> RemoteWriteVersion? {
        guard let contentType, !trimmed(contentType[...]).isEmpty else { return .v1 }
        let parts = contentType.split(separator: ";", omittingEmptySubsequences: false)
        guard trimmed(parts[0]).lowercased() == "application/x-protobuf" else { return nil }
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, trimmed(pair[0]).lowercased() == "proto" else { continue }
            let name = trimmed(pair[1])
            return [RemoteWriteVersion.v1, .v2].first { $0.messageName == name || "\"\($0.messageName)\"" == name }
        }
        return .v1
    }

    /// Whether the body is compressed in the one way that is taken; an absent header means it too.
    static func isSnappy(contentEncoding: String?) -> Bool {
        let encoding = trimmed((contentEncoding ?? "")[...]).lowercased()
        return encoding.isEmpty || encoding == "snappy"
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}

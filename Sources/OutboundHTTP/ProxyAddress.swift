internal import Foundation

/// The parts of a proxy's address, `SCHEME://USER:PASSWORD@HOST:PORT`.
struct ProxyAddress {
    /// In small letters.
    let scheme: String
    /// Without brackets.
    let host: String
    /// Nil where none is named.
    let port: Int?
    /// Nil where nobody is named.
    let user: String?
    let password: String

    /// Reads an address; nil for anything else. A path behind it means nothing, and a password may hold an `@`, as in Go.
    init?(_ text: String) {
        guard let mark = text.range(of: "://") else { return nil }
        let authority = text[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let at = authority.lastIndex(of: "@")
        var place = at.map { authority[authority.index(after: $0)...] } ?? authority
        var number: Int?
        if let colon = place.lastIndex(of: ":"), !place[colon...].contains("]") {
            let digits = place[place.index(after: colon)...]
            if !digits.isEmpty {
                guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt16(digits) else { return nil }
                number = Int(value)
            }
            place = place[..<colon]
        }
        if place.hasPrefix("["), place.hasSuffix("]") {
            place = place.dropFirst().dropLast()
        } else if place.contains(":") {
            return nil
        }
        guard !place.isEmpty, !place.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || "\"<>\\^`{|}".utf8.contains($0) }) else {
            return nil
        }
        let pair = at.map { authority[..<$0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) } ?? []
        let texts = pair.map { $0.removingPercentEncoding ?? String($0) }
        scheme = text[..<mark.lowerBound].lowercased()
        host = String(place)
        port = number
        user = texts.first
        password = texts.count > 1 ? texts[1] : ""
    }
}

/// An address of a receiver: `http` or `https`, with a host.
struct HTTPAddress: Sendable, Hashable {
    /// As it is written, for requests.
    var text: String

    /// - Throws: ``Fault`` in words that do not show the address, which may be a secret.
    init(_ text: String) throws(Fault) {
        let bytes = Array(text.utf8)
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7f }) { throw Fault("invalid control character in URL") }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0, HTTPAddress.isScheme(bytes[..<colon]) else {
            throw Fault("unsupported scheme for URL: it must begin with http:// or https://")
        }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard scheme == "http" || scheme == "https" else {
            throw Fault("unsupported scheme for URL: it must begin with http:// or https://")
        }
        guard bytes[(colon + 1)...].starts(with: "//".utf8) else { throw Fault("missing host for URL") }
        let authority = bytes[(colon + 3)...].prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let host = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[($0 + 1)...] } ?? authority
        try HTTPAddress.check(host: host)
        try HTTPAddress.checkPercents(bytes)
        self.text = text
    }

    /// Why a text is no address.
    struct Fault: Error, Hashable {
        var message: String
        init(_ message: String) { self.message = message }
    }

    private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, (0x61...0x7a).contains(first | 0x20) else { return false }
        return bytes.allSatisfy { (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) }
    }

    private static func check(host: ArraySlice<UInt8>) throws(Fault) {
        if host.isEmpty { throw Fault("missing host for URL") }
        var name = host
        var port: ArraySlice<UInt8>?
        if host.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { throw Fault("missing ']' in host") }
            name = host[host.startIndex...end]
            let behind = host[(end + 1)...]
            if let first = behind.first {
                guard first == UInt8(ascii: ":") else { throw Fault("invalid port in URL") }
                port = behind.dropFirst()
            }
        } else if let colon = host.lastIndex(of: UInt8(ascii: ":")) {
            (name, port) = (host[..<colon], host[(colon + 1)...])
        }
        if let port, !port.allSatisfy({ (0x30...0x39).contains($0) }) { throw Fault("invalid port in URL") }
        if let number = port.map({ String(decoding: $0, as: UTF8.self) }), !number.isEmpty, UInt16(number) == nil {
            throw Fault("invalid port in URL")
        }
        if name.contains(where: { " \"<>\\^`{|}".utf8.contains($0) }) { throw Fault("invalid character in host name") }
        if name.isEmpty { throw Fault("missing host for URL") }
    }

    private static func checkPercents(_ bytes: [UInt8]) throws(Fault) {
        // Those of the query are the receiver's.
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
        for index in 0..<end where bytes[index] == UInt8(ascii: "%") {
            let digits = bytes[(index + 1)...].prefix(2)
            guard digits.count == 2, digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }) else {
                throw Fault("invalid URL escape")
            }
        }
    }
}

extension HTTPAddress {
    /// The address with a path behind its own, in front of its query.
    func appending(path: String) -> HTTPAddress {
        let end = text.firstIndex { $0 == "?" || $0 == "#" } ?? text.endIndex
        var base = text[..<end]
        if base.hasSuffix("/") { base = base.dropLast() }
        var result = self
        result.text = base + "/" + path.drop { $0 == "/" } + text[end...]
        return result
    }

    /// The address with another parameter in its query.
    func adding(parameter name: String, _ value: String) -> HTTPAddress {
        let end = text.firstIndex(of: "#") ?? text.endIndex
        let base = text[..<end]
        let query = String(decoding: PercentForm.query(value), as: UTF8.self)
        var result = self
        result.text = base + (base.contains("?") ? "&" : "?") + name + "=" + query + text[end...]
        return result
    }

    /// Scheme, host and port, in small letters.
    var origin: (scheme: String, host: String, port: Int) {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        let behind = text.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var host = behind.lastIndex(of: "@").map { behind[behind.index(after: $0)...] } ?? behind
        var port = scheme == "https" ? 443 : 80
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            port = Int(host[host.index(after: colon)...]) ?? port
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return (scheme, host.lowercased(), port)
    }

    /// Everything in front of the path.
    var base: String {
        let scheme = text.prefix { $0 != ":" }
        let behind = text.dropFirst(scheme.count + 3)
        return scheme + "://" + behind.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    }

    /// The path, without query.
    var path: String { String(text.dropFirst(base.count).prefix { $0 != "?" && $0 != "#" }) }
}

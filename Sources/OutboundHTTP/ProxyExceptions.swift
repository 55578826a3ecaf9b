/// Hosts that are reached without a proxy: the text of `no_proxy`, as Go's `httpproxy` reads it.
///
/// Entries are parted by commas. Each is `*` for every host, an address or a range of addresses (`10.0.0.0/8`), or a domain: `example.com`
/// stands for itself and everything below, `.example.com` and `*.example.com` for what is below only. A port may follow (`example.com:8080`).
public struct ProxyExceptions: Sendable, Hashable {
    private enum Entry: Sendable, Hashable {
        case everything
        case range(address: [UInt8], bits: Int)
        case address([UInt8], port: Int?)
        case domain(String, includesItself: Bool, port: Int?)
    }

    private let entries: [Entry]

    public static let none = ProxyExceptions("")

    public init(_ text: String) {
        entries = text.split(separator: ",").compactMap { ProxyExceptions.entry($0.trimmed.lowercased()) }
    }

    /// Whether a host is reached without a proxy. `localhost` and loopback addresses always are.
    public func contain(host: String, port: Int) -> Bool {
        let host = host.lowercased().droppingBrackets
        let address = IPAddress.bytes(of: host)
        if host == "localhost" || address.map(IPAddress.isLoopback) == true { return true }
        return entries.contains { entry in
            switch entry {
            case .everything: true
            case .range(let base, let bits): address.map { IPAddress.isEqual($0, base, bits: bits) } ?? false
            case .address(let bytes, let only): address == bytes && (only == nil || only == port)
            case .domain(let name, let includesItself, let only):
                (only == nil || only == port) && (host.hasSuffix(name) || (includesItself && host == String(name.dropFirst())))
            }
        }
    }

    private static func entry(_ text: String) -> Entry? {
        if text.isEmpty { return nil }
        if text == "*" { return .everything }
        if let slash = text.lastIndex(of: "/") {
            guard let base = IPAddress.bytes(of: String(text[..<slash])), let bits = Int(text[text.index(after: slash)...]),
                (0...base.count * 8).contains(bits)
            else { return nil }
            return .range(address: base, bits: bits)
        }
        var (host, port) = (text, Int?.none)
        // One colon parts a port; more are an IPv6 address, which wants brackets where a port follows.
        if let colon = text.lastIndex(of: ":"), text.hasPrefix("[") ? text[..<colon].hasSuffix("]") : text.firstIndex(of: ":") == colon,
            let number = Int(text[text.index(after: colon)...])
        {
            (host, port) = (String(text[..<colon]), number)
        }
        host = host.droppingBrackets
        if host.isEmpty { return nil }
        if let address = IPAddress.bytes(of: host) { return .address(address, port: port) }
        if host.hasPrefix("*.") { host.removeFirst() }
        if host.hasPrefix(".") { return .domain(host, includesItself: false, port: port) }
        return .domain("." + host, includesItself: true, port: port)
    }
}

/// Addresses as their bytes: 4 or 16 of them.
enum IPAddress {
    /// Reads an address; nil for anything else. An IPv4 address within an IPv6 one comes out as IPv4.
    static func bytes(of text: String) -> [UInt8]? {
        if let four = fourBytes(text[...]) { return four }
        guard text.contains(":") else { return nil }
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count <= 2, let head = groups(halves[0], isLast: halves.count == 1) else { return nil }
        var bytes = head
        if halves.count == 2 {
            guard !halves[1].contains("::"), let tail = groups(halves[1], isLast: true), head.count + tail.count <= 14 else { return nil }
            bytes += [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
        }
        guard bytes.count == 16 else { return nil }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isMapped ? Array(bytes[12...]) : bytes
    }

    static func isLoopback(_ address: [UInt8]) -> Bool {
        address.count == 4 ? address[0] == 127 : address.dropLast().allSatisfy { $0 == 0 } && address.last == 1
    }

    static func isEqual(_ left: [UInt8], _ right: [UInt8], bits: Int) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count {
            let rest = min(max(bits - index * 8, 0), 8)
            let mask = rest == 0 ? 0 : UInt8.max << UInt8(8 - rest)
            if left[index] & mask != right[index] & mask { return false }
        }
        return true
    }

    private static func fourBytes(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { part in part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? UInt8(part) : nil }
        return bytes.count == 4 ? bytes : nil
    }

    private static func groups(_ text: Substring, isLast: Bool) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if isLast, index == parts.count - 1, let four = fourBytes(part) {
                bytes += four
            } else {
                guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16), !part.hasPrefix("+") else { return nil }
                bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
            }
        }
        return bytes.count <= 16 ? bytes : nil
    }
}

extension StringProtocol {
    /// Without spaces and tabs around it.
    var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    fileprivate var droppingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
    }
}

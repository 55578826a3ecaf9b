#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Which proxy an address is reached through, as Go's `httpproxy` decides it.
enum ProxyChoice {
    /// - Parameter environment: the process's variables.
    /// - Throws: ``DeliveryFailure`` where the environment names no usable proxy.
    static func proxy(
        for address: HTTPAddress, _ settings: ProxySettings, environment: [String: String]
    ) throws(DeliveryFailure) -> ProxyAddress? {
        let origin = address.origin
        if let proxy = settings.address {
            return settings.exceptions.isEmpty || usesProxy(origin.host, origin.port, settings.exceptions) ? proxy : nil
        }
        guard settings.isFromEnvironment else { return nil }
        func variable(_ name: String) -> String { environment[name] ?? environment[name.lowercased()] ?? "" }
        let text = variable(origin.scheme == "https" ? "HTTPS_PROXY" : "HTTP_PROXY")
        guard !text.isEmpty, usesProxy(origin.host, origin.port, variable("NO_PROXY")) else { return nil }
        guard let proxy = ProxyAddress(text.contains("://") ? text : "http://" + text) else {
            throw DeliveryFailure(.configuration, "the proxy that the environment names must be http://HOST:PORT")
        }
        return proxy
    }

    /// Whether a host is not among exceptions, and not this machine.
    static func usesProxy(_ host: String, _ port: Int, _ exceptions: String) -> Bool {
        if host == "localhost" { return false }
        let address = bytes(of: host)
        if let address, isLoopback(address) { return false }
        for entry in exceptions.split(separator: ",") {
            let entry = entry.lowercased().filter { $0 != " " }
            if entry == "*" { return false }
            if entry.isEmpty { continue }
            if matches(entry, host, port, address) { return false }
        }
        return true
    }

    private static func matches(_ entry: String, _ host: String, _ port: Int, _ address: [UInt8]?) -> Bool {
        if let slash = entry.lastIndex(of: "/") {
            guard let network = bytes(of: String(entry[..<slash])), let bits = Int(entry[entry.index(after: slash)...]), let address,
                address.count == network.count, bits >= 0, bits <= network.count * 8
            else { return false }
            return (0..<bits).allSatisfy { (address[$0 / 8] ^ network[$0 / 8]) & (0x80 >> UInt8($0 % 8)) == 0 }
        }
        var name = entry[...]
        if bytes(of: entry) == nil, let colon = name.lastIndex(of: ":"), let number = Int(name[name.index(after: colon)...]) {
            if number != port { return false }
            name = name[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        if let literal = bytes(of: String(name)) { return literal == address }
        if name.hasPrefix("*.") { name = name.dropFirst() }
        if name.hasPrefix(".") { return host.hasSuffix(name) }
        return host == name || host.hasSuffix("." + name)
    }

    /// An IPv4 or IPv6 address; nil for a name.
    private static func bytes(of host: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }

    private static func isLoopback(_ address: [UInt8]) -> Bool {
        address.count == 4 ? address[0] == 127 : address.dropLast().allSatisfy { $0 == 0 } && address.last == 1
    }
}

/// What `resolv.conf` says: whom to ask, and under which names.
struct ResolverConfiguration: Hashable {
    /// Addresses, in the order in which they are asked.
    var servers: [String] = []
    /// Domains that a name may be within.
    var search: [String] = []
    /// A name with at least as many dots is tried as it is before it is looked for in ``search``.
    var dots = 1

    /// Reads the text of the file; what is not understood is left out.
    init(parsing text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard let keyword = fields.first, !keyword.hasPrefix("#"), !keyword.hasPrefix(";") else { continue }
            switch keyword {
            case "nameserver": if fields.count > 1 { servers.append(String(fields[1])) }
            case "domain": if fields.count > 1 { search = [String(fields[1])] }
            case "search": search = fields.dropFirst().map(String.init)
            case "options":
                for option in fields.dropFirst() where option.hasPrefix("ndots:") {
                    if let count = Int(option.dropFirst("ndots:".count)) { dots = min(max(count, 0), 15) }
                }
            default: break
            }
        }
    }

    /// The names to ask for in turn, each with a dot at its end.
    func candidates(_ name: String) -> [String] {
        if name.hasSuffix(".") { return [name] }
        let whole = name + "."
        let within = search.map { domain in
            let domain = domain.hasPrefix(".") ? String(domain.dropFirst()) : domain
            return domain.isEmpty ? whole : whole + domain + (domain.hasSuffix(".") ? "" : ".")
        }
        let hasEnoughDots = name.utf8.lazy.filter { $0 == UInt8(ascii: ".") }.count >= dots
        return hasEnoughDots ? [whole] + within : within + [whole]
    }
}

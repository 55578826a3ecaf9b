internal import GoTemplate
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Time zones by name, from the system's database.
enum TimeZoneFiles {
    private static let folder = "/usr/share/zoneinfo/"
    private static let sizeMax = 1 << 16
    private static let countMax = 64
    private static let known = Mutex<[String: GoTimeZone?]>([:])

    /// A zone such as `Europe/Berlin`; nil where the system knows none of that name. `Local` is UTC.
    static func zone(_ name: String) -> GoTimeZone? {
        if ["", "UTC", "Local"].contains(name) { return .utc }
        if let found = known.withLock({ $0[name] }) { return found }
        let zone = load(name)
        known.withLock { known in
            if known.count >= countMax { known.removeAll() }
            known[name] = .some(zone)
        }
        return zone
    }

    private static func load(_ name: String) -> GoTimeZone? {
        let isName = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || [0x2f, 0x5f, 0x2b, 0x2d].contains($0)
        }
        guard isName, !name.hasPrefix("/"), let file = fopen(folder + name, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: sizeMax)
        let count = fread(&bytes, 1, bytes.count, file)
        return GoTimeZone(name: name, file: Array(bytes[..<count]))
    }
}

internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Time zones by name, from the system's database.
public enum SystemTimeZones {
    private static let folder = "/usr/share/zoneinfo/"
    private static let sizeMax = 1 << 16
    private static let countMax = 64
    private static let known = Mutex<[String: GoTimeZone?]>([:])

    /// A zone such as `Europe/Berlin`, `UTC`, or `Local` for the machine's own; nil where the system knows none of that name. Reads a file at the
    /// first time; remembers a bounded number.
    public static func zone(_ name: String) -> GoTimeZone? {
        if name.isEmpty || name == "UTC" { return .utc }
        if let found = known.withLock({ $0[name] }) { return found }
        let zone = name == "Local" ? load(name, from: "/etc/localtime") ?? .utc : isName(name) ? load(name, from: folder + name) : nil
        known.withLock { known in
            if known.count >= countMax { known.removeAll() }
            known[name] = .some(zone)
        }
        return zone
    }

    /// Names come from configurations and queries: none leads out of the folder.
    private static func isName(_ name: String) -> Bool {
        !name.hasPrefix("/")
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || [0x2f, 0x5f, 0x2b, 0x2d].contains($0)
            }
    }

    private static func load(_ name: String, from path: String) -> GoTimeZone? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: sizeMax + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > sizeMax ? nil : GoTimeZone(name: name, file: Array(bytes[..<count]))
    }
}

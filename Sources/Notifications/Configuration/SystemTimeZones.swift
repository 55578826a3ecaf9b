internal import Foundation
public import GoTemplate
internal import Synchronization

/// Time zones by name, from the system's database.
public enum SystemTimeZones {
    private static let folder = "/usr/share/zoneinfo/"
    private static let known = Mutex<[String: GoTimeZone]>([:])

    /// A zone such as `Europe/Berlin`, `UTC`, or `Local` for the machine's own; nil where the system knows none of that name. Reads a file at the
    /// first time.
    public static func zone(_ name: String) -> GoTimeZone? {
        if name.isEmpty || name == "UTC" { return .utc }
        if let found = known.withLock({ $0[name] }) { return found }
        guard let zone = load(name) else { return name == "Local" ? .utc : nil }
        known.withLock { $0[name] = zone }
        return zone
    }

    private static func load(_ name: String) -> GoTimeZone? {
        let isName = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || "/_+-".utf8.contains($0)
        }
        guard isName, !name.hasPrefix("/") else { return nil }
        let path = name == "Local" ? "/etc/localtime" : folder + name
        guard let file = try? Data(contentsOf: URL(filePath: path)), file.count <= 1 << 16 else { return nil }
        return GoTimeZone(name: name, file: Array(file))
    }
}

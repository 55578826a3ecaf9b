internal import Foundation
internal import GoTemplate

/// Time zones by name, from the database of this machine.
enum ZoneFiles {
    /// `Europe/Berlin`, `UTC`, `Local`; nil where there is none of that name.
    static func zone(_ name: String) -> GoTimeZone? {
        if name.isEmpty || name == "UTC" { return .utc }
        // A name leads nowhere else.
        let isName = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || "/_+-".utf8.contains(byte)
        }
        guard isName, !name.hasPrefix("/") else { return nil }
        let path = name == "Local" ? "/etc/localtime" : "/usr/share/zoneinfo/" + name
        guard let bytes = FileManager.default.contents(atPath: path) else { return name == "Local" ? .utc : nil }
        return GoTimeZone(name: name, file: Array(bytes))
    }
}

internal import Foundation
internal import GoTemplate

enum SystemTimeZones {
    static func zone(_ name: String) -> GoTimeZone? {
        if name.isEmpty || name == "UTC" { return .utc }
        guard !name.contains(".."), !name.hasPrefix("/"), let file = try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/" + name))
        else { return nil }
        return GoTimeZone(name: name, file: Array(file))
    }
}

internal import Foundation

enum DataDirectory {
    /// - Throws: ``SettingsError`` where there can be no such directory.
    static func create(_ path: String) throws(SettingsError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SettingsError("the data directory \(path) cannot be made: \(error.localizedDescription)")
        }
    }
}

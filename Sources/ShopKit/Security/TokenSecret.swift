internal import Foundation

/// The secret that all services of a shop share, which they sign and verify tokens with.
public enum TokenSecret {
    public static let fileName = "jwt-secret"

    /// `SHOP_JWT_SECRET`, or what is in the file `SHOP_JWT_SECRET_FILE`, or in `jwt-secret` of the data directory, which is made up and
    /// written there where it is not.
    public static func find(_ settings: ServiceSettings) throws(SettingsError) -> String {
        if let secret = settings.environment["SHOP_JWT_SECRET"], !secret.isEmpty { return try checked(secret, "SHOP_JWT_SECRET") }
        if let path = settings.environment["SHOP_JWT_SECRET_FILE"], !path.isEmpty { return try read(path) }
        let path = settings.dataDirectory + "/" + fileName
        if !FileManager.default.fileExists(atPath: path) { try make(path) }
        return try read(path)
    }

    private static func checked(_ secret: String, _ source: String) throws(SettingsError) -> String {
        guard secret.utf8.count >= 32 else {
            throw SettingsError("\(source) has \(secret.utf8.count) bytes, and a secret of tokens needs at least 32")
        }
        return secret
    }

    private static func read(_ path: String) throws(SettingsError) -> String {
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
            throw SettingsError("the secret of tokens cannot be read from \(path)")
        }
        return try checked(text.trimmingCharacters(in: .whitespacesAndNewlines), path)
    }

    /// Writes a new secret. Of several services that do so at the same time, one wins and all read its.
    private static func make(_ path: String) throws(SettingsError) {
        var random = SystemRandomNumberGenerator()
        let secret = (0..<4).map { _ in String(random.next(), radix: 16) }.joined(separator: "-") + "-shop-jwt-secret"
        let own = path + ".\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: own) }
        guard FileManager.default.createFile(atPath: own, contents: Data(secret.utf8), attributes: [.posixPermissions: 0o600]) else {
            throw SettingsError("the secret of tokens cannot be written to \(own)")
        }
        if link(own, path) != 0 && errno != EEXIST { throw SettingsError("the secret of tokens cannot be written to \(path)") }
    }
}

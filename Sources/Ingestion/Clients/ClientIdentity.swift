internal import ByteCoding
internal import TelemetryModel

/// Who sends, as far as a request tells: the tenant it names, else the user it authenticates as, else the address it comes from.
public struct ClientIdentity: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable {
        case tenant, user, address
    }

    public let kind: Kind
    public let name: String

    public init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    /// - Parameters:
    ///   - tenant: the header `X-Scope-OrgID`.
    ///   - authorization: the header `Authorization`; the user of basic authentication is told by it.
    ///   - address: without a port.
    public init(tenant: String?, authorization: String?, address: String) {
        if let tenant, !tenant.isEmpty {
            self.init(.tenant, ClientIdentity.shortened(tenant))
        } else if let user = authorization.flatMap(ClientIdentity.user), !user.isEmpty {
            self.init(.user, ClientIdentity.shortened(user))
        } else {
            self.init(.address, address)
        }
    }

    /// Such as `tenant "shop"`.
    public var description: String { "\(kind.rawValue) \(quoted(name))" }

    /// What a client may call itself is bounded, for it is remembered.
    private static func shortened(_ name: String) -> String { String(decoding: name.utf8.prefix(256), as: UTF8.self) }

    private static func user(_ authorization: String) -> String? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let bytes = Base64.decode(parts[1].utf8.filter { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: " ") })
        else { return nil }
        return bytes.firstIndex(of: UInt8(ascii: ":")).map { String(decoding: bytes[..<$0], as: UTF8.self) }
    }
}

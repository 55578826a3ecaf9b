internal import ByteCoding
internal import Foundation
public import OutboundHTTP
public import Relabeling
public import RemoteWriteFormat
public import RemoteWriteSending

/// One entry of `remote_write`: a server that gets everything that is taken in.
public struct RemoteWriteSettings: Sendable, Hashable {
    public var url: String
    /// `name`, or nil where the entry has none.
    public var name: String?
    /// How many entries without a name and with the same address stand before.
    public var ordinal = 0
    public var timeoutMilliseconds: Int64 = 30_000
    public var client = HTTPClientSettings()
    /// `write_relabel_configs`.
    public var rules = RelabelRules()
    /// `protobuf_message`.
    public var version = RemoteWriteVersion.v1
    public var sendsExemplars = false
    /// Always, with 2.0.
    public var sendsHistograms = false
    public var queue = QueueSettings()
    /// `metadata_config`: how often everything known of families is sent, with 1.0; nil for never.
    public var metadataIntervalMilliseconds: Int64? = 60_000
    /// Families of one request.
    public var metadataFamiliesMax = 2_000

    public init(url: String) { self.url = url }

    /// Names the queue: what was not sent before a change of settings, or before a restart, is sent to the entry with the same identity.
    var identity: String { name.map { "name " + $0 } ?? "url \(ordinal) " + url }

    /// The label `remote_name` of metrics: the name, or six digits that stand for the address, as Prometheus does it.
    var label: String { name ?? String(String(hash64(Array(identity.utf8)), radix: 16).suffix(6)) }

    /// The address as it may be shown, without a password.
    var publicURL: String {
        guard let scheme = url.range(of: "://"),
            let at = url[scheme.upperBound...].prefix(while: { $0 != "/" && $0 != "?" }).lastIndex(of: "@")
        else { return url }
        let user = url[scheme.upperBound..<at].prefix { $0 != ":" }
        return url[..<scheme.upperBound] + user + ":xxxxx" + url[at...]
    }
}

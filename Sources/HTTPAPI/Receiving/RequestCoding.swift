internal import Compression

/// How the body of a request is compressed.
enum RequestCoding: Sendable {
    case identity
    case compressed(Codec)

    /// What `Content-Encoding` names; nil where it is nothing that is taken.
    init?(header: String?) {
        switch (header ?? "").filter({ $0 != " " && $0 != "\t" }).lowercased() {
        case "", "identity": self = .identity
        case "gzip", "x-gzip": self = .compressed(.gzip)
        case "deflate": self = .compressed(.zlib)
        case "zstd": self = .compressed(.zstd())
        default: return nil
        }
    }

    /// What the body is decompressed by.
    var codecs: [Codec] {
        switch self {
        case .identity: []
        case .compressed(let codec): [codec]
        }
    }

    static let accepted = "gzip, deflate, zstd"
}

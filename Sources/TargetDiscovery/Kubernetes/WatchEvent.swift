internal import Foundation

/// What a watch tells of one object.
enum WatchEvent<Object: KubernetesObject>: Sendable {
    case put(Object)
    case remove(Object)
    /// Nothing happened up to this version of the collection.
    case bookmark(version: String)
    case fault(ServerStatus)
    /// A kind of event that is not known; it changes nothing.
    case other

    private struct Kind: Decodable { var type: String? }
    private struct Content<Value: Decodable>: Decodable { var object: Value }
    private struct Bookmark: Decodable { var metadata: ObjectMetadata? }

    /// Reads one line of a watch.
    init(line: [UInt8]) throws(KubernetesFault) {
        let data = Data(line)
        do {
            let decoder = JSONDecoder()
            switch try decoder.decode(Kind.self, from: data).type {
            case "ADDED", "MODIFIED": self = .put(try decoder.decode(Content<Object>.self, from: data).object)
            case "DELETED": self = .remove(try decoder.decode(Content<Object>.self, from: data).object)
            case "BOOKMARK":
                self = .bookmark(version: try decoder.decode(Content<Bookmark>.self, from: data).object.metadata?.resourceVersion ?? "")
            case "ERROR": self = .fault(try decoder.decode(Content<ServerStatus>.self, from: data).object)
            default: self = .other
            }
        } catch {
            throw KubernetesFault(reason: "an event of the Kubernetes API cannot be read")
        }
    }

    /// The version of the collection after the event.
    var version: String? {
        switch self {
        case .put(let object), .remove(let object): object.metadata?.resourceVersion
        case .bookmark(let version): version.isEmpty ? nil : version
        case .fault, .other: nil
        }
    }
}

/// A page of a list.
struct ObjectList<Object: KubernetesObject>: Decodable, Sendable {
    struct Metadata: Decodable, Sendable {
        var resourceVersion: String?
        var `continue`: String?
    }

    var metadata: Metadata?
    var items: [Object]?
}

/// Why the API server does not do what it is asked (`Status`).
struct ServerStatus: Decodable, Sendable, Hashable {
    var code: Int?
    var reason: String?
    var message: String?
}

/// Cuts the body of a watch into lines, however it comes in pieces.
struct WatchLines: Sendable {
    /// The server stores no objects that are nearly as large.
    static let lineBytesMax = 64 << 20

    private var rest: [UInt8] = []

    /// Takes the next piece and gives the lines that are whole now; empty ones are left out.
    mutating func append(_ piece: some Collection<UInt8>) throws(KubernetesFault) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = piece.startIndex
        while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
            rest.append(contentsOf: piece[start..<end])
            if !rest.isEmpty { lines.append(rest) }
            rest.removeAll()
            start = piece.index(after: end)
        }
        rest.append(contentsOf: piece[start...])
        if rest.count > WatchLines.lineBytesMax { throw KubernetesFault(reason: "an event of the Kubernetes API is too large") }
        return lines
    }
}

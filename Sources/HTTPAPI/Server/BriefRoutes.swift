internal import ByteCoding
internal import HTTPTypes

/// A GET request that is answered where it came in, on the event loop.
struct BriefCall {
    /// The part of the path that stands for a name, still encoded.
    let encodedName: Substring
    private let query: Substring

    init(encodedName: Substring, query: Substring) {
        self.encodedName = encodedName
        self.query = query
    }

    /// The part of the path that stands for a name.
    var name: String { PercentDecoding.text(encodedName.utf8, plusIsBlank: false) }

    var parameters: FormParameters {
        var parameters = FormParameters()
        parameters.add(encoded: query.utf8)
        return parameters
    }
}

/// Answers a request without waiting for anything; nil where that takes a thread. Failures are ``APIFailure``; anything else is left to the
/// handler of the route.
typealias BriefHandler = @Sendable (BriefCall) throws -> APIReply?

/// The paths of which GET requests may be answered on the event loop.
struct BriefRoutes: Sendable {
    private var endpoints: [String: EndpointResponder] = [:]
    /// Paths with one name in them, as what stands before it and after it.
    private var named: [(prefix: String, suffix: String, endpoint: EndpointResponder)] = []
    private var sockets: [String: WebSocketRoute] = [:]

    var isEmpty: Bool { endpoints.isEmpty && named.isEmpty && sockets.isEmpty }

    mutating func add(_ path: String, _ socket: WebSocketRoute) { sockets[path] = socket }

    /// What takes a request for a WebSocket connection, and the parameters for it.
    func findSocket(_ target: String) -> (route: WebSocketRoute, parameters: FormParameters)? {
        if sockets.isEmpty { return nil }
        let bytes = target.utf8
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        guard let route = sockets[String(target[..<end])] else { return nil }
        var parameters = FormParameters()
        parameters.add(encoded: bytes[end...].dropFirst())
        return (route, parameters)
    }

    mutating func add(_ path: String, _ endpoint: EndpointResponder) {
        guard let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") else {
            endpoints[path] = endpoint
            return
        }
        named.append((String(path[..<open]), String(path[path.index(after: close)...]), endpoint))
    }

    /// What answers a request target, and the call for it.
    func find(_ target: String) -> (endpoint: EndpointResponder, call: BriefCall)? {
        let bytes = target.utf8
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        let path = target[..<end]
        let query = end == bytes.endIndex ? target[end...] : target[bytes.index(after: end)...]
        if let endpoint = endpoints[String(path)] { return (endpoint, BriefCall(encodedName: "", query: query)) }
        for (prefix, suffix, endpoint) in named where path.utf8.count > prefix.utf8.count + suffix.utf8.count {
            guard path.hasPrefix(prefix), path.hasSuffix(suffix) else { continue }
            let name = path.dropFirst(prefix.count).dropLast(suffix.count)
            if name.utf8.contains(UInt8(ascii: "/")) { continue }
            return (endpoint, BriefCall(encodedName: name, query: query))
        }
        return nil
    }
}

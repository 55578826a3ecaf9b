internal import Foundation
internal import OutboundHTTP

/// Why a provider could not find its targets out: one line for a person.
struct ProviderFault: Error, Hashable {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    /// What was thrown, in one line that says first what was being done.
    init(_ action: String, _ error: any Error) {
        if let fault = error as? ProviderFault {
            reason = "\(action): \(fault.reason)"
        } else {
            reason = "\(action): \(OutboundFailure(error, timeoutMilliseconds: 0).description)"
        }
    }
}

extension TargetProvider {
    /// Asks for all targets now, and again each time the interval has passed, until the task is cancelled.
    func refresh(
        every interval: Duration, _ report: @Sendable (DiscoveryEvent) -> Void, _ find: () async -> [DiscoveryEvent]
    ) async {
        let clock = ContinuousClock()
        var next = clock.now
        while !Task.isCancelled {
            let events = await find()
            // What a cancelled task found, or failed to find, says nothing.
            if Task.isCancelled { return }
            for event in events { report(event) }
            next = max(next + interval, clock.now)
            do {
                try await clock.sleep(until: next)
            } catch {
                return
            }
        }
    }
}

/// The HTTP client of a provider, made when it is first needed. Certificates that cannot be used make the request fail and not the
/// provider, and are looked for again with the next one.
actor ProviderClient {
    private let settings: HTTPClientSettings
    private let userAgent: String
    private let connectionsPerServer: Int
    private var client: OutboundClient?

    init(_ settings: HTTPClientSettings, userAgent: String, connectionsPerServer: Int = 8) {
        self.settings = settings
        self.userAgent = userAgent
        self.connectionsPerServer = connectionsPerServer
    }

    /// Sends a request and takes the answer where its status is 200.
    func send(_ request: OutboundRequest, timeoutMilliseconds: Int64) async throws -> OutboundResponse {
        let client: OutboundClient
        if let made = self.client {
            client = made
        } else {
            client = try OutboundClient(settings, userAgent: userAgent, connectionsPerServer: connectionsPerServer)
            self.client = client
        }
        let response = try await client.send(request, timeoutMilliseconds: timeoutMilliseconds)
        guard response.status == 200 else { throw ProviderFault("the server answered with HTTP status \(response.status)") }
        return response
    }

    func shutdown() async { await client?.shutdown() }
}

/// Reads a value from JSON.
///
/// - Parameter failing: what could not be done where the JSON is not as expected.
func decodeJSON<Value: Decodable>(_ type: Value.Type, _ body: [UInt8], _ failing: String? = nil) throws(ProviderFault) -> Value {
    let prefix = failing.map { "\($0): " } ?? ""
    do {
        return try JSONDecoder().decode(type, from: Data(body))
    } catch let error as DecodingError {
        throw ProviderFault("\(prefix)the answer is not as expected: \(error.line)")
    } catch {
        throw ProviderFault("\(prefix)the answer is not JSON")
    }
}

extension DecodingError {
    /// What is wrong and where, in one line.
    fileprivate var line: String {
        let (what, context): (String, Context?) =
            switch self {
            case .typeMismatch(let type, let context): ("\(type) is expected", context)
            case .valueNotFound(let type, let context): ("\(type) is expected, found null", context)
            case .keyNotFound(let key, let context): ("\"\(key.stringValue)\" is missing", context)
            default: if case .dataCorrupted(let context) = self { (context.debugDescription, context) } else { ("not JSON", nil) }
            }
        let path = context?.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined() ?? ""
        let text = path.isEmpty ? what : "\(path): \(what)"
        return String(text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300))
    }
}

/// Labels as providers write them.
enum DiscoveredLabel {
    /// A name found elsewhere as part of a label's name: what may not stand in one becomes an underscore.
    static func name(_ text: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9": name.unicodeScalars.append(scalar)
            default: name.unicodeScalars.append("_")
            }
        }
        return name
    }

    /// Names and values found elsewhere as labels under a prefix, in the order of the names: of two that become the same the last wins.
    static func pairs(_ prefix: String, _ values: [String: String]) -> [(String, String)] {
        values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { (prefix + name($0.key), $0.value) }
    }

    /// `HOST:PORT`, with an IPv6 address in brackets.
    static func address(_ host: String, _ port: Int) -> String {
        host.utf8.contains(UInt8(ascii: ":")) || host.utf8.contains(UInt8(ascii: "%")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// Parts of URLs.
enum URLPart {
    /// Text with every byte percent-encoded that is not unreserved (RFC 3986).
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

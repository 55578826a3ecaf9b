internal import AsyncHTTPClient
public import Foundation
internal import NIOCore
internal import NIOFoundationCompat
internal import NIOHTTP1

/// Transfers that may be larger than memory.
extension PerchClient {
    /// The answer to a message that was sent.
    public struct Reply: Sendable {
        public var status: Int
        public var body: String
        public var headers: [String: String]
    }

    /// Reads an answer piece by piece.
    ///
    /// - Parameters:
    ///   - parameters: of the address.
    ///   - begin: lent the headers, names in lower case, before the first piece.
    /// - Returns: whether there was anything at the path.
    /// - Throws: ``ClientError`` where the server cannot be reached, refuses, or breaks the answer off.
    public func download(
        _ path: String, _ parameters: [(name: String, value: String)], begin: ([String: String]) throws -> Void = { _ in },
        _ take: (Data) throws -> Void
    ) async throws(ClientError) -> Bool {
        var query = URLComponents()
        query.queryItems = parameters.map { URLQueryItem(name: $0.name, value: $0.value) }
        let encoded = (query.percentEncodedQuery ?? "").replacing("+", with: "%2B")
        var request = HTTPClientRequest(url: baseURL + path + (encoded.isEmpty ? "" : "?" + encoded))
        request.headers.add(name: "User-Agent", value: "perch")
        do {
            let response = try await PerchClient.http.execute(request, timeout: .hours(24))
            guard response.status == .ok else {
                let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
                if response.status == .notFound, body.contains("not_found"), !body.contains("nothing at") { return false }
                throw PerchClient.refusal(Int(response.status.code), body, baseURL + path)
            }
            try begin(PerchClient.headers(response.headers))
            for try await piece in response.body { try take(Data(buffer: piece)) }
            return true
        } catch let error as ClientError {
            throw error
        } catch {
            throw ClientError("\(baseURL)\(path) was broken off: \(PerchClient.reason(error))")
        }
    }

    /// Sends a message.
    public func upload(_ path: String, headers: [(name: String, value: String)], body: [UInt8]) async throws(ClientError) -> Reply {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = .POST
        request.headers.add(name: "User-Agent", value: "perch")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await PerchClient.http.execute(request, timeout: .minutes(5))
            let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
            return Reply(
                status: Int(response.status.code), body: body.trimmingCharacters(in: .whitespacesAndNewlines),
                headers: PerchClient.headers(response.headers))
        } catch {
            throw ClientError("cannot reach \(baseURL): \(PerchClient.reason(error))")
        }
    }

    private static func headers(_ headers: HTTPHeaders) -> [String: String] {
        Dictionary(headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
    }

    private static func refusal(_ status: Int, _ body: String, _ url: String) -> ClientError {
        if let envelope = try? JSONDecoder().decode(ErrorEnvelope.self, from: Data(body.utf8)) {
            return ClientError(envelope.error, status: envelope.errorType == "bad_data" ? .usage : .failure)
        }
        return ClientError("\(url) answered \(status)\(body.isEmpty ? "" : ": " + body.prefix(200))")
    }

    private struct ErrorEnvelope: Decodable {
        var error: String
        var errorType: String
    }
}

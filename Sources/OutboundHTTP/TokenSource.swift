internal import Foundation

/// The token of `oauth2`: asked for when it is first needed, and anew before it ends. Callers that come meanwhile wait for the same request.
actor TokenSource {
    /// How a token is asked for: one request that is answered with status and body.
    typealias Exchange = @Sendable (_ form: String, _ authorization: String?) async throws -> (status: Int, body: [UInt8])

    private struct Reply: Decodable {
        var access_token: String
        var token_type: String?
        var expires_in: Double?
    }

    private struct Token {
        var authorization: String
        var endsAt: ContinuousClock.Instant?
    }

    /// A token is renewed this long before it ends.
    private static let margin = Duration.seconds(10)

    private let settings: OAuth2Settings
    private let exchange: Exchange
    private var token: Token?
    private var isAsking = false
    /// Those who wait for a token, by their number.
    private var waiting: [Int: CheckedContinuation<Token, any Error>] = [:]
    private var lastNumber = 0

    init(_ settings: OAuth2Settings, exchange: @escaping Exchange) {
        self.settings = settings
        self.exchange = exchange
    }

    /// The value of the header `Authorization`.
    ///
    /// - Throws: ``OutboundFailure``; `CancellationError` as soon as the task is cancelled, while the token is still asked for.
    func authorization() async throws -> String {
        if let token, token.endsAt.map({ $0 - TokenSource.margin > .now }) ?? true { return token.authorization }
        lastNumber += 1
        let number = lastNumber
        let token = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Token, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                waiting[number] = continuation
                startAsking()
            }
        } onCancel: {
            Task { await self.leave(number) }
        }
        return token.authorization
    }

    private func startAsking() {
        if isAsking { return }
        isAsking = true
        Task {
            do {
                let token = try await TokenSource.ask(settings, exchange)
                finish(.success(token))
            } catch {
                finish(.failure(error))
            }
        }
    }

    private func finish(_ result: Result<Token, any Error>) {
        isAsking = false
        if case .success(let token) = result { self.token = token }
        let all = waiting.values
        waiting = [:]
        for continuation in all { continuation.resume(with: result) }
    }

    private func leave(_ number: Int) {
        waiting.removeValue(forKey: number)?.resume(throwing: CancellationError())
    }

    /// Forgets the token, which a server did not take.
    func forget() { token = nil }

    /// Asks with the client's name and secret in a header, and where that is refused with both in the form, as Go's client does.
    private static func ask(_ settings: OAuth2Settings, _ exchange: Exchange) async throws -> Token {
        let secret = try settings.clientSecret.read()
        var fields = [("grant_type", "client_credentials")]
        if !settings.scopes.isEmpty { fields.append(("scope", settings.scopes.joined(separator: " "))) }
        fields += settings.parameters.map { ($0.name, $0.value) }
        let pair = FormEncoding.text(settings.clientID) + ":" + FormEncoding.text(secret)
        var reply = try await exchange(FormEncoding.fields(fields), "Basic " + Data(pair.utf8).base64EncodedString())
        if (400..<500).contains(reply.status) {
            reply = try await exchange(FormEncoding.fields(fields + [("client_id", settings.clientID), ("client_secret", secret)]), nil)
        }
        guard (200..<300).contains(reply.status) else {
            throw OutboundFailure(.credentials, "the token server of oauth2 answered with HTTP status \(reply.status)")
        }
        guard let decoded = try? JSONDecoder().decode(Reply.self, from: Data(reply.body)), !decoded.access_token.isEmpty else {
            throw OutboundFailure(.credentials, "the token server of oauth2 sent no access_token")
        }
        let type = decoded.token_type.map { $0.lowercased() == "bearer" ? "Bearer" : $0 } ?? "Bearer"
        let seconds = decoded.expires_in.flatMap { $0 > 0 && $0 < 1e9 ? $0 : nil }
        return Token(
            authorization: type + " " + decoded.access_token, endsAt: seconds.map { ContinuousClock.now + .milliseconds(Int64($0 * 1000)) })
    }
}

internal import AsyncHTTPClient
internal import Foundation
public import NIOCore
internal import NIOFoundationCompat
public import NIOHTTP1
internal import PerchHTTPClient

/// Calls another service of the shop: within the deadline, with the trace, tried again where that does no harm, and not at all while the
/// service is known to fail.
///
///     let product = try await catalog.get("/products/\(id)", template: "/products/{id}", as: Product.self)
public struct ShopClient: Sendable {
    /// What is sent.
    public struct Call: Sendable {
        public var method: HTTPMethod
        public var path: String
        /// What stands for the path in telemetry, such as `/products/{id}`.
        public var template: String
        public var headers = HTTPHeaders()
        public var body: ByteBuffer?
        /// Whether doing it twice is as good as once, so that it may be tried again.
        public var isIdempotent: Bool

        public init(_ method: HTTPMethod, _ path: String, template: String? = nil) {
            self.method = method
            self.path = path
            self.template = template ?? path
            isIdempotent = method == .GET || method == .PUT || method == .DELETE || method == .HEAD
        }

        public mutating func setBody(_ value: some Encodable) throws {
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            body = ByteBuffer(bytes: try encoder.encode(value))
            headers.replaceOrAdd(name: "content-type", value: "application/json")
        }
    }

    public struct Answer: Sendable {
        public let status: Int
        public let headers: HTTPHeaders
        public let body: ByteBuffer
    }

    /// The time for calls on whose behalf nobody waits, or nobody says how long.
    public static let standardBudget = Duration.seconds(5)
    private static let answerBytesMax = 1 << 20

    public let upstream: ServiceName
    public var retry = RetryPolicy()
    private let address: String
    private let http: TelemetryHTTPClient
    private let circuit: Circuit
    private let now: @Sendable () -> Date

    init(to upstream: ServiceName, at address: String, http: TelemetryHTTPClient, circuit: Circuit, now: @escaping @Sendable () -> Date) {
        self.upstream = upstream
        self.address = address
        self.http = http
        self.circuit = circuit
        self.now = now
    }

    public func get<Value: Decodable>(_ path: String, template: String? = nil, as type: Value.Type) async throws(CallError) -> Value {
        try decoded(await accepted(Call(.GET, path, template: template)))
    }

    /// - Parameter idempotencyKey: lets the service recognise a request that it had before, so that it may be sent again.
    public func post<Value: Decodable>(
        _ path: String, _ body: some Encodable, template: String? = nil, idempotencyKey: String? = nil, isIdempotent: Bool = false,
        as type: Value.Type
    ) async throws(CallError) -> Value {
        try decoded(
            await accepted(call(.POST, path, body, template, idempotencyKey: idempotencyKey, isIdempotent: isIdempotent)))
    }

    /// A POST whose answer has nothing of interest.
    public func post(
        _ path: String, _ body: some Encodable, template: String? = nil, idempotencyKey: String? = nil, isIdempotent: Bool = false
    ) async throws(CallError) {
        _ = try await accepted(call(.POST, path, body, template, idempotencyKey: idempotencyKey, isIdempotent: isIdempotent))
    }

    public func put(_ path: String, _ body: some Encodable, template: String? = nil) async throws(CallError) {
        _ = try await accepted(call(.PUT, path, body, template, idempotencyKey: nil, isIdempotent: true))
    }

    public func delete(_ path: String, template: String? = nil) async throws(CallError) {
        _ = try await accepted(Call(.DELETE, path, template: template))
    }

    /// Sends a call and gives the answer, whatever its status.
    ///
    /// - Throws: where there is no answer.
    public func send(_ call: Call) async throws(CallError) -> Answer {
        let deadline = Deadline.current ?? Deadline(after: ShopClient.standardBudget, from: now())
        var attempt = 1
        while true {
            let outcome = await self.attempt(call, deadline)
            guard call.isIdempotent, outcome.isWorthAnotherTry else { return try outcome.answer() }
            let remaining = deadline.remaining(at: now())
            let pause = retry.pause(after: attempt, jitter: .random(in: 0...1), remaining: remaining, asked: outcome.retryAfter)
            guard let pause else { return try outcome.answer() }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return try outcome.answer()
            }
            attempt += 1
        }
    }

    private func attempt(_ call: Call, _ deadline: Deadline) async -> Outcome {
        let remaining = deadline.remaining(at: now())
        if remaining <= .zero { return .failed(CallError(upstream, .deadline)) }
        if case .refused(let retryAfter) = circuit.admit() {
            return .failed(CallError(upstream, .circuitOpen(retryAfterSeconds: max(1, Int((retryAfter / .seconds(1)).rounded(.up))))))
        }
        var request = HTTPClientRequest(url: address + call.path)
        request.method = call.method
        request.headers = call.headers
        request.headers.replaceOrAdd(name: Deadline.header, value: String(deadline.unixMilliseconds))
        if let body = call.body { request.body = .bytes(body) }
        do {
            let timeout = TimeAmount.nanoseconds(Int64(remaining / .nanoseconds(1)))
            let response = try await http.execute(request, timeout: timeout, template: call.template)
            let body = try await response.body.collect(upTo: ShopClient.answerBytesMax)
            circuit.record(isFailure: response.status.code >= 500 && !response.headers.contains(name: Problem.failedUpstreamHeader))
            return .answered(Answer(status: Int(response.status.code), headers: response.headers, body: body))
        } catch is NIOTooManyBytesError {
            circuit.record(isFailure: false)
            return .failed(CallError(upstream, .unreadable))
        } catch {
            // A caller that gave up says nothing about the service.
            if !Task.isCancelled { circuit.record(isFailure: true) }
            return .failed(CallError(upstream, deadline.hasPassed(at: now()) ? .deadline : .unreachable))
        }
    }

    private func call(
        _ method: HTTPMethod, _ path: String, _ body: some Encodable, _ template: String?, idempotencyKey: String?, isIdempotent: Bool
    ) -> Call {
        var call = Call(method, path, template: template)
        do {
            try call.setBody(body)
        } catch {
            preconditionFailure("BUG: \(type(of: body)) cannot be written as JSON: \(error)")
        }
        if let idempotencyKey { call.headers.replaceOrAdd(name: "Idempotency-Key", value: idempotencyKey) }
        call.isIdempotent = isIdempotent || idempotencyKey != nil
        return call
    }

    private func accepted(_ call: Call) async throws(CallError) -> Answer {
        let answer = try await send(call)
        if answer.status < 400 { return answer }
        let detail = (try? JSONDecoder().decode(JSONValue.self, from: answer.body))?["detail"]?.text
        throw CallError(upstream, .refused(status: answer.status, detail: detail ?? "no details"))
    }

    private func decoded<Value: Decodable>(_ answer: Answer) throws(CallError) -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(Value.self, from: answer.body)
        } catch {
            throw CallError(upstream, .unreadable)
        }
    }
}

extension ShopClient {
    /// What came of one attempt.
    private enum Outcome {
        case answered(Answer)
        case failed(CallError)

        var isWorthAnotherTry: Bool {
            switch self {
            case .answered(let answer): [502, 503, 504].contains(answer.status)
            case .failed(let error): error.reason == .unreachable
            }
        }

        var retryAfter: Duration? {
            if case .answered(let answer) = self, let seconds = answer.headers.first(name: "retry-after").flatMap(Int.init) {
                return .seconds(min(max(seconds, 0), 3600))
            }
            return nil
        }

        func answer() throws(CallError) -> Answer {
            switch self {
            case .answered(let answer): return answer
            case .failed(let error): throw error
            }
        }
    }
}

internal import Synchronization

/// What one client may send in a second; nil stands for no limit.
public struct ClientRates: Sendable, Hashable {
    public var requests: Double?
    /// Bytes of bodies, as they are sent.
    public var bytes: Double?
    /// Samples, log entries and spans, those that are refused too.
    public var items: Double?
    /// Seconds of allowance that a client that was silent may use at once; above 0.
    public var burstSeconds = 10.0

    public init() {}

    /// Whether there is any limit.
    public var isLimited: Bool { requests != nil || bytes != nil || items != nil }
}

/// Holds each client to what it may send. What a request takes is known when it is done, so it is counted off then.
public final class ClientLimiter: Sendable {
    /// Why a request is not taken.
    public struct Refusal: Error, Sendable, Hashable {
        /// One line that names the client and the limit.
        public let message: String
        /// At least 1.
        public let retryAfterSeconds: Int
    }

    private enum Limit: Int, CaseIterable {
        case requests, bytes, items

        var name: String {
            switch self {
            case .requests: "requests"
            case .bytes: "bytes"
            case .items: "items"
            }
        }
    }

    /// The buckets of one client, by ``Limit``.
    private struct Client: Sendable {
        var buckets: [TokenBucket?]
    }

    private let rates: [Double?]
    private let burstSeconds: Double
    private let now: @Sendable () -> Int64
    private struct State: Sendable {
        var clients: [ClientIdentity: Client] = [:]
        /// When those that were quiet were last given up, in nanoseconds.
        var sweptAt: Int64 = 0
    }

    private let state = Mutex(State())
    private let refusedRequests = Atomic<Int>(0)
    private let refusedBytes = Atomic<Int>(0)
    private let refusedItems = Atomic<Int>(0)

    /// Clients that are remembered at most; further ones share one bucket, those of the quiet being given up first.
    private static let clientsMax = 10_000
    private static let others = ClientIdentity(.address, "others")

    /// - Parameter now: nanoseconds.
    public init(_ rates: ClientRates, now: @escaping @Sendable () -> Int64) {
        self.rates = [rates.requests, rates.bytes, rates.items]
        burstSeconds = rates.burstSeconds
        self.now = now
    }

    /// Requests that were refused since the start, by the limit that was at fault.
    public var refusals: (requests: Int, bytes: Int, items: Int) {
        (refusedRequests.load(ordering: .relaxed), refusedBytes.load(ordering: .relaxed), refusedItems.load(ordering: .relaxed))
    }

    /// Whether a client may send a request now. One that may is counted off.
    ///
    /// - Throws: ``Refusal`` where it may not.
    public func admit(_ client: ClientIdentity) throws(Refusal) {
        let now = now()
        let over = state.withLock { state -> (limit: Limit, seconds: Double)? in
            let key = key(client, &state, now)
            guard var known = state.clients[key] else { return nil }
            defer { state.clients[key] = known }
            for limit in Limit.allCases {
                if let seconds = known.buckets[limit.rawValue]?.wait(now: now) { return (limit, seconds) }
            }
            known.buckets[Limit.requests.rawValue]?.charge(1, now: now)
            return nil
        }
        guard let over, let rate = rates[over.limit.rawValue] else { return }
        switch over.limit {
        case .requests: refusedRequests.add(1, ordering: .relaxed)
        case .bytes: refusedBytes.add(1, ordering: .relaxed)
        case .items: refusedItems.add(1, ordering: .relaxed)
        }
        throw Refusal(
            message: "\(client) sends more than its \(ClientLimiter.number(rate)) \(over.limit.name) in a second "
                + "(limits.clients.\(over.limit.name)_per_second)",
            retryAfterSeconds: Int(min(over.seconds.rounded(.up), 3600)))
    }

    /// Counts off what an admitted request took.
    public func charge(_ client: ClientIdentity, bytes: Int, items: Int) {
        let now = now()
        state.withLock { state in
            let key = key(client, &state, now)
            state.clients[key]?.buckets[Limit.bytes.rawValue]?.charge(Double(bytes), now: now)
            state.clients[key]?.buckets[Limit.items.rawValue]?.charge(Double(items), now: now)
        }
    }

    /// What a client is remembered by; it is remembered from now on.
    private func key(_ client: ClientIdentity, _ state: inout State, _ now: Int64) -> ClientIdentity {
        if state.clients[client] != nil { return client }
        // Once a second at most: a flood of names may not make this the work of every request.
        if state.clients.count >= ClientLimiter.clientsMax, now >= state.sweptAt.addingReportingOverflow(1_000_000_000).partialValue {
            state.sweptAt = now
            state.clients = state.clients.filter { entry in
                var known = entry.value
                return !known.buckets.indices.allSatisfy { known.buckets[$0]?.isFull(now: now) ?? true }
            }
        }
        let key = state.clients.count < ClientLimiter.clientsMax ? client : ClientLimiter.others
        if state.clients[key] == nil {
            state.clients[key] = Client(
                buckets: rates.map { rate in rate.map { TokenBucket(perSecond: $0, burst: max($0 * burstSeconds, 1), now: now) } })
        }
        return key
    }

    private static func number(_ rate: Double) -> String { rate == rate.rounded() && rate < 1e15 ? "\(Int(rate))" : "\(rate)" }
}

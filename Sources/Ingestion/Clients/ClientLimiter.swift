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
        public let limit: Limit
        /// How long nothing more is taken from the client; above 0.
        public let seconds: Double

        /// At least 1, at most an hour.
        public var retryAfterSeconds: Int { Int(min(seconds.rounded(.up), 3600)) }
    }

    /// What is limited; the raw values are values of the label `limit` in metrics.
    public enum Limit: String, Sendable, Hashable, CaseIterable {
        case requests, bytes, items
    }

    /// The buckets of one client.
    private struct Client: Sendable {
        var buckets: [Limit: TokenBucket]
        /// When it was last told that the client is over a limit.
        var toldAt = Int64.min
    }

    private let rates: [Limit: Double]
    private let burstSeconds: Double
    private let now: @Sendable () -> Int64
    private let report: @Sendable (Refusal) -> Void
    private struct State: Sendable {
        var clients: [ClientIdentity: Client] = [:]
        /// When those that were quiet were last given up, in nanoseconds.
        var sweptAt: Int64 = 0
        /// When a client was last told of, in nanoseconds.
        var toldAt = Int64.min
    }

    private let state = Mutex(State())
    private let refusedRequests = Atomic<Int>(0)
    private let refusedBytes = Atomic<Int>(0)
    private let refusedItems = Atomic<Int>(0)

    /// Clients that are remembered at most; further ones share one bucket, those of the quiet being given up first.
    private static let clientsMax = 10_000
    private static let others = ClientIdentity(.address, "others")

    /// - Parameters:
    ///   - now: nanoseconds.
    ///   - report: told of a client that is over a limit, once a minute at most of each and once a second of all: many senders are never answered.
    public init(
        _ rates: ClientRates, now: @escaping @Sendable () -> Int64, report: @escaping @Sendable (Refusal) -> Void = { _ in }
    ) {
        self.rates = [.requests: rates.requests, .bytes: rates.bytes, .items: rates.items].compactMapValues { $0 }
        burstSeconds = rates.burstSeconds
        self.now = now
        self.report = report
    }

    /// Requests and datagrams that were refused since the start, and times that connections were held back, by the limit that was at fault.
    public var refusals: (requests: Int, bytes: Int, items: Int) {
        (refusedRequests.load(ordering: .relaxed), refusedBytes.load(ordering: .relaxed), refusedItems.load(ordering: .relaxed))
    }

    /// Whether a client may send a request now. One that may is counted off.
    ///
    /// - Throws: ``Refusal`` where it may not.
    public func admit(_ client: ClientIdentity) throws(Refusal) {
        if let refusal = refusal(of: client, chargesRequest: true) { throw refusal }
    }

    /// Whether what comes on a connection is to be left unread for a while, so that the sender waits: the client and for how long. Nothing is
    /// counted off. To be asked again then.
    ///
    /// - Parameters:
    ///   - streams: whether what comes has no requests that could be counted; then only bytes and items count.
    ///   - isWaiting: whether that was the answer before already, so that it is counted once.
    public func delay(of client: ClientIdentity, streams: Bool, isWaiting: Bool = false) -> Refusal? {
        refusal(of: client, among: streams ? [.bytes, .items] : Limit.allCases, isCounted: !isWaiting)
    }

    private func refusal(
        of client: ClientIdentity, among limits: [Limit] = Limit.allCases, chargesRequest: Bool = false, isCounted: Bool = true
    ) -> Refusal? {
        let now = now()
        let over = state.withLock { state -> (limit: Limit, seconds: Double, isNews: Bool)? in
            let key = key(client, &state, now)
            guard var known = state.clients[key] else { return nil }
            defer { state.clients[key] = known }
            for limit in limits {
                guard let seconds = known.buckets[limit]?.wait(now: now) else { continue }
                let isNews = Self.hasPassed(60, since: known.toldAt, now) && Self.hasPassed(1, since: state.toldAt, now)
                if isNews { (known.toldAt, state.toldAt) = (now, now) }
                return (limit, seconds, isNews)
            }
            if chargesRequest { known.buckets[.requests]?.charge(1, now: now) }
            return nil
        }
        guard let over, let rate = rates[over.limit] else { return nil }
        if isCounted {
            switch over.limit {
            case .requests: refusedRequests.add(1, ordering: .relaxed)
            case .bytes: refusedBytes.add(1, ordering: .relaxed)
            case .items: refusedItems.add(1, ordering: .relaxed)
            }
        }
        let refusal = Refusal(
            message: "\(client) sends more than its \(ClientLimiter.number(rate)) \(over.limit.rawValue) in a second "
                + "(limits.clients.\(over.limit.rawValue)_per_second)", limit: over.limit, seconds: over.seconds)
        if over.isNews { report(refusal) }
        return refusal
    }

    private static func hasPassed(_ seconds: Int64, since time: Int64, _ now: Int64) -> Bool {
        time == .min || now.subtractingReportingOverflow(time).partialValue >= seconds * 1_000_000_000
    }

    /// Counts off what was taken from a client.
    ///
    /// - Parameter requests: those that ``admit(_:)`` was not asked about.
    public func charge(_ client: ClientIdentity, requests: Int = 0, bytes: Int, items: Int) {
        let now = now()
        state.withLock { state in
            let key = key(client, &state, now)
            if requests > 0 { state.clients[key]?.buckets[.requests]?.charge(Double(requests), now: now) }
            state.clients[key]?.buckets[.bytes]?.charge(Double(bytes), now: now)
            state.clients[key]?.buckets[.items]?.charge(Double(items), now: now)
        }
    }

    /// What a client is remembered by; it is remembered from now on.
    private func key(_ client: ClientIdentity, _ state: inout State, _ now: Int64) -> ClientIdentity {
        if state.clients[client] != nil { return client }
        // Once a second at most: a flood of names may not make this the work of every request.
        if state.clients.count >= ClientLimiter.clientsMax, now >= state.sweptAt.addingReportingOverflow(1_000_000_000).partialValue {
            state.sweptAt = now
            state.clients = state.clients.filter { entry in
                var buckets = entry.value.buckets
                return !Limit.allCases.allSatisfy { buckets[$0]?.isFull(now: now) ?? true }
            }
        }
        let key = state.clients.count < ClientLimiter.clientsMax ? client : ClientLimiter.others
        if state.clients[key] == nil {
            state.clients[key] = Client(
                buckets: rates.mapValues { TokenBucket(perSecond: $0, burst: max($0 * burstSeconds, 1), now: now) })
        }
        return key
    }

    private static func number(_ rate: Double) -> String { rate == rate.rounded() && rate < 1e15 ? "\(Int(rate))" : "\(rate)" }
}

internal import Hummingbird
internal import LabelMatching
internal import NIOCore
public import PromQL
internal import QueryModel
public import TelemetryModel

/// What is looked up for one request.
struct LookUp: Sendable {
    /// A hash of what is looked up, where it may be brief (``BriefWork``).
    let briefKind: Int
    let work: @Sendable (QueryBudget) throws -> APIReply
}

/// What the query APIs share: the engine, the series, the threads, the limits and the clock.
public struct QueryEnvironment: Sendable {
    /// Asked for each query, since a reload may change the engine's options.
    public var engine: @Sendable () -> QueryEngine
    public var source: any SeriesSource
    /// Results of range queries that later ones may reuse; nil for none.
    public var results: RecentResults?
    /// Where PromQL is evaluated.
    public var queries: WorkPool
    /// Where labels and series are looked up, so that these answers do not wait behind long queries.
    public var lookups: WorkPool
    /// Where small work of both kinds is done instead.
    public var brief: BriefWork
    /// The longest that a query may wait and run together (`--query.timeout`).
    public var timeoutMilliseconds: Int64
    /// Where queries are told of that took long; nil for nowhere.
    public var slowQueries: SlowQueryLog?
    /// Where every query is told of; nil for nowhere.
    public var queryLog: QueryLog?
    /// Told of every query once it has ended: its text, how long it took, and why there was no answer.
    public var queryEnded: (@Sendable (_ text: String, _ seconds: Double, _ error: String?) -> Void)?
    /// Milliseconds since 1970.
    public var now: @Sendable () -> Timestamp

    public init(
        engine: @escaping @Sendable () -> QueryEngine, source: any SeriesSource, results: RecentResults? = nil, queries: WorkPool,
        lookups: WorkPool, brief: BriefWork, timeoutMilliseconds: Int64 = 120_000, slowQueries: SlowQueryLog? = nil,
        queryLog: QueryLog? = nil, now: @escaping @Sendable () -> Timestamp
    ) {
        self.engine = engine
        self.source = source
        self.results = results
        self.queries = queries
        self.lookups = lookups
        self.brief = brief
        self.timeoutMilliseconds = timeoutMilliseconds
        self.slowQueries = slowQueries
        self.queryLog = queryLog
        self.now = now
    }

    /// The selectors of the repeated parameter `match[]`.
    ///
    /// - Parameter bounded: whether each has to have a matcher that does not match the empty text.
    /// - Throws: ``APIFailure`` `badData` where one is malformed, or takes every series there may be though it must not.
    func selectors(_ parameters: FormParameters, bounded: Bool = true) throws(APIFailure) -> [LabelSelector] {
        let parser = PromQLParser(features: engine().options.features)
        var selectors: [LabelSelector] = []
        for text in parameters.all("match[]") {
            do throws(QueryError) {
                selectors.append(LabelSelector(try parser.parseSelector(text).matchers))
            } catch {
                throw .parameter("match[]", error.message)
            }
            if bounded && !selectors[selectors.count - 1].isBounded {
                throw .parameter("match[]", "match[] must contain at least one non-empty matcher")
            }
        }
        return selectors
    }

    /// Looks something up at once; nil where that takes a thread.
    func lookUpBriefly(_ lookUp: LookUp) throws -> APIReply? {
        guard source.answersBriefly else { return nil }
        do { return try brief.attempt(lookUp.briefKind, lookUp.work) } catch let error as QueryError { throw APIFailure(error) }
    }

    func lookUp(_ call: APICall, _ lookUp: LookUp) async throws -> APIReply {
        try await self.lookUp(call, briefKind: lookUp.briefKind, lookUp.work)
    }

    /// Looks something up on the threads for that.
    ///
    /// - Parameter briefKind: a hash of what is looked up, where it may be brief (``BriefWork``).
    func lookUp(
        _ call: APICall, briefKind: Int? = nil, _ work: @escaping @Sendable (QueryBudget) throws -> APIReply
    ) async throws -> APIReply {
        do {
            if let briefKind, source.answersBriefly {
                if let reply = try brief.attempt(briefKind, work) { return reply }
                let brief = brief
                return try await lookups.run(timeout: .milliseconds(timeoutMilliseconds), channel: call.channel) { budget, _ in
                    let started = ContinuousClock.now
                    defer { brief.note(briefKind, seconds: (ContinuousClock.now - started).seconds) }
                    return try work(budget)
                }
            }
            return try await lookups.run(timeout: .milliseconds(timeoutMilliseconds), channel: call.channel) { budget, _ in try work(budget)
            }
        } catch let error as QueryError {
            throw APIFailure(error)
        }
    }
}

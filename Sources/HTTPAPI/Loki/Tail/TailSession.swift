public import LabelMatching
internal import LogQL
internal import NIOCore
internal import NIOWebSocket
internal import PerchMetrics
public import QueryModel
internal import Synchronization
public import TelemetryModel

/// Entries as they are taken in.
public struct LiveLogs: Sendable {
    /// What came since the last delivery.
    public struct Delivery: Sendable {
        public var batches: [LogBatch]
        /// Entries that came while too much was waiting, and are not in the batches.
        public var lostEntries: Int

        public init(batches: [LogBatch], lostEntries: Int = 0) {
            self.batches = batches
            self.lostEntries = lostEntries
        }
    }

    /// The entries of some streams from the moment on at which it was made: each batch once it is kept and queries see it.
    public struct Feed: Sendable {
        let next: @Sendable () async -> Delivery?
        let end: @Sendable () -> Void

        /// - Parameters:
        ///   - next: waits for entries; nil where there will be none any more. Called by one task at a time.
        ///   - end: makes a `next` that waits, and all later ones, give nil.
        public init(next: @escaping @Sendable () async -> Delivery?, end: @escaping @Sendable () -> Void) {
            self.next = next
            self.end = end
        }
    }

    let follow: @Sendable ([LabelMatcher]) throws(QueryError) -> Feed

    /// - Parameter follow: given matchers that the labels of a stream have to pass.
    public init(_ follow: @escaping @Sendable ([LabelMatcher]) throws(QueryError) -> Feed) { self.follow = follow }
}

/// What a client that follows logs asks for.
struct TailRequest: Sendable {
    let query: LogQuery
    let selector: LogSelector
    /// The same, for entries one by one.
    let pipeline: LogPipeline
    /// Nanoseconds since 1970.
    let start: Int64
    /// Entries from before the connection.
    let limit: Int
    let delaySeconds: Int64
    let flags: LogEncoding
}

/// One client that follows logs: first what is there already, then what comes.
///
/// One task evaluates what comes, another sends what comes of it as fast as the client reads.
final class TailSession: WebSocketSession {
    /// Frames that are handed to the connection before it is asked whether it takes more.
    private static let framesAtOnce = 4
    /// For how long entries that were found in storage may come once more.
    private static let overlapMax = Duration.seconds(30)
    /// Lost entries that a client is told of one by one.
    private static let lostMax = 1_000

    private struct State {
        var queue: TailQueue
        /// How many dropped entries are in the metrics already.
        var countedDrops = 0
        var isOver = false
        /// Why what comes cannot be evaluated.
        var failure: (any Error)?
        var stalledSince: ContinuousClock.Instant?
    }

    private let request: TailRequest
    private let environment: LogEnvironment
    private let live: LiveLogs
    /// A client that has not read for so long is not waited for any more.
    private let patience: Duration
    private let ended: @Sendable () -> Void
    /// Used by one thread at a time.
    private let pipeline: Mutex<LogPipeline>
    private let state: Mutex<State>
    private let wakeUps = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter ended: called once when the session is over.
    init(_ request: TailRequest, _ environment: LogEnvironment, _ live: LiveLogs, patience: Duration, ended: @escaping @Sendable () -> Void)
    {
        self.request = request
        self.environment = environment
        self.live = live
        self.patience = patience
        self.ended = ended
        pipeline = Mutex(request.pipeline)
        state = Mutex(State(queue: TailQueue(delay: request.delaySeconds * 1_000_000_000)))
    }

    // MARK: The connection

    func opened(_ connection: WebSocketConnection) {
        let interval: TimeAmount = request.delaySeconds > 0 ? .milliseconds(200) : .seconds(1)
        let ticks = connection.channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
            self?.wake()
        }
        Task {
            await run(connection)
            ticks.cancel()
            ended()
        }
    }

    func drained() { wake() }

    func closed() {
        state.withLock { $0.isOver = true }
        wakeUps.continuation.finish()
    }

    private func wake() { wakeUps.continuation.yield() }

    private var isOver: Bool { state.withLock { $0.isOver } }

    // MARK: The tasks

    private func run(_ connection: WebSocketConnection) async {
        do {
            // Before storage is looked at, so that nothing comes in between; what is in both goes out once.
            let feed = try live.follow(request.selector.matchers)
            defer { feed.end() }
            let found = try await history(connection)
            state.withLock { $0.queue.take(found: found) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.takeAll(feed, connection) }
                wake()
                for await _ in wakeUps.stream {
                    if isOver { break }
                    flush(connection)
                    try checkProgress()
                }
                feed.end()
            }
        } catch let error as QueryError {
            connection.close(.unexpectedServerError, error.message)
        } catch let failure as APIFailure {
            connection.close(failure.kind == .unavailable ? .goingAway : .unexpectedServerError, failure.message)
        } catch {
            connection.close(.unexpectedServerError, "\(error)")
        }
    }

    /// The newest entries from before now, oldest first.
    private func history(_ connection: WebSocketConnection) async throws -> [TailEntry] {
        let (engine, source, request) = (environment.engine, environment.source, request)
        let options = LogOptions(start: request.start, end: .max, limit: request.limit, direction: .backward)
        return try await environment.queries.run(
            timeout: .milliseconds(environment.timeoutMilliseconds), channel: connection.channel
        ) { budget, _ in
            Array(try engine.logs(request.query, options, source: source, budget: budget).tailEntries.reversed())
        }
    }

    /// Evaluates what comes, until nothing comes any more, and notes why it could not go on.
    private func takeAll(_ feed: LiveLogs.Feed, _ connection: WebSocketConnection) async {
        do {
            try await take(feed, connection)
            if !isOver && !Task.isCancelled { connection.close(.goingAway, "the server is stopping") }
        } catch {
            state.withLock { $0.failure = error }
            wake()
        }
    }

    private func take(_ feed: LiveLogs.Feed, _ connection: WebSocketConnection) async throws {
        let overlapEnd = ContinuousClock.now + TailSession.overlapMax
        var mayBeFound = true
        while let delivery = await feed.next() {
            if isOver { return }
            if mayBeFound, ContinuousClock.now > overlapEnd {
                mayBeFound = false
                state.withLock { $0.queue.forgetFound() }
            }
            let entries = try await evaluate(delivery.batches, connection)
            let now = environment.now()
            state.withLock { state in
                state.queue.take(new: entries, mayBeFound: mayBeFound)
                // Of what streams these were, nobody knows.
                for _ in 0..<min(delivery.lostEntries, TailSession.lostMax) {
                    state.queue.drop(DroppedEntry(time: now, labels: LabelSet()))
                }
            }
            countDrops()
            wake()
        }
    }

    private func countDrops() {
        let new = state.withLock { state in
            defer { state.countedDrops = state.queue.droppedCount }
            return state.queue.droppedCount - state.countedDrops
        }
        if new > 0 { environment.metrics.tailEntriesDropped.increment(by: new) }
    }

    /// The entries of batches that the query finds, oldest first.
    private func evaluate(_ batches: [LogBatch], _ connection: WebSocketConnection) async throws -> [TailEntry] {
        try await environment.lookups.run(
            timeout: .milliseconds(environment.timeoutMilliseconds), channel: connection.channel
        ) { budget, _ in
            try self.pipeline.withLock { pipeline in
                var entries: [TailEntry] = []
                for batch in batches { try TailSession.run(&pipeline, on: batch, budget, &entries) }
                return entries.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
            }
        }
    }

    private static func run(
        _ pipeline: inout LogPipeline, on batch: LogBatch, _ budget: QueryBudget, _ entries: inout [TailEntry]
    ) throws(QueryError) {
        for part in batch.parts where pipeline.matches(part.labels) {
            try budget.check()
            for entry in part.entries {
                let metadata = LabelSet(canonical: Array(batch.metadata.bytes[batch.metadata.range(entry)]))
                let line = Array(batch.lines.bytes[batch.lines.range(entry)])
                if let passed = pipeline.run(stream: part.labels, metadata: metadata, time: batch.times[entry], line: line) {
                    entries.append(TailEntry(time: batch.times[entry], labels: passed.labels, line: passed.line))
                }
            }
        }
    }

    /// Sends what is to be sent, as far as the client takes it.
    private func flush(_ connection: WebSocketConnection) {
        var sent = 0
        while sent < TailSession.framesAtOnce, connection.isWritable,
            let frame = state.withLock({ $0.queue.next(now: environment.now()) })
        {
            var writer = JSONWriter()
            writer.tailFrame(frame, request.flags)
            var text = ByteBuffer()
            for var piece in writer.finish() { text.writeBuffer(&piece) }
            connection.send(text)
            environment.metrics.tailEntriesSent.increment(by: frame.entries.count)
            sent += 1
        }
        // Once these have gone out, or not, the connection knows whether it takes more.
        if sent == TailSession.framesAtOnce { connection.channel.eventLoop.execute { [weak self] in self?.wake() } }
        let isWritable = connection.isWritable
        state.withLock { state in
            let isStalled = !isWritable && state.queue.isWaiting
            if !isStalled { state.stalledSince = nil } else if state.stalledSince == nil { state.stalledSince = .now }
        }
    }

    private func checkProgress() throws {
        let (failure, stalledSince) = state.withLock { ($0.failure, $0.stalledSince) }
        if let failure { throw failure }
        guard let since = stalledSince, ContinuousClock.now - since > patience else { return }
        throw QueryError(.execution, "the client does not read what it asked for")
    }
}

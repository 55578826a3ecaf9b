internal import Compression
internal import Foundation
internal import Logging
internal import MetricStorage
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import OutboundHTTP
internal import PerchMetrics
internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// Sends everything that is taken in to one remote: what is read from the journal goes to a ``SendQueue``, which says what to send when.
final class RemoteWriter: Sendable {
    struct Environment: Sendable {
        var storage: MetricStorage
        var positions: RemotePositions
        var blocking: NIOThreadPool
        var logger: Logger
        var metrics: MetricRegistry
        var userAgent: String
        /// Where requests are told of as spans.
        var traces: OwnTraces
    }

    private struct State: Sendable {
        var queue: SendQueue
        /// The version that the receiver understands.
        var version: RemoteWriteVersion
        var traffic = RemoteTraffic()
        var isAtEnd = false
        var stopAt: ContinuousClock.Instant?
        var complaints = ComplaintLimit()
    }

    /// Bytes of the journal that are read at a time.
    private static let readBytes = 512 << 10
    /// How often the journal is looked at for what is new.
    private static let readInterval = Duration.milliseconds(100)
    /// How long stopping goes on reading what came last.
    private static let lastReadMax = Duration.seconds(2)
    private static let clientRetry = Duration.seconds(10)

    let settings: RemoteWriteSettings
    let externalLabels: LabelSet
    private let environment: Environment
    private let state: Mutex<State>
    /// Held while the state is written down, so that no older one follows a newer one.
    private let saving = Mutex<SendState?>(nil)
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let durations: Histogram

    /// - Parameter start: how far everything was sent.
    init(_ settings: RemoteWriteSettings, externalLabels: LabelSet, from start: SendState, environment: Environment) {
        self.settings = settings
        self.externalLabels = externalLabels
        self.environment = environment
        state = Mutex(State(queue: SendQueue(settings.queue, from: start), version: settings.version))
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        durations = environment.metrics.histogram(
            "prometheus_remote_storage_sent_batch_duration_seconds", help: "Time that a request to a remote took.", unit: "seconds",
            labels: ["remote_name": settings.label, "url": settings.publicURL])
    }

    /// What it did so far.
    var status: RemoteWriterStatus {
        let (statistics, version, traffic) = state.withLock { ($0.queue.statistics, $0.version, $0.traffic) }
        return RemoteWriterStatus(
            name: settings.label, url: settings.publicURL, version: version, queue: settings.queue, statistics: statistics,
            traffic: traffic)
    }

    // MARK: Running

    /// Runs until it is stopped or cancelled.
    func run() async {
        var made: OutboundClient?
        while made == nil, !Task.isCancelled {
            do {
                // Connections are few and used again and again, but no request is to reach the receiver twice.
                made = try OutboundClient(
                    settings.client, userAgent: environment.userAgent, usage: .occasional,
                    connectMilliseconds: min(settings.timeoutMilliseconds, 10_000), connectionsPerServer: SendQueue.laneCount,
                    threadPool: environment.blocking)
            } catch {
                complain("cannot send to a remote yet", "\(error)")
                guard state.withLock({ $0.stopAt }) == nil else { return }
                try? await Task.sleep(for: Self.clientRetry)
            }
        }
        guard let client = made else { return }
        var feed = BacklogFeed(
            settings, externalLabels: externalLabels, from: state.withLock { $0.queue.state.lowest }, storage: environment.storage)
        await withDiscardingTaskGroup { group in
            group.addTask { [wake] in
                while !Task.isCancelled {
                    wake.yield()
                    try? await Task.sleep(for: Self.readInterval)
                }
            }
            if let interval = settings.metadataIntervalMilliseconds {
                group.addTask { await self.sendMetadata(client, every: interval) }
            }
            for await _ in wakes {
                if Task.isCancelled { break }
                feed = await read(feed)
                startSending(client, &group)
                if stopIsDone() { break }
            }
            group.cancelAll()
        }
        await client.shutdown()
    }

    /// Ends ``run()`` once what is on its way has arrived, and what came last was sent if that can be done at once.
    func stop() {
        state.withLock { $0.stopAt = $0.stopAt ?? .now + Self.lastReadMax }
        wake.yield()
    }

    /// Whether everything is done that stopping waits for.
    private func stopIsDone() -> Bool {
        state.withLock { state in
            guard let stopAt = state.stopAt else { return false }
            if state.isAtEnd || .now >= stopAt { state.queue.stop() }
            return state.queue.isDrained
        }
    }

    /// Reads as much as there is room for.
    private func read(_ feed: BacklogFeed) async -> BacklogFeed {
        guard state.withLock({ $0.queue.room }) > 0 else { return feed }
        do {
            let (portion, read) = try await environment.blocking.runIfActive { () throws -> (BacklogFeed.Portion, BacklogFeed) in
                var feed = feed
                return (try feed.read(bytesMax: Self.readBytes), feed)
            }
            take(portion)
            if !portion.isAtEnd { wake.yield() }
            return read
        } catch {
            if !Task.isCancelled { complain("cannot read what is to be sent", "\(error)") }
            return feed
        }
    }

    private func take(_ portion: BacklogFeed.Portion) {
        let now = SystemClock.now()
        state.withLock { state in
            for (item, lane) in portion.items { state.queue.offer(item, lane: lane, now: now) }
            state.queue.drop(portion.relabeled, .relabeled)
            state.queue.drop(portion.notWanted, .notWanted)
            state.queue.drop(ItemCounts(samples: portion.lost), .queueFull)
            state.queue.noteRead(before: portion.before, flushes: portion.turnsSegment)
            state.isAtEnd = portion.isAtEnd
        }
        if portion.lost > 0 {
            environment.logger.error(
                "samples will not be sent: the remote has been failing for long, and its queue on the disk was full",
                metadata: ["remote": .string(settings.label), "samples": .stringConvertible(portion.lost)])
        }
        // What is behind is not kept any longer; within a segment that makes no difference.
        if portion.turnsSegment { save() }
    }

    private func startSending(_ client: OutboundClient, _ group: inout DiscardingTaskGroup) {
        while true {
            switch state.withLock({ $0.queue.next(now: SystemClock.now()) }) {
            case .send(let batch): group.addTask { await self.send(batch, client) }
            case .wait, .idle: return
            }
        }
    }

    // MARK: Sending

    private func send(_ batch: SendBatch, _ client: OutboundClient) async {
        let version = state.withLock { $0.version }
        let started = ContinuousClock.now
        let outcome: SendOutcome
        do {
            let body = try await environment.blocking.runIfActive { [storage = environment.storage] in
                try Codec.snappyBlock.compress(RemoteWriteMessages.message(of: batch, version, metadata: storage.metadata(family:)))
            }
            let response = try await post(body, version, attempt: batch.attempt, client)
            outcome = judge(response, batch, version, bytes: body.count)
        } catch {
            outcome = .failed(after: nil)
            if !Task.isCancelled { noteFailure("\(error)") }
        }
        let seconds = started.duration(to: .now) / .seconds(1)
        if outcome != .again { durations.record(seconds) }
        let delay = state.withLock { state -> Duration? in
            state.queue.complete(batch.id, outcome, now: SystemClock.now(), seconds: seconds)
            if case .failed(let after) = outcome, after == nil { return .milliseconds(state.queue.settings.backoffMin) }
            return nil
        }
        // Written down before anything more is sent, so that a batch at most comes twice where the process is killed.
        if case .accepted = outcome { await saveBlocking() }
        if case .refused = outcome { await saveBlocking() }
        if let delay { try? await Task.sleep(for: delay) }
        wake.yield()
    }

    private func post(
        _ body: [UInt8], _ version: RemoteWriteVersion, attempt: Int, _ client: OutboundClient
    ) async throws -> OutboundResponse {
        var request = OutboundRequest(.POST, settings.url, body: body, responseBytesMax: 1 << 20)
        request.headers.add(name: "content-encoding", value: "snappy")
        request.headers.add(
            name: "content-type", value: "application/x-protobuf" + (version == .v2 ? ";proto=\(version.messageName)" : ""))
        request.headers.add(name: "x-prometheus-remote-write-version", value: version == .v2 ? "2.0.0" : "0.1.0")
        if attempt > 0 { request.headers.add(name: "retry-attempt", value: "\(attempt)") }
        let span = environment.traces.begin(
            "Remote Store",
            [
                ("http.request.method", .text("POST")), ("url.full", .text(settings.publicURL)), ("remote_name", .text(settings.label)),
                ("http.request.body.size", .number(body.count)),
            ])
        span?.addContext(to: &request.headers)
        do {
            let response = try await client.send(request, timeoutMilliseconds: settings.timeoutMilliseconds)
            span?.end(status: response.status, error: (200..<300).contains(response.status) ? nil : Self.words(of: response))
            return response
        } catch {
            span?.end(status: nil, error: "\(error)")
            throw error
        }
    }

    private func judge(_ response: OutboundResponse, _ batch: SendBatch, _ version: RemoteWriteVersion, bytes: Int) -> SendOutcome {
        func count(_ name: String) -> Int? { response.headers.first(name: "x-prometheus-remote-write-\(name)-written").flatMap { Int($0) } }
        let reply = ReceiverReply(
            status: response.status, retryAfter: response.headers.first(name: "retry-after"), samplesWritten: count("samples"),
            histogramsWritten: count("histograms"), exemplarsWritten: count("exemplars"))
        let words = Self.words(of: response)
        guard let outcome = reply.outcome(of: batch.counts, version, retriesOn429: settings.queue.retriesOn429, now: SystemClock.now())
        else {
            fallBack(words)
            return .again
        }
        switch outcome {
        case .accepted(let rejected):
            state.withLock { $0.traffic.noteSuccess(bytes: bytes, at: SystemClock.now()) }
            if rejected.total > 0 {
                complain("a remote did not keep all of a batch", "\(rejected.total) of \(batch.counts.total): \(words)")
            }
        case .refused:
            state.withLock { $0.traffic.lastError = words }
            complain("a remote refused a batch, which is not sent again", words)
        case .failed: noteFailure(words)
        case .again: break
        }
        return outcome
    }

    /// Speaks 1.0 from now on, until the settings change or the process starts anew.
    private func fallBack(_ words: String) {
        let isFirst = state.withLock { state in
            defer { state.version = .v1 }
            return state.version == .v2
        }
        guard isFirst else { return }
        environment.logger.warning(
            "the remote does not understand remote write 2.0, it gets 1.0 from now on",
            metadata: ["remote": .string(settings.label), "url": .string(settings.publicURL), "reply": .string(words)])
    }

    private func noteFailure(_ words: String) {
        state.withLock { $0.traffic.lastError = words }
        complain("a remote does not take samples now, they will be sent again", words)
    }

    /// Says something at most once in a minute.
    private func complain(_ message: Logger.Message, _ reason: String) {
        guard let suppressed = state.withLock({ $0.complaints.begin(now: .now) }) else { return }
        environment.logger.warning(
            message,
            metadata: [
                "remote": .string(settings.label), "url": .string(settings.publicURL), "reason": .string(reason),
                "suppressed": .stringConvertible(suppressed),
            ])
    }

    /// What the receiver said, in one line.
    private static func words(of response: OutboundResponse) -> String {
        let text = String(decoding: response.body.prefix(512), as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first.map { String($0.prefix(256)) } ?? ""
        return line.isEmpty ? "status \(response.status)" : "status \(response.status): \(line)"
    }

    // MARK: The place

    private func saveBlocking() async {
        // Where the threads have ended, this one does it.
        do { try await environment.blocking.runIfActive { self.save() } } catch { save() }
    }

    /// Writes down how far everything was sent, and lets go of what is before.
    func save() {
        do {
            try saving.withLock { saved in
                let now = state.withLock { $0.queue.state }
                if saved == now { return }
                try environment.positions.save(now, of: settings.identity)
                saved = now
                try environment.storage.releaseBacklog(settings.identity, before: now.lowest.journalPosition)
            }
        } catch {
            complain("how far everything was sent cannot be written down", "\(error)")
        }
    }

    // MARK: Metadata

    private func sendMetadata(_ client: OutboundClient, every milliseconds: Int64) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(milliseconds))
            guard state.withLock({ $0.version == .v1 && $0.stopAt == nil }), !Task.isCancelled else { continue }
            var families = environment.storage.metadata()[...]
            while !families.isEmpty, !Task.isCancelled {
                let part = families.prefix(settings.metadataFamiliesMax)
                families = families.dropFirst(part.count)
                guard await sendMetadata(Array(part), client) else { break }
            }
        }
    }

    /// Sends metadata of some families; what fails comes again with the next round.
    private func sendMetadata(_ families: [(family: String, metadata: MetricMetadata)], _ client: OutboundClient) async -> Bool {
        do {
            var encoder = RemoteWriteEncoder(version: .v1)
            for (family, metadata) in families { encoder.append(metadata, ofFamily: family) }
            let body = try Codec.snappyBlock.compress(encoder.finish())
            let response = try await post(body, .v1, attempt: 0, client)
            let isTaken = (200..<300).contains(response.status)
            state.withLock { $0.traffic.noteMetadata(families.count, bytes: body.count, isTaken: isTaken) }
            if !isTaken { complain("a remote did not take metadata", Self.words(of: response)) }
            return isTaken
        } catch {
            if !Task.isCancelled {
                state.withLock { $0.traffic.noteMetadata(families.count, bytes: 0, isTaken: false) }
                complain("a remote did not take metadata", "\(error)")
            }
            return false
        }
    }
}

extension ItemPosition {
    /// The place in the journal that has this item behind it.
    var journalPosition: JournalPosition { JournalPosition(segment: segment, entry: max(0, entry - 1)) }
}

/// Lets a message through once in a minute, and counts the others.
private struct ComplaintLimit: Sendable {
    private var last: ContinuousClock.Instant?
    private var suppressed = 0

    /// - Returns: how many were held back; nil where this one is, too.
    mutating func begin(now: ContinuousClock.Instant) -> Int? {
        if let last, now < last + .seconds(60) {
            suppressed += 1
            return nil
        }
        defer { suppressed = 0 }
        last = now
        return suppressed
    }
}

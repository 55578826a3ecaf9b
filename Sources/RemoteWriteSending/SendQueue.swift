internal import RemoteWriteFormat
public import TelemetryModel

/// What the owner of a queue is to do.
public enum SendAction: Sendable {
    /// To send a batch, and say by ``SendQueue/complete(_:_:now:)`` what became of it.
    case send(SendBatch)
    /// To ask again at a time, and whenever items were offered or a batch is completed.
    case wait(until: Timestamp)
    /// To ask again when items were offered or a batch is completed.
    case idle
}

/// A request's worth of items.
public struct SendBatch: Sendable {
    public let id: Int
    /// Grouped by series; those of a series in order.
    public let items: [QueuedItem]
    public let counts: ItemCounts
    /// 0 for the first.
    public let attempt: Int
}

/// What became of a batch.
public enum SendOutcome: Sendable, Hashable {
    /// The receiver has it.
    ///
    /// - Parameter rejected: of which it refused these.
    case accepted(rejected: ItemCounts)
    /// The receiver will never take it.
    case refused(rejected: ItemCounts)
    /// Once more later, after this many milliseconds at least where the receiver says so.
    case failed(after: Int64?)
    /// Once more at once, as when the message's version is another one now.
    case again
}

/// Decides what of a remote's samples is sent when. A value without clock, threads or sockets: it is told the time, what was read and what
/// became of requests, and says what to do.
///
/// Items lie in lanes, chosen by their series. A batch takes from lanes that no other batch has taken from, and keeps these for itself until
/// it is settled; so the samples of a series are sent in order however many requests are on their way at once. For each lane is known up to
/// where it was sent (``SendState``), whatever the number of shards, which here is nothing but how many batches may be on their way.
public struct SendQueue: Sendable {
    public static let laneCount = 128

    /// The items of some series, in order.
    private struct Lane: Sendable {
        private var items: [QueuedItem] = []
        private var head = 0
        /// Taken by a batch.
        var isBusy = false
        /// Items before are not sent any more.
        var floor: ItemPosition
        /// When the oldest item came, or before.
        var since: Timestamp = 0

        init(floor: ItemPosition) { self.floor = floor }

        var count: Int { items.count - head }
        var first: QueuedItem? { head < items.count ? items[head] : nil }
        func prefix(_ count: Int) -> ArraySlice<QueuedItem> { items[head..<head + count] }
        mutating func append(_ item: QueuedItem) { items.append(item) }

        mutating func removeFirst(_ count: Int) {
            floor = items[head + count - 1].position.next
            head += count
            if head == items.count || head > 4096 {
                items.removeSubrange(..<head)
                head = 0
            }
        }
    }

    /// A batch that is not settled.
    private struct Flight: Sendable {
        var lanes: [(lane: Int, count: Int)]
        /// What was left out of it for its age.
        var tooOld = ItemCounts()
        var counts = ItemCounts()
        var newest: Timestamp = .min
        var attempt = 0
        /// When it is sent again; nil while it is on its way.
        var due: Timestamp?
    }

    public private(set) var settings: QueueSettings
    public private(set) var statistics = SendStatistics()
    private var lanes: [Lane]
    private var flights: [Int: Flight] = [:]
    private var nextBatch = 0
    private var nextLane = 0
    /// Items in lanes that are not busy.
    private var readyCount = 0
    private var pending = ItemCounts()
    /// Everything before was read.
    private var readThrough: ItemPosition
    private var pausedUntil: Timestamp = .min
    private var flushesNow = false
    private var isStopping = false
    /// Nothing is begun any more.
    private var isGivenUp = false
    private var scaling: ShardScaling

    /// - Parameter state: how far everything was sent.
    public init(_ settings: QueueSettings, from state: SendState) {
        self.settings = settings
        lanes = state.floors.map { Lane(floor: $0) }
        readThrough = state.lowest
        scaling = ShardScaling(min: settings.shardsMin, max: min(settings.shardsMax, SendQueue.laneCount))
        statistics.shards = scaling.shards
    }

    // MARK: What was read

    /// How many items may be read now.
    public var room: Int { isStopping ? 0 : max(settings.capacity * scaling.shards, settings.batchItemsMax * 2) - pending.total }

    /// The lane of a series, by a hash of its labels as they were appended that is the same in every process.
    public static func lane(ofHash hash: UInt64) -> Int { Int(hash % UInt64(laneCount)) }

    /// Takes an item; one that was dealt with already is left out. They come in the order of their positions.
    public mutating func offer(_ item: QueuedItem, lane: Int, now: Timestamp) {
        guard item.position >= lanes[lane].floor else { return }
        if lanes[lane].count == 0 { lanes[lane].since = now }
        lanes[lane].append(item)
        if !lanes[lane].isBusy { readyCount += 1 }
        pending.add(item.element.content)
        statistics.offered += 1
        statistics.newestOffered = max(statistics.newestOffered, item.element.time)
    }

    /// Counts items that are not sent.
    public mutating func drop(_ counts: ItemCounts, _ reason: DropReason) {
        if counts.total > 0 { statistics.dropped[reason, default: ItemCounts()] += counts }
    }

    /// Everything before a place was offered, but for what is not to be sent.
    ///
    /// - Parameter flushes: whether what is there is sent without waiting for more.
    public mutating func noteRead(before position: ItemPosition, flushes: Bool = false) {
        readThrough = max(readThrough, position)
        if flushes && readyCount > 0 { flushesNow = true }
    }

    /// How far everything was sent by now.
    public var state: SendState {
        SendState(floors: lanes.map { lane in max(lane.floor, lane.first?.position ?? readThrough) })
    }

    // MARK: What is to do

    /// Says what to do now. To be asked until it says to wait.
    public mutating func next(now: Timestamp) -> SendAction {
        scaling.update(now: now, statistics)
        statistics.shards = scaling.shards
        statistics.shardsDesired = scaling.desired
        statistics.pending = pending
        guard now >= pausedUntil || isStopping else { return .wait(until: pausedUntil) }
        if let due = flights.filter({ $0.value.due.map { $0 <= now } ?? false }).keys.min() { return send(due, now) }
        if flights.count < scaling.shards, let action = begin(now) { return action }
        var times = flights.values.compactMap(\.due)
        if flights.count < scaling.shards, readyCount > 0, !isGivenUp { times.append(max(deadline, now + 1)) }
        return times.min().map { .wait(until: $0) } ?? .idle
    }

    /// When the oldest item has waited long enough.
    private var deadline: Timestamp {
        let since = lanes.lazy.filter { !$0.isBusy && $0.count > 0 }.map(\.since).min() ?? .max
        let (time, overflows) = since.addingReportingOverflow(settings.batchDeadline)
        return overflows ? .max : time
    }

    /// Begins a batch, where there is enough for one.
    private mutating func begin(_ now: Timestamp) -> SendAction? {
        guard readyCount > 0, !isGivenUp else {
            flushesNow = false
            return nil
        }
        guard readyCount >= settings.batchItemsMax || flushesNow || isStopping || deadline <= now else { return nil }
        var flight = Flight(lanes: [])
        var left = settings.batchItemsMax
        for step in 0..<SendQueue.laneCount where left > 0 {
            let lane = (nextLane + step) % SendQueue.laneCount
            guard !lanes[lane].isBusy, lanes[lane].count > 0 else { continue }
            let count = min(lanes[lane].count, left)
            flight.lanes.append((lane, count))
            lanes[lane].isBusy = true
            readyCount -= lanes[lane].count
            left -= count
            if left == 0 { nextLane = (lane + 1) % SendQueue.laneCount }
        }
        nextBatch += 1
        flights[nextBatch] = flight
        return send(nextBatch, now)
    }

    private mutating func send(_ id: Int, _ now: Timestamp) -> SendAction {
        guard var flight = flights[id] else { return .idle }
        let earliest = settings.ageMax > 0 ? now.subtractingReportingOverflow(settings.ageMax).partialValue : Timestamp.min
        var items: [QueuedItem] = []
        var tooOld = ItemCounts()
        flight.counts = ItemCounts()
        for (lane, count) in flight.lanes {
            for item in lanes[lane].prefix(count) {
                if item.element.time < earliest {
                    tooOld.add(item.element.content)
                    continue
                }
                items.append(item)
                flight.counts.add(item.element.content)
                flight.newest = max(flight.newest, item.element.time)
            }
        }
        drop(tooOld - flight.tooOld, .tooOld)
        flight.tooOld = tooOld
        flight.due = nil
        flights[id] = flight
        if items.isEmpty {
            settle(id)
            return next(now: now)
        }
        return .send(SendBatch(id: id, items: SendQueue.grouped(items), counts: flight.counts, attempt: flight.attempt))
    }

    /// Brings the items of each series together, in their order.
    private static func grouped(_ items: [QueuedItem]) -> [QueuedItem] {
        var keys = items.indices.map { UInt64(items[$0].series) << 32 | UInt64($0) }
        keys.sort()
        return keys.map { items[Int($0 & 0xffff_ffff)] }
    }

    // MARK: What became of it

    /// Takes note of what became of a batch; ``state`` is to be written down then before anything more is sent.
    ///
    /// - Parameter seconds: how long it took.
    public mutating func complete(_ id: Int, _ outcome: SendOutcome, now: Timestamp, seconds: Double = 0) {
        guard let flight = flights[id], flight.due == nil else { return }
        scaling.note(items: flight.counts.total, seconds: seconds)
        switch outcome {
        case .accepted(let rejected):
            statistics.sent += flight.counts
            statistics.failed += rejected
            statistics.newestSent = max(statistics.newestSent, flight.newest)
            scaling.noteSuccess(now: now)
            settle(id)
        case .refused(let rejected):
            statistics.sent += flight.counts - rejected
            statistics.failed += rejected
            statistics.newestSent = max(statistics.newestSent, flight.newest)
            settle(id)
        case .failed(let after):
            statistics.retried += flight.counts
            retry(id, after, now)
        case .again: flights[id]?.due = now
        }
        statistics.pending = pending
    }

    private mutating func retry(_ id: Int, _ after: Int64?, _ now: Timestamp) {
        guard let flight = flights[id] else { return }
        if isStopping {
            isGivenUp = true
            return abandon(id)
        }
        let doublings = min(flight.attempt, 40)
        let backoff = settings.backoffMin > settings.backoffMax >> doublings ? settings.backoffMax : settings.backoffMin << doublings
        let delay = max(backoff, after ?? 0)
        flights[id]?.attempt += 1
        flights[id]?.due = now + delay
        if let after { pausedUntil = max(pausedUntil, now + after) }
    }

    /// Everything of a batch is done with.
    private mutating func settle(_ id: Int) {
        guard let flight = flights.removeValue(forKey: id) else { return }
        for (lane, count) in flight.lanes {
            for item in lanes[lane].prefix(count) {
                switch item.element.content {
                case .sample: pending.samples -= 1
                case .histogram: pending.histograms -= 1
                case .exemplar: pending.exemplars -= 1
                }
            }
            lanes[lane].removeFirst(count)
            lanes[lane].isBusy = false
            readyCount += lanes[lane].count
        }
    }

    /// Leaves the items of a batch where they are.
    private mutating func abandon(_ id: Int) {
        guard let flight = flights.removeValue(forKey: id) else { return }
        for (lane, _) in flight.lanes {
            lanes[lane].isBusy = false
            readyCount += lanes[lane].count
        }
    }

    // MARK: The end

    /// Sends what is there without waiting for more, and then nothing. A receiver that fails is not asked again; what it did not get is sent
    /// in a later life.
    public mutating func stop() {
        isStopping = true
        let waiting = flights.filter { $0.value.due != nil }.keys
        for id in waiting { abandon(id) }
        if !waiting.isEmpty { isGivenUp = true }
    }

    /// Whether nothing is on its way, and nothing to be sent any more.
    public var isDrained: Bool { isStopping && flights.isEmpty && (readyCount == 0 || isGivenUp) }
}

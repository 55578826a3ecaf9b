internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel

/// What was added up of streams that send what is new since the last time only (delta temporality): the totals that are stored.
///
/// Memory is bounded: streams that say nothing for an hour are forgotten, and further ones are refused while there are too many. A stream
/// that begins anew starts from zero, as a process does that is started again.
///
/// What a request adds is held apart until storage has kept it (``keep()``), so that one that is sent again counts once.
struct DeltaStreams: Sendable {
    /// The running total of one stream.
    enum Total: Sendable {
        case number(Double)
        case buckets(Buckets)
        case native(NativeHistogram)
    }

    /// A histogram with bounds.
    struct Buckets: Sendable {
        var bounds: [Double]
        var counts: [UInt64]
        var count: UInt64
        var sum: Double
        var hasSum: Bool
    }

    /// What becomes of a point.
    enum Addition: Sendable {
        /// The total with it, and when counting began (nanoseconds).
        case total(Total, start: UInt64)
        /// Not later than what was added up already.
        case outOfOrder
        /// There are too many streams.
        case full
    }

    private struct Stream: Sendable {
        var total: Total
        var start: UInt64
        /// The time of the last point.
        var time: UInt64
        /// When that came, in milliseconds.
        var seen: Timestamp
    }

    /// Streams at most.
    let streamsMax: Int
    static let idleMilliseconds: Timestamp = 3_600_000
    private static let sweepMilliseconds: Timestamp = 60_000

    private var streams: [Hash128: Stream] = [:]
    private var pending: [Hash128: Stream?] = [:]
    private var sweptAt = Timestamp.min

    init(streamsMax: Int = 500_000) { self.streamsMax = streamsMax }

    var count: Int { streams.count }

    /// Adds a point to its stream.
    ///
    /// - Parameters:
    ///   - start: nanoseconds; 0 where it is not known.
    ///   - time: nanoseconds, above 0.
    mutating func add(_ point: Total, to key: Hash128, start: UInt64, time: UInt64, now: Timestamp) -> Addition {
        let known: Stream? = if let held = pending[key] { held } else { streams[key] }
        guard let before = known, now - before.seen < DeltaStreams.idleMilliseconds else {
            if streams.count + pending.count >= streamsMax {
                sweep(now)
                if streams.count + pending.count >= streamsMax { return .full }
            }
            let stream = Stream(total: point, start: start, time: time, seen: now)
            pending[key] = stream
            return .total(point, start: start)
        }
        if time <= before.time || (start != 0 && start < before.start) { return .outOfOrder }
        var stream = before
        if !stream.total.add(point) {
            // Other buckets, which cannot be added up: counting begins anew.
            stream.total = point
            stream.start = start
        }
        stream.time = time
        stream.seen = now
        pending[key] = stream
        return .total(stream.total, start: stream.start)
    }

    /// The stream says that it has no value any more.
    mutating func end(_ key: Hash128) { pending[key] = .some(nil) }

    /// What was added is stored.
    mutating func keep() {
        for (key, stream) in pending { streams[key] = stream }
        pending.removeAll(keepingCapacity: true)
    }

    /// What was added is not.
    mutating func drop() { pending.removeAll(keepingCapacity: true) }

    private mutating func sweep(_ now: Timestamp) {
        guard sweptAt == .min || now - sweptAt >= DeltaStreams.sweepMilliseconds else { return }
        sweptAt = now
        streams = streams.filter { now - $0.value.seen < DeltaStreams.idleMilliseconds }
    }
}

extension DeltaStreams.Total {
    /// Adds a point of the same stream; false where the two cannot be added up.
    fileprivate mutating func add(_ point: DeltaStreams.Total) -> Bool {
        switch (self, point) {
        case (.number(let left), .number(let right)):
            self = .number(left + right)
            return true
        case (.buckets(var left), .buckets(let right)):
            guard left.bounds == right.bounds, left.counts.count == right.counts.count else { return false }
            for index in left.counts.indices { left.counts[index] &+= right.counts[index] }
            left.count &+= right.count
            left.sum += right.sum
            left.hasSum = left.hasSum && right.hasSum
            self = .buckets(left)
            return true
        case (.native(var left), .native(let right)):
            guard left.customBounds == right.customBounds else { return false }
            do { try left.add(right) } catch { return false }
            left.compact(emptyBucketsMax: 2)
            left.isFloat = false
            self = .native(left)
            return true
        default: return false
        }
    }
}

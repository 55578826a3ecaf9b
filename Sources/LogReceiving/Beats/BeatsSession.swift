internal import LogFormats

/// One connection of a Beat: what is kept when, and what is acknowledged. Decided here, done outside.
///
/// Events are acknowledged when they are kept for good, and not before. While a batch is being kept, or has to wait because nothing can be kept, nothing
/// further is read, and the sender is told from time to time that somebody is there.
struct BeatsSession {
    enum Action: Equatable {
        /// Keep the events of the frames but for those of before: ``BeatsSession/finished(_:now:)``.
        case keep([LumberjackFrame], skipping: Int)
        case send([UInt8])
        /// Read more from the connection.
        case read
        case close(String)
    }

    /// What came of keeping events.
    enum Outcome: Equatable {
        /// So many are kept for good, and the last of them has this number.
        case kept(events: Int, last: UInt32)
        /// The first ones are kept; for the others there is no room until a time.
        case unavailable(events: Int, last: UInt32, until: Int64)
        /// The first ones are kept; the others cannot be read.
        case malformed(events: Int, last: UInt32, String)
    }

    struct Limits {
        /// Events that have come are kept at the latest when they are so many bytes.
        var batchBytes = 1 << 20
        /// Or when nothing has come for so long, in nanoseconds.
        var batchWait: Int64 = 200_000_000
        /// So often the sender is told that somebody is there while it waits.
        var keepAlive: Int64 = 5_000_000_000
        /// A connection within a frame or a window on which nothing comes for so long is closed.
        var stalled: Int64 = 60_000_000_000
        /// The same for a connection on which nothing is going on.
        var idle: Int64 = 900_000_000_000
    }

    private let limits: Limits
    private var reader: LumberjackReader
    private var frames: [LumberjackFrame] = []
    private var frameBytes = 0
    private var eventFrames = 0
    /// Events of the window that are not kept yet.
    private var left = 0
    private var isWorking = false
    private var kept = 0
    private var retryAt: Int64?
    private var received: Int64
    private var told: Int64 = 0
    private(set) var isClosed = false
    private var isStopping = false

    init(limits: Limits = Limits(), protocolLimits: LumberjackLimits = LumberjackLimits(), now: Int64) {
        self.limits = limits
        reader = LumberjackReader(limits: protocolLimits)
        received = now
    }

    /// Bytes that the connection holds.
    var heldBytes: Int { reader.pendingBytes + frameBytes }

    /// Whether events wait to be kept.
    var isBusy: Bool { isWorking || retryAt != nil || !frames.isEmpty }

    mutating func received(_ bytes: some Collection<UInt8>, now: Int64) -> [Action] {
        guard !isClosed else { return [] }
        received = now
        reader.append(bytes)
        return advance(now)
    }

    /// Time has passed.
    mutating func tick(now: Int64) -> [Action] {
        guard !isClosed else { return [] }
        if let retryAt, now >= retryAt {
            self.retryAt = nil
            isWorking = true
            // Also where it is tried again so soon that there is never a moment without work.
            return signOfLife(now) + [.keep(frames, skipping: kept)]
        }
        if isWorking || retryAt != nil { return signOfLife(now) }
        if !frames.isEmpty, now - received >= limits.batchWait { return work(now) }
        let isWithin = reader.pendingBytes > 0 || left > 0 || !frames.isEmpty
        if now - received >= (isWithin ? limits.stalled : limits.idle) { return close(isWithin ? "nothing came for too long" : "idle") }
        return []
    }

    /// Tells the sender that somebody is there, where that is due.
    private mutating func signOfLife(_ now: Int64) -> [Action] {
        guard reader.version == UInt8(ascii: "2"), now - told >= limits.keepAlive else { return [] }
        told = now
        return [.send(LumberjackFrame.acknowledgement(version: reader.version, sequence: 0))]
    }

    /// Events were kept, or not.
    mutating func finished(_ outcome: Outcome, now: Int64) -> [Action] {
        isWorking = false
        guard !isClosed else { return [] }
        switch outcome {
        case .kept(let events, let last):
            var actions = acknowledge(events, last)
            frames = []
            frameBytes = 0
            eventFrames = 0
            kept = 0
            received = now
            if isStopping { return actions + close("shutting down") }
            actions += advance(now)
            return actions
        case .unavailable(let events, let last, let until):
            let actions = acknowledge(events, last)
            kept += events
            if isStopping { return actions + close("shutting down") }
            retryAt = until
            return actions
        case .malformed(let events, let last, let reason):
            return acknowledge(events, last) + close(reason)
        }
    }

    /// The server is to end: what is being kept is acknowledged, nothing further is taken.
    mutating func stop() -> [Action] {
        isStopping = true
        return isWorking || isClosed ? [] : close("shutting down")
    }

    private mutating func acknowledge(_ events: Int, _ last: UInt32) -> [Action] {
        left = max(0, left - events)
        guard events > 0 else { return [] }
        return [.send(LumberjackFrame.acknowledgement(version: reader.version, sequence: last))]
    }

    private mutating func advance(_ now: Int64) -> [Action] {
        guard !isWorking, retryAt == nil else { return [] }
        do throws(LogFormatError) {
            while let frame = try reader.next() {
                switch frame {
                case .window(let count):
                    // Events of a window that was not filled are kept all the same.
                    if !frames.isEmpty {
                        let actions = work(now)
                        left = Int(count) + eventFrames
                        return actions
                    }
                    left = Int(count)
                case .compressed:
                    add(frame)
                    return work(now)
                case .json, .pairs:
                    add(frame)
                    eventFrames += 1
                    if eventFrames >= left || frameBytes >= limits.batchBytes { return work(now) }
                }
            }
        } catch {
            return close(error.description)
        }
        return [.read]
    }

    private mutating func add(_ frame: LumberjackFrame) {
        frames.append(frame)
        frameBytes += frame.byteCount + 64
    }

    private mutating func work(_ now: Int64) -> [Action] {
        isWorking = true
        told = now
        return [.keep(frames, skipping: 0)]
    }

    private mutating func close(_ reason: String) -> [Action] {
        isClosed = true
        return [.close(reason)]
    }
}

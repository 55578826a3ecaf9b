internal import LogQL
internal import TelemetryModel

/// An entry on its way to a client that follows.
struct TailEntry: Sendable, Hashable {
    /// Nanoseconds since 1970.
    var time: Int64
    var labels: LogLabels
    var line: [UInt8]

    /// What it takes in memory and on the wire, about.
    var size: Int { line.count + 64 }
}

/// An entry that a client did not get.
struct DroppedEntry: Sendable, Hashable {
    var time: Int64
    var labels: LabelSet
}

/// What a client gets at once.
struct TailFrame: Sendable, Hashable {
    var entries: [TailEntry] = []
    var dropped: [DroppedEntry] = []

    var isEmpty: Bool { entries.isEmpty && dropped.isEmpty }
}

/// Entries that wait to be sent to a client: in bounded memory, whatever the client does. What has no room is dropped, and the client is told.
///
/// Makes each entry go out once: what was found in storage may come once more as new, since both are looked at for a moment.
struct TailQueue: Sendable {
    struct Limits: Sendable {
        /// Entries and bytes that wait.
        var entriesMax = 20_000
        var bytesMax = 16 << 20
        /// Entries and bytes of a frame.
        var frameEntriesMax = 100
        var frameBytesMax = 256 << 10
        /// Entries that the client is told of that it did not get; of more it is not told.
        var droppedMax = 1_000

        init() {}
    }

    private let limits: Limits
    /// How long entries wait for others that come late, in nanoseconds; 0 for not at all.
    private let delay: Int64
    /// By time where there is a delay, else in the order in which they came.
    private var waiting: [TailEntry] = []
    private var first = 0
    private var bytes = 0
    private var dropped: [DroppedEntry] = []
    private(set) var droppedCount = 0
    /// How often entries were found in storage that may come once more.
    private var found: [TailEntry: Int] = [:]

    init(limits: Limits = Limits(), delay: Int64 = 0) {
        self.limits = limits
        self.delay = delay
    }

    /// Takes what was found in storage, oldest first.
    mutating func take(found entries: [TailEntry]) {
        for entry in entries {
            found[entry, default: 0] += 1
            append(entry)
        }
    }

    /// Says that nothing can come once more that was found in storage.
    mutating func forgetFound() { found = [:] }

    /// Takes entries that came, oldest first.
    ///
    /// - Parameter mayBeFound: whether they may be among what was found in storage.
    mutating func take(new entries: [TailEntry], mayBeFound: Bool) {
        for entry in entries {
            if mayBeFound, let count = found[entry] {
                found[entry] = count > 1 ? count - 1 : nil
                continue
            }
            append(entry)
        }
    }

    /// Notes an entry that is not sent.
    mutating func drop(_ entry: DroppedEntry) {
        droppedCount += 1
        if dropped.count < limits.droppedMax { dropped.append(entry) }
    }

    private mutating func append(_ entry: TailEntry) {
        guard waiting.count - first < limits.entriesMax, bytes + entry.size <= limits.bytesMax else {
            return drop(DroppedEntry(time: entry.time, labels: entry.labels.all))
        }
        bytes += entry.size
        if delay == 0 || waiting.count == first || waiting[waiting.count - 1].time <= entry.time {
            waiting.append(entry)
            return
        }
        var (low, high) = (first, waiting.count)
        while low < high {
            let middle = low + (high - low) / 2
            if waiting[middle].time <= entry.time { low = middle + 1 } else { high = middle }
        }
        waiting.insert(entry, at: low)
    }

    /// Whether there is something that waits for its time.
    var isWaiting: Bool { waiting.count > first || !dropped.isEmpty }

    /// What is to be sent next; nil where there is nothing yet.
    ///
    /// - Parameter now: nanoseconds since 1970.
    mutating func next(now: Int64) -> TailFrame? {
        var frame = TailFrame()
        var size = 0
        while first < waiting.count, frame.entries.count < limits.frameEntriesMax {
            let entry = waiting[first]
            if delay > 0, entry.time > now.subtractingReportingOverflow(delay).partialValue { break }
            if size > 0, size + entry.size > limits.frameBytesMax { break }
            size += entry.size
            frame.entries.append(entry)
            first += 1
        }
        bytes -= size
        if first == waiting.count || first > 4_096 {
            waiting.removeFirst(first)
            first = 0
        }
        frame.dropped = dropped
        dropped = []
        return frame.isEmpty ? nil : frame
    }
}

extension JSONWriter {
    /// A message of a tail.
    mutating func tailFrame(_ frame: TailFrame, _ flags: LogEncoding) {
        beginObject()
        name("streams")
        beginArray()
        for (labels, entries) in TailFrame.byStream(frame.entries, flags) {
            beginObject()
            name("stream")
            self.labels(labels)
            name("values")
            beginArray()
            for entry in entries {
                logEntry(entry.time, entry.line[...], kinds: flags.isCategorized ? (entry.labels.metadata, entry.labels.parsed) : nil)
            }
            endArray()
            endObject()
        }
        endArray()
        if !frame.dropped.isEmpty {
            name("dropped_entries")
            beginArray()
            for entry in frame.dropped {
                beginObject()
                name("timestamp")
                quotedInteger(entry.time)
                name("labels")
                labels(entry.labels)
                endObject()
            }
            endArray()
        }
        if flags.isCategorized { encodingFlags() }
        endObject()
    }
}

extension TailFrame {
    /// Entries by their streams, which come in the order of their first entries.
    fileprivate static func byStream(_ entries: [TailEntry], _ flags: LogEncoding) -> [(LabelSet, [TailEntry])] {
        var places: [LabelSet: Int] = [:]
        var streams: [(LabelSet, [TailEntry])] = []
        for entry in entries {
            let labels = flags.isCategorized ? entry.labels.stream : entry.labels.all
            if let place = places[labels] {
                streams[place].1.append(entry)
            } else {
                places[labels] = streams.count
                streams.append((labels, [entry]))
            }
        }
        return streams
    }
}

extension LogResult {
    var tailEntries: [TailEntry] {
        times.indices.map { line in
            TailEntry(time: times[line], labels: labels[Int(labelCodes[line])], line: Array(lines.bytes[lines.range(line)]))
        }
    }
}

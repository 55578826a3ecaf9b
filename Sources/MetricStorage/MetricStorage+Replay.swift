internal import ByteCoding
internal import Dispatch
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// How often a long replay tells how far it is.
    private static let progressInterval = Duration.seconds(5)

    /// Reads back what the journal holds from before this start; each segment becomes a generation of the head.
    ///
    /// A few payloads are in memory at a time, so a start needs no more than running did.
    func replay() throws(MetricStorageError) {
        let started = ContinuousClock.now
        guard !journal.olderSegments.isEmpty else { return }
        counters.entriesToReplay.store(journal.entriesToReplay, ordering: .relaxed)
        counters.isReplaying.store(true, ordering: .relaxed)
        var progressDue = started + MetricStorage.progressInterval
        let replay = JournalReplay(head: head, exemplarsMax: options.exemplarsPerSeriesMax, started: head.allGenerations[0].started) {
            [damage, directory] in damage.report("\(directory)/journal-\($0).sqlite", "\($1)")
        }
        do {
            defer { replay.finish() }
            try journal.replay { segment, payload in
                options.stepReached?(.replaying)
                if isStartInterrupted.load(ordering: .relaxed) { throw MetricStorageError(.closed, "the start was interrupted") }
                let entries = counters.entriesReplayed.add(1, ordering: .relaxed).newValue
                let now = ContinuousClock.now
                if now >= progressDue {
                    progressDue = now + MetricStorage.progressInterval
                    options.report(.replaying(entries: entries, of: counters.entriesToReplay.load(ordering: .relaxed)))
                }
                replay.read(payload, of: segment)
            } damaged: { error in
                damage.report(error.path, error.message)
            }
        } catch {
            throw MetricStorageError(error, path: directory)
        }
        let milliseconds = (ContinuousClock.now - started).milliseconds
        counters.samplesReplayed.store(replay.samples, ordering: .relaxed)
        counters.replayMilliseconds.store(Int(milliseconds), ordering: .relaxed)
        options.report(.replayed(samples: replay.samples, milliseconds: milliseconds))
    }
}

/// Turns payloads back into generations. One thread reads and decodes, a second takes what was decoded into the head, a third builds the
/// index, each a few batches behind the one before at most.
private final class JournalReplay: Sendable {
    /// A payload on its way into the head.
    private struct Entry: Sendable {
        var segment: UInt64 = 0
        var batch = MetricBatch()
        var numbers: [UInt64] = []
    }

    /// What the second thread knows.
    private struct State: Sendable {
        var references = SegmentSeries()
        var generation: HeadGeneration?
        var samples = 0
    }

    private let head: Head
    private let exemplarsMax: Int
    private let started: Timestamp
    private let damaged: @Sendable (_ segment: UInt64, _ error: ByteCodingError) -> Void
    private let state = Mutex(State())
    /// Entries whose memory can be used again.
    private let idle = Mutex<[Entry]>([])
    private let taking = DispatchQueue(label: "perch.metrics.replay.head", qos: .userInitiated)
    private let takingRoom = DispatchSemaphore(value: 4)
    private let indexing = DispatchQueue(label: "perch.metrics.replay.index", qos: .userInitiated)
    private let indexingRoom = DispatchSemaphore(value: 4)

    init(
        head: Head, exemplarsMax: Int, started: Timestamp,
        damaged: @escaping @Sendable (_ segment: UInt64, _ error: ByteCodingError) -> Void
    ) {
        self.head = head
        self.exemplarsMax = exemplarsMax
        self.started = started
        self.damaged = damaged
    }

    /// Samples that were taken into the head.
    var samples: Int { state.withLock { $0.samples } }

    /// Decodes a payload, and leaves the rest to the other threads. One that is damaged is told of, and left out.
    func read(_ payload: UnsafeRawBufferPointer, of segment: UInt64) {
        var entry = idle.withLock { $0.popLast() } ?? Entry()
        entry.segment = segment
        do throws(ByteCodingError) {
            try BatchPayload.decode(payload, into: &entry.batch, numbers: &entry.numbers)
            for series in 0..<entry.batch.seriesCount where !entry.batch.labelRange(series).isEmpty {
                do { _ = try LabelSet(validating: Array(entry.batch.labelBytes[entry.batch.labelRange(series)])) } catch {
                    throw ByteCodingError(.invalidValue, at: error.offset)
                }
            }
        } catch {
            damaged(segment, error)
            return
        }
        takingRoom.wait()
        let decoded = entry
        taking.async { [self] in
            take(decoded)
            takingRoom.signal()
        }
    }

    private func take(_ decoded: consuming Entry) {
        var entry = decoded
        do throws(ByteCodingError) {
            try state.withLock { state throws(ByteCodingError) in try take(&entry, &state) }
        } catch {
            damaged(entry.segment, error)
        }
        idle.withLock { $0.append(entry) }
    }

    private func take(_ entry: inout Entry, _ state: inout State) throws(ByteCodingError) {
        let generation = generation(of: entry.segment, &state)
        for series in 0..<entry.batch.seriesCount where entry.batch.labelRange(series).isEmpty {
            guard let reference = state.references[entry.numbers[series]] else { throw ByteCodingError(.invalidValue, at: series) }
            entry.batch.setReference(reference, of: series)
        }
        let resolution = head.resolve(entry.batch, generation: generation, limits: .none, indexesNow: false)
        guard resolution.refused.isEmpty else { throw ByteCodingError(.lengthTooLarge, at: 0) }
        if !resolution.unindexed.isEmpty { index(Head.Unindexed(resolution, of: entry.batch)) }
        for series in 0..<entry.batch.seriesCount where !entry.batch.labelRange(series).isEmpty {
            state.references[entry.numbers[series]] = resolution.references[series]
        }
        generation.append(
            entry.batch, references: resolution.references, order: resolution.order, bounds: resolution.bounds, exemplarsMax: exemplarsMax)
        state.samples += entry.batch.sampleCount + entry.batch.histogramCount
    }

    private func index(_ series: Head.Unindexed) {
        indexingRoom.wait()
        indexing.async { [head, indexingRoom] in
            head.index(series)
            indexingRoom.signal()
        }
    }

    /// Waits until all that was read is in the head, and every series in the index.
    func finish() {
        taking.sync {}
        indexing.sync {}
    }

    private func generation(of segment: UInt64, _ state: inout State) -> HeadGeneration {
        if let generation = state.generation, generation.number == segment { return generation }
        state.references.removeAll()
        // Series of all replayed generations count as touched in the one that is active now.
        let new = HeadGeneration(number: segment, ordinal: 1, started: started)
        head.addReplayed(new)
        state.generation = new
        return new
    }
}

/// The series of this process for each series number of a segment.
private struct SegmentSeries {
    /// Numbers that are dense, as they nearly always are.
    private var dense: [SeriesReference] = []
    private var others: [UInt64: SeriesReference] = [:]

    subscript(number: UInt64) -> SeriesReference? {
        get {
            guard number < UInt64(dense.count) else { return others[number] }
            return dense[Int(number)] == .unknown ? nil : dense[Int(number)]
        }
        set {
            guard let newValue else { return }
            // Grows with what it holds, so that one absurd number takes no memory.
            if number >= UInt64(dense.count), number < UInt64(dense.count) * 2 + 4096 {
                dense.append(contentsOf: repeatElement(.unknown, count: Int(number) + 1 - dense.count))
                for (known, reference) in others where known < UInt64(dense.count) { dense[Int(known)] = reference }
                others = others.filter { $0.key >= UInt64(dense.count) }
            }
            if number < UInt64(dense.count) { dense[Int(number)] = newValue } else { others[number] = newValue }
        }
    }

    mutating func removeAll() {
        dense.removeAll(keepingCapacity: true)
        others.removeAll()
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

internal import ByteCoding
internal import Dispatch
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// Reads back what the journal holds from before this start; each segment becomes a generation of the head.
    ///
    /// A few payloads are in memory at a time, so a start needs no more than running did.
    func replay() throws(MetricStorageError) {
        let started = ContinuousClock.now
        let segments = journal.olderSegments
        guard !segments.isEmpty else { return }
        let current = head.allGenerations
        var replay = JournalReplay(head: head, exemplarsMax: options.exemplarsPerSeriesMax, started: current[0].started)
        do {
            try journal.replay { segment, payload in
                options.stepReached?(.replaying)
                do { try replay.read(payload, of: segment) } catch let error as ByteCodingError {
                    damage.report("\(directory)/journal-\(segment).sqlite", "\(error)")
                }
            } damaged: { error in
                damage.report(error.path, error.message)
            }
        } catch {
            throw MetricStorageError(error, path: directory)
        }
        replay.finish()
        let milliseconds = (ContinuousClock.now - started).milliseconds
        counters.samplesReplayed.store(replay.samples, ordering: .relaxed)
        counters.replayMilliseconds.store(Int(milliseconds), ordering: .relaxed)
        options.report(.replayed(samples: replay.samples, milliseconds: milliseconds))
    }
}

/// Turns payloads back into generations.
private struct JournalReplay {
    let head: Head
    let exemplarsMax: Int
    let started: Timestamp
    var samples = 0
    private var batch = MetricBatch()
    private var numbers: [UInt64] = []
    private var references = SegmentSeries()
    private var generation: HeadGeneration?
    /// The index is built beside the reading, a few batches behind at most.
    private let indexing = DispatchQueue(label: "perch.metrics.replay.index", qos: .userInitiated)
    private let indexingRoom = DispatchSemaphore(value: 8)

    init(head: Head, exemplarsMax: Int, started: Timestamp) {
        self.head = head
        self.exemplarsMax = exemplarsMax
        self.started = started
    }

    mutating func read(_ payload: UnsafeRawBufferPointer, of segment: UInt64) throws {
        try BatchPayload.decode(payload, into: &batch, numbers: &numbers)
        let generation = generation(of: segment)
        for series in 0..<batch.seriesCount where batch.labelRange(series).isEmpty {
            guard let reference = references[numbers[series]] else { throw ByteCodingError(.invalidValue, at: series) }
            batch.setReference(reference, of: series)
        }
        for series in 0..<batch.seriesCount where !batch.labelRange(series).isEmpty {
            do { _ = try LabelSet(validating: Array(batch.labelBytes[batch.labelRange(series)])) } catch {
                throw ByteCodingError(.invalidValue, at: error.offset)
            }
        }
        let resolution = head.resolve(batch, generation: generation, seriesMax: .max, indexesNow: false)
        if !resolution.unindexed.isEmpty { index(Head.Unindexed(resolution, of: batch)) }
        for series in 0..<batch.seriesCount where !batch.labelRange(series).isEmpty {
            references[numbers[series]] = resolution.references[series]
        }
        generation.append(
            batch, references: resolution.references, order: resolution.order, bounds: resolution.bounds, exemplarsMax: exemplarsMax)
        samples += batch.sampleCount + batch.histogramCount
    }

    private func index(_ series: Head.Unindexed) {
        indexingRoom.wait()
        indexing.async { [head, indexingRoom] in
            head.index(series)
            indexingRoom.signal()
        }
    }

    /// Waits until every series is in the index.
    func finish() { indexing.sync {} }

    private mutating func generation(of segment: UInt64) -> HeadGeneration {
        if let generation, generation.number == segment { return generation }
        references.removeAll()
        // Series of all replayed generations count as touched in the one that is active now.
        let new = HeadGeneration(number: segment, ordinal: 1, started: started)
        head.addReplayed(new)
        generation = new
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

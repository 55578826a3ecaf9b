internal import ByteCoding
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// Reads back what the journal holds from before this start; each segment becomes a generation of the head.
    ///
    /// One payload is in memory at a time, so a start needs no more than running did.
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
    /// The series of this process for each series number of the segment.
    private var references: [UInt64: SeriesReference] = [:]
    private var generation: HeadGeneration?

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
        let resolution = head.resolve(batch, generation: generation, seriesMax: .max)
        for series in 0..<batch.seriesCount where !batch.labelRange(series).isEmpty {
            references[numbers[series]] = resolution.references[series]
        }
        generation.append(
            batch, references: resolution.references, order: resolution.order, bounds: resolution.bounds, exemplarsMax: exemplarsMax)
        samples += batch.sampleCount + batch.histogramCount
    }

    private mutating func generation(of segment: UInt64) -> HeadGeneration {
        if let generation, generation.number == segment { return generation }
        references.removeAll(keepingCapacity: true)
        // Series of all replayed generations count as touched in the one that is active now.
        let new = HeadGeneration(number: segment, ordinal: 1, started: started)
        head.addReplayed(new)
        generation = new
        return new
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

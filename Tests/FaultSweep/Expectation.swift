internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel

/// What must be in the storage: a plain dictionary of everything that was written, acknowledged or not.
struct Expectation {
    /// One sample of a series: floats by their bits, so that every NaN is itself.
    enum Content: Hashable {
        case float(UInt64)
        case histogram(NativeHistogram)
        case exemplar(Exemplar)
    }

    /// A series at a time has a sample, and it has an exemplar.
    struct Place: Hashable {
        let labels: LabelSet
        let time: Timestamp
        var isExemplar = false
    }

    private struct Write {
        let batch: Int
        let content: Content
    }

    private struct Batch {
        var isAcknowledged = false
        /// Whether power cuts cannot take it any more.
        var isDurable = false
        /// Whether it was refused by a storage that has not been opened anew since.
        var isKnownToBeRefused = false
        var places: Set<Place> = []
    }

    private var writes: [Place: [Write]] = [:]
    private var batches: [Batch] = []
    /// Samples before may have been deleted by the retention.
    var keptSince: Timestamp = .min

    /// Takes note of a batch before it is written.
    mutating func begin(_ runs: [FaultWorkload.Run]) {
        var batch = Batch()
        for run in runs {
            let samples = run.samples.map { (Place(labels: run.labels, time: $0), $1) }
            let exemplars = run.exemplars.map {
                (Place(labels: run.labels, time: $0.timestamp, isExemplar: true), Content.exemplar($0))
            }
            for (place, content) in samples + exemplars {
                writes[place, default: []].append(Write(batch: batches.count, content: content))
                batch.places.insert(place)
            }
        }
        batches.append(batch)
    }

    mutating func acknowledge(isDurable: Bool) {
        batches[batches.count - 1].isAcknowledged = true
        batches[batches.count - 1].isDurable = isDurable
    }

    mutating func refuse() { batches[batches.count - 1].isKnownToBeRefused = true }

    /// All that was acknowledged so far is durable now.
    mutating func sync() {
        for index in batches.indices where batches[index].isAcknowledged { batches[index].isDurable = true }
    }

    /// What was refused may come back with the journal: its bytes may have reached the file before the error did.
    mutating func reopen() { for index in batches.indices { batches[index].isKnownToBeRefused = false } }

    /// Compares everything.
    ///
    /// - Parameter afterPowerCut: whether what was acknowledged and not synced may be missing.
    /// - Returns: what is wrong; nil where nothing is.
    private func difference(to found: [Place: Content], afterPowerCut: Bool) -> String? {
        for (place, content) in found where !(writes[place]?.contains { $0.content == content } ?? false) {
            return "invented: \(place.labels) at \(place.time): \(content)"
        }
        for (place, all) in writes where place.time >= keptSince {
            let must = all.last { isSafe($0.batch, afterPowerCut) }
            guard let content = found[place] else {
                if let must { return "lost: \(place.labels) at \(place.time) of batch \(must.batch)" }
                continue
            }
            // What was written later and is not safe may be there instead.
            let allowed = all.filter { $0.batch >= must?.batch ?? 0 && !batches[$0.batch].isKnownToBeRefused }
            if !allowed.contains(where: { $0.content == content }) {
                return "not the last write: \(place.labels) at \(place.time), batch \(must?.batch ?? -1) wrote last"
            }
        }
        for number in batches.indices where !batches[number].isAcknowledged {
            if let problem = incompleteness(of: number, found) { return problem }
        }
        return nil
    }

    private func isSafe(_ batch: Int, _ afterPowerCut: Bool) -> Bool {
        afterPowerCut ? batches[batch].isDurable : batches[batch].isAcknowledged
    }

    /// A batch that was not acknowledged is there as a whole or not at all. Places that others wrote as well say nothing.
    private func incompleteness(of number: Int, _ found: [Place: Content]) -> String? {
        let own = batches[number].places.filter { place in
            place.time >= keptSince && writes[place]?.contains { $0.batch != number } == false
        }
        let there = own.filter { found[$0] != nil }
        return there.isEmpty || there.count == own.count ? nil : "batch \(number) is there in part: \(there.count) of \(own.count) samples"
    }
}

extension Expectation {
    /// Reads all samples and compares.
    func difference(to storage: MetricStorage, afterPowerCut: Bool) throws -> String? {
        let selection = try storage.select([], in: .all)
        var found: [Place: Content] = [:]
        var columns = SampleColumns()
        for index in 0..<selection.count {
            let labels = selection.labels(at: index)
            try selection.read(index, into: &columns)
            var times = columns.timestamps + columns.histograms.map(\.timestamp)
            times.sort()
            if zip(times, times.dropFirst()).contains(where: { $0 == $1 }) { return "a time is there twice in \(labels)" }
            for (time, value) in zip(columns.timestamps, columns.values) {
                if found.updateValue(.float(value.bitPattern), forKey: Place(labels: labels, time: time)) != nil {
                    return "a series is there twice: \(labels)"
                }
            }
            for var sample in columns.histograms {
                // Storage says of each whether a counter was reset before it.
                sample.histogram.resetHint = .unknown
                found[Place(labels: labels, time: sample.timestamp)] = .histogram(sample.histogram)
            }
        }
        if let warning = selection.warnings.first { return "warning: \(warning)" }
        for series in try storage.exemplars([LabelSelector([])], in: .all) {
            for exemplar in series.exemplars {
                found[Place(labels: series.labels, time: exemplar.timestamp, isExemplar: true)] = .exemplar(exemplar)
            }
        }
        return difference(to: found, afterPowerCut: afterPowerCut)
    }
}

internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// Pauses of a fifth of a millisecond that an append waits for room in the head.
    private static let appendWaitMax = 5000

    /// Takes a batch. What is accepted is durable when this returns; what is not is listed in the result, and hurts nothing else.
    ///
    /// - Throws: ``MetricStorageError``; nothing of the batch was kept then.
    public func append(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult {
        try checkOpen()
        var result = AppendResult()
        guard !batch.isEmpty else { return result }
        let accepted = acceptedPart(of: batch, &result)
        do {
            try checkRoom()
            try write(accepted ?? batch, &result)
        } catch {
            counters.appendsFailed.add(1, ordering: .relaxed)
            throw error
        }
        counters.samplesAppended.add(result.samplesWritten, ordering: .relaxed)
        counters.histogramsAppended.add(result.histogramsWritten, ordering: .relaxed)
        counters.exemplarsAppended.add(result.exemplarsWritten, ordering: .relaxed)
        counters.samplesRejected.add(result.rejected.count, ordering: .relaxed)
        return result
    }

    /// Slows senders down to what sealing keeps up with, and sends them away only where that does not help.
    private func checkRoom() throws(MetricStorageError) {
        var waited = 0
        while head.memoryBytes > headBytesFull {
            guard waited < MetricStorage.appendWaitMax else {
                throw MetricStorageError(.overloaded, "\(head.memoryBytes) bytes of samples wait to be sealed")
            }
            ProcessCalls.pauseBriefly()
            waited += 1
        }
    }

    private func write(_ batch: MetricBatch, _ result: inout AppendResult) throws(MetricStorageError) {
        while true {
            let generation = head.enter()
            defer { head.leave(generation) }
            var resolution = head.resolve(
                batch, generation: generation,
                limits: Head.Limits(series: options.activeSeriesMax, labelBytes: options.activeLabelBytesMax))
            if resolution.hasUnknownReference {
                throw MetricStorageError(.unknownReference, "a series that is only given by its reference has left")
            }
            if !resolution.refused.isEmpty {
                // Rare, and the places of the others are found quickly by their references: once more without those refused.
                let rest = without(resolution.refused, batch, &result)
                if !rest.isEmpty { try write(rest, &result) }
                spread(&result, over: batch.seriesCount, leavingOut: resolution.refused)
                return
            }
            let payload = BatchPayload.encode(batch, resolution)
            let outcome: Journal.Outcome
            do { outcome = try journal.append(payload, segment: generation.number) } catch {
                throw MetricStorageError(error, path: directory)
            }
            guard outcome == .appended else { continue }
            options.stepReached?(.journalAppended)
            if resolution.definesAny { head.noteWritten(resolution, generation: generation) }
            generation.append(
                batch, references: resolution.references, order: resolution.order, bounds: resolution.bounds,
                exemplarsMax: options.exemplarsPerSeriesMax)
            noteChange(by: batch)
            result.samplesWritten = batch.sampleCount
            result.histogramsWritten = batch.histogramCount
            result.exemplarsWritten = batch.exemplarCount
            result.references = resolution.references
            resolution.order = []
            return
        }
    }

    /// The times that samples may have now; in any case within the years 1 to 9999, which files can be named after.
    private var acceptedTimes: TimeRange {
        let now = clock()
        let start = keeping.longest.map { now.subtractingReportingOverflow($0) }
        let end = now.addingReportingOverflow(options.futureLimit)
        return TimeRange(
            start: max(
                Day.earliest, lostDay.map { Day.range($0).end + 1 } ?? .min, start.map { $0.overflow ? .min : $0.partialValue } ?? .min),
            end: min(Day.latest, end.overflow ? .max : end.partialValue))
    }

    /// The batch without the samples whose times are not acceptable; nil where all are.
    private func acceptedPart(of batch: MetricBatch, _ result: inout AppendResult) -> MetricBatch? {
        let times = acceptedTimes
        let isFine =
            batch.timestamps.allSatisfy { times.contains($0) } && batch.histograms.allSatisfy { times.contains($0.timestamp) }
            && batch.exemplars.allSatisfy { times.contains($0.timestamp) }
        if isFine { return nil }
        var rest = MetricBatch()
        for series in 0..<batch.seriesCount {
            rest.beginSeries(series, of: batch)
            func isAccepted(_ time: Timestamp) -> Bool {
                if times.contains(time) { return true }
                let reason: RejectedSample.Reason = time < times.start ? .tooOld : .tooFarInFuture
                result.rejected.append(RejectedSample(reason: reason, seriesIndex: series, timestamp: time))
                return false
            }
            for index in batch.sampleRange(series) where isAccepted(batch.timestamps[index]) {
                rest.append(timestamp: batch.timestamps[index], value: batch.values[index])
            }
            for index in batch.histogramRange(series) where isAccepted(batch.histograms[index].timestamp) {
                rest.append(batch.histograms[index])
            }
            for index in batch.exemplarRange(series) where isAccepted(batch.exemplars[index].timestamp) {
                rest.append(batch.exemplars[index])
            }
        }
        for run in batch.startRuns { rest.append(run) }
        return rest
    }

    /// The batch without some of its series, whose samples are rejected.
    private func without(
        _ refused: [Int: RejectedSample.Reason], _ batch: MetricBatch, _ result: inout AppendResult
    ) -> MetricBatch {
        var rest = MetricBatch()
        for series in 0..<batch.seriesCount {
            if let reason = refused[series] {
                for index in batch.sampleRange(series) {
                    result.rejected.append(RejectedSample(reason: reason, seriesIndex: series, timestamp: batch.timestamps[index]))
                }
                for index in batch.histogramRange(series) {
                    result.rejected.append(
                        RejectedSample(reason: reason, seriesIndex: series, timestamp: batch.histograms[index].timestamp))
                }
                continue
            }
            rest.beginSeries(series, of: batch)
            for index in batch.sampleRange(series) { rest.append(timestamp: batch.timestamps[index], value: batch.values[index]) }
            for index in batch.histogramRange(series) { rest.append(batch.histograms[index]) }
            for index in batch.exemplarRange(series) { rest.append(batch.exemplars[index]) }
            for var run in batch.startRuns where run.series == series {
                run.series = rest.seriesCount - 1
                rest.append(run)
            }
        }
        return rest
    }

    /// Puts the references back to the order of the batch that some series were taken out of.
    private func spread(_ result: inout AppendResult, over count: Int, leavingOut refused: [Int: RejectedSample.Reason]) {
        var spread: [SeriesReference] = []
        var next = 0
        for series in 0..<count {
            if refused[series] != nil || next >= result.references.count {
                spread.append(.unknown)
            } else {
                spread.append(result.references[next])
                next += 1
            }
        }
        result.references = spread
    }
}

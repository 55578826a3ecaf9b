internal import MetricStorage
internal import TelemetryModel

/// When samples are taken.
struct FlushTimes: Sendable {
    var now: Timestamp
    /// The flush before; what came up since then began to be counted just after it.
    var previous: Timestamp
    /// Groups that were silent since before this are forgotten.
    var staleBefore: Timestamp

    /// When what is new began to be counted.
    var start: Timestamp { previous + 1 }
}

/// Which series of a table a batch has, in its order, so that references and starts can be noted once it is written.
struct FlushedSeries: Sendable {
    struct Entry: Sendable {
        var owner: Identity
        var place: Int
        /// Which series of the group it is, and which of the batch.
        var series: Int
        var batchSeries: Int
        /// The part of the group, and when it began.
        var part: Int
        var start: Timestamp
    }

    var entries: [Entry] = []
}

extension SeriesTable {
    /// Adds samples of as many groups as the batch has room for.
    ///
    /// - Parameter place: where to begin; moves on. At ``placeCount`` all is done.
    mutating func fill(
        _ batch: inout MetricBatch, _ flushed: inout FlushedSeries, from place: inout Int, samplesMax: Int, _ times: FlushTimes,
        _ budget: inout SeriesBudget
    ) {
        var scratch: [UInt8] = []
        while place < owners.count, batch.sampleCount + batch.histogramCount < samplesMax {
            defer { place += 1 }
            guard let owner = owners[place] else { continue }
            if updatedAt[place] < times.staleBefore {
                fillStale(place, &batch, times.now, &scratch)
                remove(place, &budget)
            } else {
                fillCounters(place, owner, &batch, &flushed, times, &scratch)
                for histogram in schema.histograms.indices { fillHistogram(histogram, place, owner, &batch, &flushed, times, &scratch) }
            }
        }
    }

    var placeCount: Int { owners.count }

    /// Notes what was written.
    ///
    /// - Parameter references: those of the batch.
    mutating func confirm(_ flushed: FlushedSeries, _ references: [SeriesReference]) {
        for entry in flushed.entries where owners[entry.place] == entry.owner {
            starts[entry.place * schema.partsPerGroup + entry.part] = entry.start
            if entry.batchSeries < references.count {
                self.references[entry.place * schema.seriesPerGroup + entry.series] = references[entry.batchSeries]
            }
        }
    }

    private func fillCounters(
        _ place: Int, _ owner: Identity, _ batch: inout MetricBatch, _ flushed: inout FlushedSeries, _ times: FlushTimes,
        _ scratch: inout [UInt8]
    ) {
        for counter in schema.counters.indices {
            let value = counts[place * schema.counters.count + counter]
            if value == 0 { continue }
            let began = starts[place * schema.partsPerGroup + counter]
            templates[place].complete(name: schema.counterLabels[counter], into: &scratch)
            flushed.entries.append(
                .init(
                    owner: owner, place: place, series: counter, batchSeries: batch.seriesCount, part: counter,
                    start: began == 0 ? times.start : began))
            beginSeries(counter, place, scratch, &batch)
            if schema.isGauge {
                batch.append(timestamp: times.now, value: value)
            } else {
                append(value, began: began, times, &batch)
            }
        }
    }

    private mutating func fillHistogram(
        _ histogram: Int, _ place: Int, _ owner: Identity, _ batch: inout MetricBatch, _ flushed: inout FlushedSeries, _ times: FlushTimes,
        _ scratch: inout [UInt8]
    ) {
        let row = place * schema.histograms.count + histogram
        let total = totals[row]
        if total == 0 { return }
        let part = schema.counters.count + histogram
        let began = starts[place * schema.partsPerGroup + part]
        let names = schema.histogramLabels[histogram]
        var series = schema.counters.count + histogram * schema.seriesPerHistogram
        let start = began == 0 ? times.start : began
        let template = templates[place]
        // Closes over nothing that changes but the number of the series.
        func begin(_ name: [UInt8], _ bound: [UInt8] = []) {
            template.complete(name: name, bound: bound, into: &scratch)
            flushed.entries.append(
                .init(owner: owner, place: place, series: series, batchSeries: batch.seriesCount, part: part, start: start))
            beginSeries(series, place, scratch, &batch)
            series += 1
        }
        var slowest = TraceExemplar()
        if schema.buckets.classicCount > 0 {
            begin(names.count)
            append(total, began: began, times, &batch)
            begin(names.sum)
            append(sums[row], began: began, times, &batch)
            var below = 0.0
            for bucket in 0..<schema.buckets.classicCount {
                below += bucketCounts[row * schema.buckets.classicCount + bucket]
                begin(names.bucket, schema.boundLabels[bucket])
                append(below, began: began, times, &batch)
                let exemplar = take(exemplar: row * exemplarsPerHistogram + bucket)
                if exemplar.trace.isValid {
                    append(exemplar, times, &batch)
                    slowest = exemplar
                }
            }
        } else {
            slowest = take(exemplar: row * exemplarsPerHistogram)
        }
        guard let nativeSchema = schema.buckets.nativeSchema else { return }
        begin(names.native)
        let sample = natives[row].histogram(schema: nativeSchema, count: total, sum: sums[row], isFloat: schema.isFloat)
        if began == 0 {
            let zero = NativeHistogram(
                schema: sample.schema, zeroThreshold: LatencyBuckets.zeroThreshold, isFloat: schema.isFloat)
            batch.append(HistogramSample(timestamp: times.start, histogram: zero))
        }
        batch.append(HistogramSample(timestamp: times.now, histogram: sample))
        batch.noteStart(start, at: times.now)
        if slowest.trace.isValid { append(slowest, times, &batch) }
    }

    /// Ends the series of a group that were written.
    private func fillStale(_ place: Int, _ batch: inout MetricBatch, _ now: Timestamp, _ scratch: inout [UInt8]) {
        func end(_ series: Int, _ name: [UInt8], _ bound: [UInt8] = [], isNative: Bool = false) {
            templates[place].complete(name: name, bound: bound, into: &scratch)
            beginSeries(series, place, scratch, &batch)
            if isNative {
                batch.append(HistogramSample(timestamp: now, histogram: .staleMarker))
            } else {
                batch.append(timestamp: now, value: StaleMarker.value)
            }
        }
        for counter in schema.counters.indices where starts[place * schema.partsPerGroup + counter] != 0 {
            end(counter, schema.counterLabels[counter])
        }
        for histogram in schema.histograms.indices where starts[place * schema.partsPerGroup + schema.counters.count + histogram] != 0 {
            let names = schema.histogramLabels[histogram]
            var series = schema.counters.count + histogram * schema.seriesPerHistogram
            if schema.buckets.classicCount > 0 {
                end(series, names.count)
                end(series + 1, names.sum)
                for bucket in 0..<schema.buckets.classicCount { end(series + 2 + bucket, names.bucket, schema.boundLabels[bucket]) }
                series += 2 + schema.buckets.classicCount
            }
            if schema.buckets.nativeSchema != nil { end(series, names.native, isNative: true) }
        }
    }

    private func beginSeries(_ series: Int, _ place: Int, _ labels: [UInt8], _ batch: inout MetricBatch) {
        batch.beginSeries(references[place * schema.seriesPerGroup + series], packed: labels)
    }

    /// Appends a counter's value, and the zero that it began with the first time, so that `rate` sees all of it.
    private func append(_ value: Double, began: Timestamp, _ times: FlushTimes, _ batch: inout MetricBatch) {
        if began == 0 { batch.append(timestamp: times.start, value: 0) }
        batch.append(timestamp: times.now, value: value)
        batch.noteStart(began == 0 ? times.start : began, at: times.now)
    }

    private mutating func take(exemplar index: Int) -> TraceExemplar {
        defer { if exemplars[index].trace.isValid { exemplars[index] = TraceExemplar() } }
        return exemplars[index]
    }

    private func append(_ exemplar: TraceExemplar, _ times: FlushTimes, _ batch: inout MetricBatch) {
        let label = LabelTemplate.packedLabel(schema.traceIDLabel, exemplar.trace.hexadecimal)
        batch.append(
            Exemplar(labels: LabelSet(canonical: label), value: exemplar.value, timestamp: min(exemplar.timestamp, times.now)))
    }
}

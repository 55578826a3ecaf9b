internal import ByteCoding
internal import MetricStorage
internal import OTLPFormat
internal import TelemetryModel

extension OTLPMetricWorkspace {
    /// Takes the present point.
    mutating func take(
        _ metric: OTLPMetric, _ message: UnsafeRawBufferPointer, _ frame: Frame, _ deltas: inout DeltaStreams
    ) throws {
        points += 1
        isPointRefused = false
        pointLabels = nil
        if point.flaw != nil { return refuse(.tooManyParts) { $0.name(of: metric, message) } }
        let hasTemporality = metric.kind == .sum || metric.kind == .histogram || metric.kind == .exponentialHistogram
        if hasTemporality, metric.temporality == .unspecified { return refuse(.temporality) { $0.name(of: metric, message) } }
        let isDelta = hasTemporality && metric.temporality == .delta
        if isDelta, !frame.hasDeltas { throw Stop.needsDeltas }
        let time = point.time == 0 ? frame.now : Timestamp(point.time / 1_000_000)
        if time > frame.futureBound { return refuse(.tooFarInFuture) { "\($0.name(of: metric, message)) at \(time)" } }
        findKey(message, frame, sorted: isDelta)
        switch metric.kind {
        case .none: return
        case .gauge, .sum: try takeNumber(isDelta, time, message, frame, &deltas)
        case .histogram where options.convertsHistograms:
            try takeNative(isDelta, time, metric, message, frame, &deltas) { (point) throws(OTLPHistogramError) in
                try point.customHistogram()
            }
        case .histogram: try takeHistogram(isDelta, time, message, frame, &deltas)
        case .exponentialHistogram:
            try takeNative(isDelta, time, metric, message, frame, &deltas) { (point) throws(OTLPHistogramError) in
                try point.nativeHistogram()
            }
        case .summary: try takeSummary(time, message, frame)
        }
        if isPointRefused { return }
        earliest = min(earliest, time)
        latest = max(latest, time)
    }

    private func name(of metric: OTLPMetric, _ message: UnsafeRawBufferPointer) -> String {
        String(decoding: message[metric.name], as: UTF8.self)
    }

    /// Finds what the point is known by: its metric and its attributes as they lie in the message.
    ///
    /// - Parameter sorted: whether attributes in another order are the same, as where the key has to hold for longer than a request.
    private mutating func findKey(_ message: UnsafeRawBufferPointer, _ frame: Frame, sorted: Bool) {
        keyBytes.removeAll(keepingCapacity: true)
        keyBytes.appendLittleEndian(metricKey.low)
        keyBytes.appendLittleEndian(metricKey.high)
        if sorted {
            let bodies = point.attributes.sorted { message[$0].lexicographicallyPrecedes(message[$1]) }
            for body in bodies { keyBytes.appendLengthPrefixed(message[body]) }
        } else {
            for body in point.attributes { keyBytes.appendLengthPrefixed(message[body]) }
        }
        pointKey = hashed(frame)
    }

    // MARK: - Kinds

    private mutating func takeNumber(
        _ isDelta: Bool, _ time: Timestamp, _ message: UnsafeRawBufferPointer, _ frame: Frame, _ deltas: inout DeltaStreams
    ) throws {
        var value = point.value
        var start = point.start
        if isDelta, let added = add(.number(value), time, frame, &deltas), case .number(let total) = added.total {
            (value, start) = (total, added.start)
        }
        guard !isPointRefused else { return }
        guard try begin(.whole, message, frame) else { return }
        appendFloat(value, start, time)
        try appendExemplars(message, time, frame) { _ in true }
    }

    private mutating func takeHistogram(
        _ isDelta: Bool, _ time: Timestamp, _ message: UnsafeRawBufferPointer, _ frame: Frame, _ deltas: inout DeltaStreams
    ) throws {
        var found = DeltaStreams.Buckets(
            bounds: point.bounds, counts: point.bucketCounts, count: point.count, sum: point.sum, hasSum: point.hasSum)
        var start = point.start
        if isDelta, let added = add(.buckets(found), time, frame, &deltas), case .buckets(let total) = added.total {
            (found, start) = (total, added.start)
        }
        guard !isPointRefused else { return }
        if found.hasSum, try begin(.sum, message, frame) { appendFloat(found.sum, start, time) }
        if try begin(.count, message, frame) { appendFloat(Double(found.count), start, time) }
        var below: UInt64 = 0
        var lower = -Double.infinity
        for (bound, count) in zip(found.bounds, found.counts) {
            below &+= count
            guard try begin(.bucket, bound: bound, message, frame) else { continue }
            appendFloat(Double(below), start, time)
            try appendExemplars(message, time, frame) { $0 > lower && $0 <= bound }
            lower = bound
        }
        guard try begin(.bucket, bound: .infinity, message, frame) else { return }
        appendFloat(Double(found.count), start, time)
        try appendExemplars(message, time, frame) { !($0 <= lower) }
    }

    private mutating func takeNative(
        _ isDelta: Bool, _ time: Timestamp, _ metric: OTLPMetric, _ message: UnsafeRawBufferPointer, _ frame: Frame,
        _ deltas: inout DeltaStreams, _ convert: (OTLPMetricPoint) throws(OTLPHistogramError) -> NativeHistogram
    ) throws {
        var histogram: NativeHistogram
        if point.hasNoValue {
            histogram = .staleMarker
        } else {
            do {
                histogram = try convert(point)
                try histogram.validate()
            } catch let error as OTLPHistogramError {
                return refuse(.histogram) { "\($0.name(of: metric, message)): \(error)" }
            } catch let error as NativeHistogramError {
                return refuse(.histogram) { "\($0.name(of: metric, message)): \(error)" }
            }
        }
        var start = point.start
        if isDelta, let added = add(.native(histogram), time, frame, &deltas), case .native(let total) = added.total {
            (histogram, start) = (total, added.start)
        }
        guard !isPointRefused else { return }
        guard try begin(.whole, message, frame) else { return }
        batch.append(HistogramSample(timestamp: time, histogram: histogram))
        batch.noteStart(Timestamp(start / 1_000_000), at: time)
        try appendExemplars(message, time, frame) { _ in true }
    }

    private mutating func takeSummary(_ time: Timestamp, _ message: UnsafeRawBufferPointer, _ frame: Frame) throws {
        let start = point.start
        if try begin(.sum, message, frame) { appendFloat(point.sum, start, time) }
        if try begin(.count, message, frame) { appendFloat(Double(point.count), start, time) }
        for index in point.quantiles.indices {
            let quantile = point.quantiles[index]
            if try begin(.quantile, bound: quantile.quantile, message, frame) { appendFloat(quantile.value, start, time) }
        }
    }

    // MARK: - Parts

    /// Adds the point to its stream; nil where there is nothing to add, or the point is refused.
    private mutating func add(
        _ value: DeltaStreams.Total, _ time: Timestamp, _ frame: Frame, _ deltas: inout DeltaStreams
    ) -> (total: DeltaStreams.Total, start: UInt64)? {
        if point.hasNoValue {
            deltas.end(pointKey)
            return nil
        }
        let exactTime = point.time == 0 ? UInt64(max(time, 0)) * 1_000_000 : point.time
        switch deltas.add(value, to: pointKey, start: point.start, time: exactTime, now: frame.now) {
        case .total(let total, let start): return (total, start)
        case .outOfOrder:
            refuse(.deltaOrder) { _ in "at \(time)" }
            return nil
        case .full:
            let most = deltas.streamsMax
            refuse(.deltaLimit) { _ in "at most \(most)" }
            return nil
        }
    }

    private mutating func appendFloat(_ value: Double, _ start: UInt64, _ time: Timestamp) {
        batch.append(timestamp: time, value: point.hasNoValue ? StaleMarker.value : value)
        if !point.hasNoValue { batch.noteStart(Timestamp(start / 1_000_000), at: time) }
    }

    /// Adds the exemplars of the point whose values belong to the series begun last.
    private mutating func appendExemplars(
        _ message: UnsafeRawBufferPointer, _ time: Timestamp, _ frame: Frame, where isWithin: (Double) -> Bool
    ) throws {
        for index in point.exemplars.indices {
            let place = point.exemplars[index]
            guard isWithin(place.value) else { continue }
            let exemplarTime = place.time == 0 ? time : Timestamp(place.time / 1_000_000)
            if exemplarTime > frame.futureBound { continue }
            var list: [Label] = []
            if place.traceID.count == 16 {
                let id = TraceID(UnsafeRawBufferPointer(rebasing: message[place.traceID]))
                if id.isValid { list.append(Label(name: "trace_id", value: id.hexadecimal)) }
            }
            if place.spanID.count == 8 {
                let id = SpanID(UnsafeRawBufferPointer(rebasing: message[place.spanID]))
                if id.isValid { list.append(Label(name: "span_id", value: id.hexadecimal)) }
            }
            let identity = LabelSet(list.map { ($0.name, $0.value) })
            for attribute in point.exemplarAttributes[place.attributes] {
                let parts = try OTLPAttributes.read(attribute, of: message)
                OTLPLabels.set(
                    String(decoding: message[parts.key], as: UTF8.self), try OTLPAttributes.text(parts.value, of: message), in: &list)
            }
            let whole = LabelSet(list.map { ($0.name, $0.value) })
            // What was filtered out of the series is the first to go where there is too much of it.
            batch.append(
                Exemplar(labels: ExemplarLimit.allows(whole) ? whole : identity, value: place.value, timestamp: exemplarTime))
        }
    }
}

internal import OTLPFormat
internal import TelemetryModel

/// Counts spans, their durations and their bytes by service and operation.
struct SpanSeries: Sendable {
    /// A label that attributes give a value to.
    private struct Dimension: Sendable {
        let label: [UInt8]
        let keys: [Int]
        /// Values are joined by this; nil where the last that is there counts.
        let join: [UInt8]?
    }

    let options: SpanMetricsOptions
    private let dimensions: [Dimension]
    private let filter: SpanFilter
    private let weight: SpanWeight
    private let seed: UInt64
    var spans: SeriesTable
    var targets: SeriesTable
    private(set) var filteredSpans = 0
    private(set) var invalidLabels = 0
    private(set) var overflowedSpans = 0

    private static let size = 1

    init(_ options: SpanMetricsOptions, _ general: MetricGenerationOptions, _ plan: inout ObservationPlan) {
        self.options = options
        seed = plan.seed
        var dimensions: [Dimension] = []
        for attribute in options.dimensions {
            let label = Array(DimensionLabel.distinct(attribute).utf8)
            let key = plan.keys.number(of: attribute)
            if let index = dimensions.firstIndex(where: { $0.label == label }) {
                dimensions[index] = Dimension(label: label, keys: dimensions[index].keys + [key], join: nil)
            } else {
                dimensions.append(Dimension(label: label, keys: [key], join: nil))
            }
        }
        for mapping in options.dimensionMappings {
            dimensions.append(
                Dimension(
                    label: Array(DimensionLabel.distinct(mapping.name).utf8), keys: mapping.sourceLabels.map { plan.keys.number(of: $0) },
                    join: Array(mapping.join.utf8)))
        }
        self.dimensions = dimensions
        filter = SpanFilter(options.filters, &plan.keys)
        weight = SpanWeight(options.multiplier, &plan.keys)
        if options.isEnabled, !dimensions.isEmpty || filter.usesSpanAttributes || weight.usesSpanAttributes {
            plan.kindsWithAttributes = .max
        }
        spans = SeriesTable(
            SeriesSchema(
                counters: [
                    .init(name: "traces_spanmetrics_calls_total", help: "Spans."),
                    .init(name: "traces_spanmetrics_size_total", help: "Bytes of spans.", unit: "bytes"),
                ], histograms: [.init(name: "traces_spanmetrics_latency", help: "Time that spans took.")],
                buckets: LatencyBuckets(
                    bounds: general.histograms.hasClassic ? options.bounds : [],
                    nativeSchema: general.histograms.hasNative ? general.nativeSchema : nil),
                isFloat: options.multiplier.isUsed, traceIDLabel: general.traceIDLabel))
        targets = SeriesTable(
            SeriesSchema(
                counters: [.init(name: "traces_target_info", help: "What sent spans; always 1.")], isGauge: true))
    }

    mutating func observe(_ span: ObservedSpan, _ now: Timestamp, _ budget: inout SeriesBudget) {
        if !filter.isEmpty, !filter.passes(span) {
            filteredSpans += 1
            return
        }
        guard let place = place(of: span, &budget) else { return }
        let amount = weight.isUsed ? weight.weight(of: span) : 1
        spans.touch(place, now)
        spans.add(amount, counter: 0, at: place)
        spans.add(Double(span.scanned.body.count), counter: SpanSeries.size, at: place)
        spans.record(span.seconds, amount, histogram: 0, at: place, span.scanned.traceID, span.endTimestamp)
        if options.hasTargetInfo { observeTarget(span.context, now, &budget) }
    }

    /// The group of a span; nil where its labels are no text.
    private mutating func place(of span: ObservedSpan, _ budget: inout SeriesBudget) -> Int? {
        var identity = span.context.identity
        if options.hasSpanName { identity.fold(span.name) }
        var word: UInt64 = 0
        if options.hasSpanKind { word = UInt64(UInt32(bitPattern: span.scanned.kind.rawValue)) + 1 }
        if options.hasStatusCode { word |= (UInt64(UInt32(bitPattern: span.scanned.statusCode.rawValue)) + 1) << 32 }
        identity.fold(word)
        if options.hasStatusMessage { identity.fold(hash(statusMessage(of: span))) }
        for dimension in dimensions { identity.fold(hash(value(of: dimension, span))) }
        if let known = spans.find(identity) { return known }
        guard budget.allows(spans.schema.seriesPerGroup) else {
            overflowedSpans += 1
            return spans.overflow(&budget)
        }
        guard let template = labels(of: span).template() else {
            invalidLabels += 1
            return nil
        }
        return spans.insert(identity, template, &budget)
    }

    private func hash(_ value: [UInt8]) -> Identity { Identity(of: Array(LabelParts.cut(value)), seed: seed) }

    private func value(of dimension: Dimension, _ span: ObservedSpan) -> [UInt8] {
        guard let join = dimension.join else {
            return dimension.keys.reversed().lazy.compactMap { span.text($0) }.first { !$0.isEmpty } ?? []
        }
        return Array(dimension.keys.compactMap { span.text($0) }.filter { !$0.isEmpty }.joined(separator: join))
    }

    private func statusMessage(of span: ObservedSpan) -> [UInt8] { Array(StatusMessage.find(in: span.scanned.body, of: span.message)) }

    private func labels(of span: ObservedSpan) -> LabelParts {
        var labels = LabelParts()
        let context = span.context
        if options.hasService { labels.set(Array(DimensionName.service.utf8), context.service) }
        if options.hasSpanName { labels.set(Array(DimensionName.spanName.utf8), Array(span.message[span.scanned.name])) }
        if options.hasSpanKind { labels.set(DimensionName.spanKind, SpanWord.kind(span.scanned.kind)) }
        if options.hasStatusCode { labels.set(DimensionName.statusCode, SpanWord.status(span.scanned.statusCode)) }
        if options.hasStatusMessage { labels.set(Array(DimensionName.statusMessage.utf8), statusMessage(of: span)) }
        for dimension in dimensions { labels.set(dimension.label, value(of: dimension, span)) }
        if options.hasTargetInfo {
            labels.set(Array(DimensionName.job.utf8), context.job)
            if options.hasInstanceLabel { labels.set(Array(DimensionName.instance.utf8), context.instance) }
        }
        return labels
    }

    private mutating func observeTarget(_ context: ResourceContext, _ now: Timestamp, _ budget: inout SeriesBudget) {
        guard let target = context.targetInfo else { return }
        let place: Int
        if let known = targets.find(target.identity) {
            place = known
        } else {
            // What a process says of itself cannot be added up, so there is nothing to overflow into.
            guard budget.allows(1) else { return }
            place = targets.insert(target.identity, target.template, &budget)
            targets.set(1, counter: 0, at: place)
        }
        targets.touch(place, now)
    }
}

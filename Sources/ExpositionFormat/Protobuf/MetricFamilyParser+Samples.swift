public import ByteCoding
public import TelemetryModel

extension MetricFamilyParser {
    /// A `Summary`.
    struct SummaryBody {
        var count: UInt64 = 0
        var sum: Double = 0
        var quantiles: [(quantile: Double, value: Double)] = []
    }

    /// Reads the sample of one part.
    mutating func take(_ part: Part) throws(ByteCodingError) -> Entry {
        let isHistogram = family.type != .summary
        var entry = Entry.sample
        switch part {
        case .plain: try takePlain()
        case .count: value = isHistogram ? metric.histogram.wholeCount : Double(metric.summary.count)
        case .sum: value = isHistogram ? metric.histogram.sum : metric.summary.sum
        case .quantile(let index): value = metric.summary.quantiles[index].value
        case .infinity:
            value = metric.histogram.wholeCount
            exemplarPlaces.removeAll(keepingCapacity: true)
        case .bucket(let index):
            let bucket = metric.histogram.buckets[index]
            value = bucket.count
            exemplarPlaces.removeAll(keepingCapacity: true)
            if let exemplar = bucket.exemplar { exemplarPlaces.append(exemplar) }
        case .native:
            histogram = metric.histogram.native
            if family.type == .gaugehistogram { histogram.resetHint = .gauge }
            exemplarPlaces = metric.histogram.timedExemplars
            entry = .histogram
        case .converted:
            histogram = try converted()
            exemplarPlaces = metric.histogram.buckets.compactMap(\.exemplar)
            entry = .histogram
        }
        if value.isNaN { value = Double(bitPattern: StaleMarker.normalNaNBits) }
        makeKey()
        return entry
    }

    private mutating func takePlain() throws(ByteCodingError) {
        value = 0
        guard let body = metric.value else { return }
        var cursor = ProtobufCursor(page, in: body)
        let isCounter = family.type == .counter
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x09: value = Double(bitPattern: try cursor.readFixed64())
            case 0x12 where isCounter: exemplarPlaces.append(try cursor.readRange())
            case 0x1a where isCounter: start = try milliseconds(try cursor.readRange()) ?? 0
            default: try cursor.skip(tag, known: 0b10)
            }
        }
    }

    mutating func beginSummary() throws(ByteCodingError) {
        var summary = SummaryBody()
        if let body = metric.value {
            var cursor = ProtobufCursor(page, in: body)
            while let tag = try cursor.nextTag() {
                switch tag {
                case 0x08: summary.count = try cursor.readVarint()
                case 0x11: summary.sum = Double(bitPattern: try cursor.readFixed64())
                case 0x1a:
                    var inner = ProtobufCursor(page, in: try cursor.readRange())
                    var quantile = (quantile: 0.0, value: 0.0)
                    while let tag = try inner.nextTag() {
                        switch tag {
                        case 0x09: quantile.quantile = Double(bitPattern: try inner.readFixed64())
                        case 0x11: quantile.value = Double(bitPattern: try inner.readFixed64())
                        default: try inner.skip(tag, known: 0b110)
                        }
                    }
                    try countBucket(at: cursor.position)
                    summary.quantiles.append(quantile)
                case 0x22: start = try milliseconds(try cursor.readRange()) ?? 0
                default: try cursor.skip(tag, known: 0b11110)
                }
            }
        }
        metric.summary = summary
        pending += [.count, .sum]
        for index in summary.quantiles.indices { pending.append(.quantile(index)) }
    }

    mutating func countBucket(at position: Int) throws(ByteCodingError) {
        bucketsRead += 1
        if bucketsRead > MetricFamilyParser.bucketsMax { throw ByteCodingError(.lengthTooLarge, at: position) }
    }

    /// A `google.protobuf.Timestamp` in milliseconds; nil where it is none that can be.
    func milliseconds(_ body: Range<Int>) throws(ByteCodingError) -> Timestamp? {
        var cursor = ProtobufCursor(page, in: body)
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x08: seconds = Int64(bitPattern: try cursor.readVarint())
            case 0x10: nanoseconds = Int64(Int32(truncatingIfNeeded: try cursor.readVarint()))
            default: try cursor.skip(tag, known: 0b110)
            }
        }
        let (whole, overflowed) = seconds.multipliedReportingOverflow(by: 1000)
        return overflowed ? nil : whole &+ nanoseconds / 1_000_000
    }

    // MARK: - Series

    /// The family, the labels as they lie in the page, and which part it is. No text begins with a zero.
    private mutating func makeKey() {
        key.removeAll(keepingCapacity: true)
        key.append(0)
        key.appendLengthPrefixed(page[family.name])
        for label in metric.labels { key.appendLengthPrefixed(page[label]) }
        switch part {
        case .plain: key.append(0)
        case .count: key.append(1)
        case .sum: key.append(2)
        case .bucket, .infinity:
            key.append(3)
            key.appendLittleEndian(bound.bitPattern)
        case .quantile(let index):
            key.append(4)
            key.appendLittleEndian(metric.summary.quantiles[index].quantile.bitPattern)
        case .native, .converted: key.append(5)
        }
    }

    /// The upper bound of the present bucket.
    private var bound: Double {
        if case .bucket(let index) = part { return metric.histogram.buckets[index].bound }
        return .infinity
    }

    /// Appends the packed labels of the present sample's series, the name among them.
    ///
    /// - Throws: where names or values are no UTF-8, or a name stands twice.
    public func appendLabels(to packed: inout [UInt8]) throws(ByteCodingError) {
        var list: [Label] = []
        for body in metric.labels {
            let pair = try labelPair(body)
            if pair.name.isEmpty || list.contains(where: { $0.name.utf8.elementsEqual(pair.name.utf8) }) {
                throw ByteCodingError(.invalidValue, at: body.lowerBound)
            }
            list.append(pair)
        }
        var name = String(decoding: page[family.name], as: UTF8.self)
        switch part {
        case .count: name += "_count"
        case .sum: name += "_sum"
        case .bucket, .infinity:
            name += "_bucket"
            list.removeAll { $0.name == LabelName.bucketBound }
            list.append(Label(name: LabelName.bucketBound, value: FloatText.openMetrics(bound)))
        case .quantile(let index):
            list.removeAll { $0.name == LabelName.quantile }
            list.append(Label(name: LabelName.quantile, value: FloatText.openMetrics(metric.summary.quantiles[index].quantile)))
        case .plain, .native, .converted: break
        }
        list.removeAll { $0.name == LabelName.metricName }
        list.append(Label(name: LabelName.metricName, value: name))
        packed += LabelSet(list.map { ($0.name, $0.value) }).packed
    }

    private func labelPair(_ body: Range<Int>) throws(ByteCodingError) -> Label {
        var cursor = ProtobufCursor(page, in: body)
        var label = Label(name: "", value: "")
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: label.name = try text(try cursor.readRange())
            case 0x12: label.value = try text(try cursor.readRange())
            default: try cursor.skip(tag, known: 0b110)
            }
        }
        return label
    }

    private func text(_ range: Range<Int>) throws(ByteCodingError) -> String {
        try checkUTF8(range)
        return String(decoding: page[range], as: UTF8.self)
    }

    /// The exemplars of the present sample.
    ///
    /// - Parameter defaultTimestamp: the time of one that has none.
    public func exemplars(defaultTimestamp: Timestamp) throws(ByteCodingError) -> [Exemplar] {
        var exemplars: [Exemplar] = []
        switch part {
        case .count where family.type != .counter, .sum, .quantile: return []
        default: break
        }
        for body in exemplarPlaces {
            var cursor = ProtobufCursor(page, in: body)
            var pairs: [(String, String)] = []
            var exemplar = Exemplar(labels: LabelSet(), value: 0, timestamp: defaultTimestamp)
            while let tag = try cursor.nextTag() {
                switch tag {
                case 0x0a:
                    let label = try labelPair(try cursor.readRange())
                    pairs.append((label.name, label.value))
                case 0x11: exemplar.value = Double(bitPattern: try cursor.readFixed64())
                case 0x1a: exemplar.timestamp = try milliseconds(try cursor.readRange()) ?? defaultTimestamp
                default: try cursor.skip(tag, known: 0b1110)
                }
            }
            exemplar.labels = LabelSet(pairs)
            exemplars.append(exemplar)
        }
        return exemplars
    }

    /// A part of the page as text.
    public func text(of range: Range<Int>) -> String { String(decoding: page[range], as: UTF8.self) }
}

public import ByteCoding
public import TelemetryModel

/// Walks a metrics page in protobuf: messages `io.prometheus.client.MetricFamily`, each behind its length (client_model `metrics.proto`).
///
/// It is total: any bytes give entries or an error with its offset. Histograms come as native ones, as buckets, or both, as asked for; what a
/// classic histogram or a summary is made of comes sample by sample, as in the text formats.
///
/// - Precondition: the page's memory stays as it is for as long as the parser is used.
public struct MetricFamilyParser {
    /// What a page's histograms are read as.
    public struct Histograms: Sendable, Hashable {
        /// Whether native histograms are read; otherwise their classic buckets are.
        public var readsNative = true
        /// Whether classic buckets are read beside a native histogram, too.
        public var readsClassicToo = false
        /// Whether classic histograms become native ones with custom buckets.
        public var convertsClassic = false

        public init() {}
    }

    /// What ``next()`` stands on.
    public enum Entry: Sendable, Hashable {
        /// A family begins; see ``family``.
        case family
        /// A float sample of the present family: ``value``.
        case sample
        /// A native histogram of the present family: ``histogram``.
        case histogram
    }

    /// A family; ranges are places in the page.
    public struct Family: Sendable, Hashable {
        public internal(set) var name: Range<Int> = 0..<0
        public internal(set) var help: Range<Int> = 0..<0
        public internal(set) var unit: Range<Int> = 0..<0
        public internal(set) var type = MetricType.counter
    }

    /// An exemplar as it lies in the page.
    struct ExemplarPlace {
        var body: Range<Int>
    }

    public internal(set) var family = Family()
    /// Which series the present sample is of: bytes that are the same in every scrape, and no text of another format.
    public internal(set) var key: [UInt8] = []
    public internal(set) var value: Double = 0
    public internal(set) var histogram = NativeHistogram()
    /// Milliseconds; nil where the page has none.
    public internal(set) var timestamp: Timestamp?
    /// When counting began, in milliseconds; 0 where the page does not say it.
    public internal(set) var start: Timestamp = 0

    let page: UnsafeRawBufferPointer
    let options: Histograms
    private var pageCursor: ProtobufCursor
    private var familyCursor: ProtobufCursor
    var metric = MetricBody()
    private var isInFamily = false
    /// What of the present metric is to come.
    var pending: [Part] = []
    private var nextPart = 0
    var part = Part.plain
    /// Exemplars of the present sample.
    var exemplarPlaces: [Range<Int>] = []
    /// Buckets of histograms that were read so far.
    var bucketsRead = 0
    /// Buckets that one page may have: a message says many in few bytes.
    static let bucketsMax = 8_000_000

    /// One sample of a metric.
    enum Part: Sendable, Hashable {
        case plain, count, sum
        /// The number of the bucket; the count of all stands for one that is missing.
        case bucket(Int), infinity
        case quantile(Int)
        case native, converted
    }

    /// A metric of a family, as far as it is the same for all kinds.
    struct MetricBody {
        var labels: [Range<Int>] = []
        var value: Range<Int>?
        var histogram = HistogramBody()
        var summary = SummaryBody()
    }

    public init(_ page: UnsafeRawBufferPointer, _ options: Histograms = Histograms()) {
        self.page = page
        self.options = options
        pageCursor = ProtobufCursor(page)
        familyCursor = pageCursor
    }

    /// Reads on; nil at the end of the page. After an error the parser is of no further use.
    public mutating func next() throws(ByteCodingError) -> Entry? {
        while true {
            if nextPart < pending.count {
                part = pending[nextPart]
                nextPart += 1
                return try take(part)
            }
            if isInFamily {
                guard let tag = try familyCursor.nextTag() else {
                    isInFamily = false
                    continue
                }
                if tag == 0x22 { try beginMetric(try familyCursor.readRange()) } else { try familyCursor.skip(tag) }
                continue
            }
            if pageCursor.isAtEnd { return nil }
            try beginFamily(try pageCursor.readRange())
            return .family
        }
    }

    private mutating func beginFamily(_ body: Range<Int>) throws(ByteCodingError) {
        family = Family()
        pending.removeAll(keepingCapacity: true)
        nextPart = 0
        var type: UInt64 = 0
        var cursor = ProtobufCursor(page, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: family.name = try cursor.readRange()
            case 0x12: family.help = try cursor.readRange()
            case 0x18: type = try cursor.readVarint()
            case 0x22: _ = try cursor.readRange()
            case 0x2a: family.unit = try cursor.readRange()
            default: try cursor.skip(tag, known: 0b111110)
            }
        }
        guard let found = MetricFamilyParser.type(type) else { throw ByteCodingError(.invalidValue, at: body.lowerBound) }
        family.type = found
        if family.name.isEmpty { throw ByteCodingError(.invalidValue, at: body.lowerBound) }
        try checkUTF8(family.name)
        try checkUTF8(family.help)
        familyCursor = ProtobufCursor(page, in: body)
        isInFamily = true
    }

    private static func type(_ number: UInt64) -> MetricType? {
        switch number {
        case 0: .counter
        case 1: .gauge
        case 2: .summary
        case 3: .unknown
        case 4: .histogram
        case 5: .gaugehistogram
        default: nil
        }
    }

    private mutating func beginMetric(_ body: Range<Int>) throws(ByteCodingError) {
        pending.removeAll(keepingCapacity: true)
        nextPart = 0
        metric.labels.removeAll(keepingCapacity: true)
        metric.value = nil
        exemplarPlaces.removeAll(keepingCapacity: true)
        timestamp = nil
        start = 0
        let wanted: UInt32 =
            switch family.type {
            case .gauge: 0x12
            case .counter, .info, .stateset: 0x1a
            case .summary: 0x22
            case .unknown: 0x2a
            case .histogram, .gaugehistogram: 0x3a
            }
        var cursor = ProtobufCursor(page, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: metric.labels.append(try cursor.readRange())
            case 0x12, 0x1a, 0x22, 0x2a, 0x3a:
                let range = try cursor.readRange()
                if tag == wanted { metric.value = range }
            case 0x30:
                let time = Timestamp(bitPattern: try cursor.readVarint())
                // Without a value of its own for "not set", 0 stands for it.
                timestamp = time == 0 ? nil : time
            default: try cursor.skip(tag, known: 0b11111110)
            }
        }
        switch family.type {
        case .histogram, .gaugehistogram: try beginHistogram()
        case .summary: try beginSummary()
        default: pending.append(.plain)
        }
    }

    func checkUTF8(_ range: Range<Int>) throws(ByteCodingError) {
        var highBits: UInt8 = 0
        for byte in page[range] { highBits |= byte }
        if highBits >= 0x80, String(validating: page[range], as: UTF8.self) == nil {
            throw ByteCodingError(.invalidUTF8, at: range.lowerBound)
        }
    }
}

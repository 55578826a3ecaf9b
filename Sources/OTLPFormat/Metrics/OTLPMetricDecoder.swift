public import ByteCoding

/// Walks an `ExportMetricsServiceRequest` in place (opentelemetry-proto `metrics/v1/metrics.proto`): resource by resource, scope by scope, metric by
/// metric, point by point, whatever the order of their fields.
///
///     var decoder = OTLPMetricDecoder(message)
///     while let item = try decoder.next() { … }
///
/// - Precondition: the memory of the message stays as it is for as long as the decoder is used.
public struct OTLPMetricDecoder {
    /// What comes next.
    public enum Item: Sendable, Hashable {
        /// What stands in ``resource``; its scopes follow.
        case resource
        /// What stands in ``scope``; its metrics follow.
        case scope
        /// What stands in ``metric``; its points follow.
        case metric
        /// What ``takePoint(_:)`` gives.
        case point
    }

    private enum Level { case message, resource, scope, metric }

    /// Who made what follows.
    public private(set) var resource = ScannedOrigin()
    public private(set) var scope = ScannedOrigin()
    public private(set) var metric = OTLPMetric()
    private var point: OTLPMetricPoint

    private let message: UnsafeRawBufferPointer
    private let limits: Limits
    private var level = Level.message
    private var requestCursor: ProtobufCursor
    private var resourceCursor: ProtobufCursor
    private var scopeCursor: ProtobufCursor
    private var dataCursor: ProtobufCursor

    /// What a point may have at most.
    public struct Limits: Sendable, Hashable {
        /// Attributes of a point or an exemplar, and exemplars of a point.
        public var attributesMax = 1024
        /// Buckets on one side of a histogram, and quantiles of a summary.
        public var bucketsMax = 10_000

        public init() {}
    }

    public init(_ message: UnsafeRawBufferPointer, limits: Limits = Limits()) {
        self.message = message
        self.limits = limits
        point = OTLPMetricPoint()
        requestCursor = ProtobufCursor(message)
        resourceCursor = requestCursor
        scopeCursor = requestCursor
        dataCursor = requestCursor
    }

    /// Gives the present point for one that serves the next.
    public mutating func takePoint(_ other: inout OTLPMetricPoint) { swap(&point, &other) }

    /// Reads on; nil at the end.
    ///
    /// - Throws: `ByteCodingError` where the bytes are no such message. What came before is not to be kept then.
    public mutating func next() throws(ByteCodingError) -> Item? {
        while true {
            switch level {
            case .message:
                guard let tag = try requestCursor.nextTag() else { return nil }
                guard tag == 0x0a else {
                    try requestCursor.skip(tag, known: 0b10)
                    continue
                }
                try beginResource(try requestCursor.readRange())
                level = .resource
                return .resource
            case .resource:
                guard let tag = try resourceCursor.nextTag() else {
                    level = .message
                    continue
                }
                guard tag == 0x12 else {
                    try resourceCursor.skip(tag)
                    continue
                }
                try beginScope(try resourceCursor.readRange())
                level = .scope
                return .scope
            case .scope:
                guard let tag = try scopeCursor.nextTag() else {
                    level = .resource
                    continue
                }
                guard tag == 0x12 else {
                    try scopeCursor.skip(tag)
                    continue
                }
                try beginMetric(try scopeCursor.readRange())
                level = .metric
                return .metric
            case .metric:
                guard let tag = try dataCursor.nextTag() else {
                    level = .scope
                    continue
                }
                guard tag == 0x0a else {
                    try dataCursor.skip(tag)
                    continue
                }
                try readPoint(try dataCursor.readRange())
                return .point
            }
        }
    }

    // MARK: - Around the points

    private mutating func beginResource(_ body: Range<Int>) throws(ByteCodingError) {
        resource = try origin(body)
        resourceCursor = ProtobufCursor(message, in: body)
    }

    private mutating func beginScope(_ body: Range<Int>) throws(ByteCodingError) {
        scope = try origin(body)
        scopeCursor = ProtobufCursor(message, in: body)
    }

    /// What `ResourceMetrics` and `ScopeMetrics` have in common: 1 who made it, 2 what was made, 3 the address of its schema.
    private func origin(_ body: Range<Int>) throws(ByteCodingError) -> ScannedOrigin {
        var cursor = ProtobufCursor(message, in: body)
        var origin = ScannedOrigin()
        var hasBody = false
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a:
                // Sent twice, the two would have to be joined; nobody does.
                guard !hasBody else { throw ByteCodingError(.invalidValue, at: cursor.position) }
                hasBody = true
                origin.body = try cursor.readRange()
            case 0x12: _ = try cursor.readRange()
            case 0x1a: origin.schemaURL = try cursor.readRange()
            default: try cursor.skip(tag, known: 0b1110)
            }
        }
        return origin
    }

    private mutating func beginMetric(_ body: Range<Int>) throws(ByteCodingError) {
        metric = OTLPMetric()
        var cursor = ProtobufCursor(message, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: metric.name = try cursor.readRange()
            case 0x12: metric.description = try cursor.readRange()
            case 0x1a: metric.unit = try cursor.readRange()
            case 0x2a: (metric.kind, metric.data) = (.gauge, try cursor.readRange())
            case 0x3a: (metric.kind, metric.data) = (.sum, try cursor.readRange())
            case 0x4a: (metric.kind, metric.data) = (.histogram, try cursor.readRange())
            case 0x52: (metric.kind, metric.data) = (.exponentialHistogram, try cursor.readRange())
            case 0x5a: (metric.kind, metric.data) = (.summary, try cursor.readRange())
            case 0x62: _ = try cursor.readRange()
            default: try cursor.skip(tag, known: 0b1_1110_1010_1110)
            }
        }
        // What the points count from stands behind them.
        var data = ProtobufCursor(message, in: metric.data)
        while let tag = try data.nextTag() {
            switch tag {
            case 0x0a: _ = try data.readRange()
            case 0x10:
                metric.temporality = OTLPTemporality(rawValue: UInt8(truncatingIfNeeded: min(try data.readVarint(), 255))) ?? .unspecified
            case 0x18: metric.isMonotonic = try data.readVarint() != 0
            default: try data.skip(tag, known: 0b10)
            }
        }
        dataCursor = ProtobufCursor(message, in: metric.data)
    }

    // MARK: - Points

    private mutating func readPoint(_ body: Range<Int>) throws(ByteCodingError) {
        point.clear()
        switch metric.kind {
        case .none: break
        case .gauge, .sum: try point.readNumber(message, body, limits)
        case .histogram: try point.readHistogram(message, body, limits)
        case .exponentialHistogram: try point.readExponentialHistogram(message, body, limits)
        case .summary: try point.readSummary(message, body, limits)
        }
    }
}

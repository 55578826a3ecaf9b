/// Milliseconds since 1970-01-01T00:00:00Z; the unit of every time in metrics.
public typealias Timestamp = Int64

/// An inclusive range of times.
public struct TimeRange: Sendable, Hashable {
    public var start: Timestamp
    public var end: Timestamp

    public init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    /// Everything that a timestamp can say.
    public static let all = TimeRange(start: .min, end: .max)

    public func contains(_ time: Timestamp) -> Bool { start <= time && time <= end }
    public func overlaps(_ other: TimeRange) -> Bool { start <= other.end && other.start <= end }
}

/// One float sample.
public struct Sample: Sendable {
    public var timestamp: Timestamp
    public var value: Double

    @inlinable
    public init(timestamp: Timestamp, value: Double) {
        self.timestamp = timestamp
        self.value = value
    }
}

/// The NaN with which Prometheus says that a series ended (remote write specification 1.0, "stale markers").
/// Told from other NaNs by its bits, so bits have to survive storage.
public enum StaleMarker {
    public static let bits: UInt64 = 0x7ff0_0000_0000_0002
    /// The canonical quiet NaN of Prometheus, for results of arithmetic.
    public static let normalNaNBits: UInt64 = 0x7ff8_0000_0000_0001
    @inlinable public static var value: Double { Double(bitPattern: bits) }
    @inlinable public static func matches(_ value: Double) -> Bool { value.bitPattern == bits }
}

/// One native histogram sample. A stale marker is a histogram whose sum is the stale NaN.
public struct HistogramSample: Sendable, Hashable {
    public var timestamp: Timestamp
    public var histogram: NativeHistogram

    public init(timestamp: Timestamp, histogram: NativeHistogram) {
        self.timestamp = timestamp
        self.histogram = histogram
    }
}

/// Samples of one series as columns, in rising order of time. Floats and histograms lie apart; no time is in both.
public struct SampleColumns: Sendable {
    /// Times of the float samples.
    public var timestamps: [Timestamp] = []
    /// Values of the float samples, as long as ``timestamps``.
    public var values: [Double] = []
    public var histograms: [HistogramSample] = []

    @inlinable public init() {}

    @inlinable public var isEmpty: Bool { timestamps.isEmpty && histograms.isEmpty }
    @inlinable public var count: Int { timestamps.count + histograms.count }

    /// Empties the columns and keeps their memory.
    @inlinable
    public mutating func removeAll() {
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
    }

    @inlinable
    public mutating func append(_ timestamp: Timestamp, _ value: Double) {
        timestamps.append(timestamp)
        values.append(value)
    }
}

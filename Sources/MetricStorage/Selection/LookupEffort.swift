/// How much a look-up may do.
public enum LookupEffort: Sendable, Hashable {
    /// Whatever it takes.
    case full
    /// Only what is in memory, small, and not locked: a matter of microseconds, for threads that must not block. Where it takes more, the
    /// look-up throws ``MetricStorageError`` with `tooMuch`.
    case brief

    /// Bounds of a brief look-up.
    static let briefSeriesMax = 256
    static let briefListMax = 16_384
    static let briefValuesMax = 1_024
    static let briefShardsMax = 4
    static let briefMilliseconds: Int64 = 3 * 3_600_000

    /// - Throws: `tooMuch` for a brief look-up that would pass a bound.
    func check(_ isWithinBounds: @autoclosure () -> Bool) throws(MetricStorageError) {
        if self == .brief, !isWithinBounds() { throw LookupEffort.tooMuch }
    }

    static var tooMuch: MetricStorageError { MetricStorageError(.tooMuch, "this takes more than a brief look") }
}

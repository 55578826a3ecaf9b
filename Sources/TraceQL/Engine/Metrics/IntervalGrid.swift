internal import QueryModel
internal import TelemetryModel

/// The intervals into which a metrics query sorts spans by their starts. Each takes in its end and not its start.
struct IntervalGrid: Sendable, Hashable {
    /// Nanoseconds.
    let start: UInt64
    let end: UInt64
    let step: UInt64
    let count: Int

    /// One interval.
    init(instant range: NanosecondRange) throws(QueryError) {
        try IntervalGrid.check(range)
        (start, end, step, count) = (range.start, range.end, range.end - range.start, 1)
    }

    /// Whole steps that enclose a range, and one before it, so that the first sample is at its start.
    init(range: NanosecondRange, step: UInt64, countMax: Int) throws(QueryError) {
        try IntervalGrid.check(range)
        let step = Swift.max(step, 1)
        var first = range.start - range.start % step
        if first > step { first -= step }
        let past = range.end % step
        let (last, overflow) = range.end.addingReportingOverflow(past == 0 ? 0 : step - past)
        if overflow || last > UInt64(Int64.max) {
            throw QueryError(.badInput, "the end of the query is too far away: times are unix seconds or nanoseconds")
        }
        let wanted = (last - first) / step
        if wanted > UInt64(countMax) {
            throw QueryError(
                .badInput,
                "the step \(DurationText.text(Int64(clamping: step))) makes \(wanted) samples for each series, more than \(countMax): "
                    + "take a greater step or a shorter range")
        }
        (start, end, self.step, count) = (first, last, step, Int(wanted))
    }

    private static func check(_ range: NanosecondRange) throws(QueryError) {
        if range.end <= range.start { throw QueryError(.badInput, "the end of the query must be after its start") }
    }

    /// The number of the interval that a time is in; nil outside of all.
    func interval(_ time: UInt64) -> Int? {
        if time <= start || time > end { return nil }
        return count == 1 ? 0 : Int((time - start - 1) / step)
    }

    /// The time of the sample of an interval, its end: milliseconds.
    func timestamp(_ interval: Int) -> Timestamp {
        let time = count == 1 ? end : start + UInt64(interval + 1) * step
        return Timestamp(clamping: time / 1_000_000)
    }
}

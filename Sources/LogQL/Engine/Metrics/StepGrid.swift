internal import QueryModel

/// The times at which a query is evaluated. Nanoseconds since 1970.
struct StepGrid: Sendable {
    let start: Int64
    let step: Int64
    /// At least 1.
    let count: Int

    /// One time.
    init(instant time: Int64) {
        start = StepGrid.clamped(time)
        step = 1
        count = 1
    }

    /// - Throws: `badInput` where the range is none, or has too many steps.
    init(_ options: RangeOptions, countMax: Int) throws(QueryError) {
        start = StepGrid.clamped(options.start)
        let end = StepGrid.clamped(options.end)
        if end < start { throw QueryError(.badInput, "end timestamp must not be before or equal to start time") }
        if options.stepNanoseconds <= 0 {
            throw QueryError(.badInput, "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        step = options.stepNanoseconds
        let steps = (end - start) / step
        if steps >= countMax {
            throw QueryError(
                .badInput,
                "exceeded maximum resolution of \(countMax) points per time series. Try increasing the value of the step parameter")
        }
        count = Int(steps) + 1
    }

    /// Times beyond this have no meaning, and reckoning with them must not overflow: more than 70 years on both sides are left for windows.
    private static func clamped(_ time: Int64) -> Int64 {
        Swift.min(Swift.max(time, -2_000_000_000_000_000_000), 6_900_000_000_000_000_000)
    }

    func time(_ index: Int) -> Int64 { start + Int64(index) * step }

    var end: Int64 { time(count - 1) }

    /// Milliseconds, as answers tell it.
    func milliseconds(_ index: Int) -> Int64 { time(index) / 1_000_000 }
}

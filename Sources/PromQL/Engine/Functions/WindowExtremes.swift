internal import QueryModel
internal import TelemetryModel

/// `min_over_time`, `max_over_time`, and when they were.
enum WindowExtremes {
    enum Wanted {
        case lowest, highest, timeOfLowest, timeOfHighest

        var isHighest: Bool { self == .highest || self == .timeOfHighest }
        var isTime: Bool { self == .timeOfLowest || self == .timeOfHighest }
    }

    static func evaluate(
        _ windows: RangeWindows, _ wanted: Wanted, into column: inout StepColumn, _ context: inout FunctionContext
    ) {
        let columns = windows.columns
        // The value is that of the first of equal extremes (which of two zeros it is can be seen), the time that of the last.
        var candidates = SlidingExtremes(columns.values, isHighest: wanted.isHighest, prefersLast: wanted.isTime)
        var ignoresHistograms = false
        windows.forEach { window in
            if window.floats.isEmpty { return }
            if !window.histograms.isEmpty { ignoresHistograms = true }
            let place = candidates.extreme(of: window.floats)
            column.values[window.step] = wanted.isTime ? Double(columns.timestamps[place]) / 1000 : columns.values[place]
        }
        if ignoresHistograms { context.note(.ignoredHistogramsInRange(metric: context.metricName)) }
    }
}

/// The extreme of windows that move forward. Every sample enters and leaves a queue once; in the queue are the samples that may still
/// become the extreme of a later window, the best one first.
struct SlidingExtremes {
    private let values: [Double]
    private let isHighest: Bool
    private let prefersLast: Bool
    private var queue: [Int] = []
    private var head = 0
    private var entered = 0

    init(_ values: [Double], isHighest: Bool, prefersLast: Bool) {
        self.values = values
        self.isHighest = isHighest
        self.prefersLast = prefersLast
    }

    /// The index of the extreme. NaN loses against every number; of nothing but NaN the last is given.
    ///
    /// - Precondition: the window is not empty, and neither of its borders is before that of an earlier call.
    mutating func extreme(of window: Range<Int>) -> Int {
        entered = max(entered, window.lowerBound)
        while entered < window.upperBound {
            let value = values[entered]
            if !value.isNaN {
                while queue.count > head, isBeaten(values[queue[queue.count - 1]], by: value) { queue.removeLast() }
                queue.append(entered)
            }
            entered += 1
        }
        while head < queue.count, queue[head] < window.lowerBound { head += 1 }
        if head > 1024 && head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        return head < queue.count ? queue[head] : window.upperBound - 1
    }

    @inline(__always)
    private func isBeaten(_ old: Double, by new: Double) -> Bool {
        if prefersLast && old == new { return true }
        return isHighest ? old < new : old > new
    }
}

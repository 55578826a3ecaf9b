internal import TelemetryModel

/// Where the times of a trace lie in columns, and what a bar looks like there.
struct TimeScale: Sendable {
    enum Cell: Sendable, Hashable { case empty, plain, critical }

    let start: UnixNanoseconds
    /// Nanoseconds; at least one, so that a trace without length has its place.
    let length: UInt64
    let columns: Int

    init(start: UnixNanoseconds, end: UnixNanoseconds, columns: Int) {
        self.start = start
        length = max(1, end > start ? end - start : 0)
        self.columns = max(1, columns)
    }

    private func position(_ time: UnixNanoseconds) -> Double {
        time <= start ? 0 : min(Double(columns), Double(time - start) / Double(length) * Double(columns))
    }

    /// The cells of a time: at least one, and all that it touches.
    private func range(_ from: UnixNanoseconds, _ until: UnixNanoseconds) -> Range<Int> {
        let first = min(columns - 1, Int(position(from)))
        // A bar that ends where a cell begins, but for what rounding adds, does not fill that one.
        return first..<max(first + 1, Int((position(until) - 1e-9).rounded(.up)))
    }

    /// The bar of a span; critical are the cells in which at least half of its time is on the critical path.
    func bar(from spanStart: UnixNanoseconds, until spanEnd: UnixNanoseconds, critical segments: [CriticalPath.Segment]) -> [Cell] {
        var cells = Array(repeating: Cell.empty, count: columns)
        let range = range(spanStart, spanEnd)
        for cell in range { cells[cell] = .plain }
        var criticalParts = Array(repeating: 0.0, count: range.count)
        for segment in segments {
            let (from, until) = (position(segment.start), position(segment.end))
            for cell in self.range(segment.start, segment.end) where range.contains(cell) {
                criticalParts[cell - range.lowerBound] += max(0, min(until, Double(cell + 1)) - max(from, Double(cell)))
            }
        }
        let (from, until) = (position(spanStart), position(spanEnd))
        for cell in range {
            let part = min(until, Double(cell + 1)) - max(from, Double(cell))
            let critical = criticalParts[cell - range.lowerBound]
            if critical > 0 && critical >= part / 2 * 0.999 { cells[cell] = .critical }
        }
        return cells
    }

    /// The bar of several spans together.
    static func union(_ bars: [[Cell]], columns: Int) -> [Cell] {
        var cells = Array(repeating: Cell.empty, count: columns)
        for bar in bars {
            for (index, cell) in bar.enumerated() where cell != .empty {
                cells[index] = cell == .critical || cells[index] == .critical ? .critical : .plain
            }
        }
        return cells
    }

    /// The labels above the bars: the beginning, the end, and between them what there is room for.
    func axis(_ time: SpanTime, total: UInt64) -> String {
        let parts = columns >= 56 ? 4 : columns >= 28 ? 2 : 1
        var text = "0s"
        for part in 1...parts {
            let label = time.duration(total / UInt64(parts) * UInt64(part) + total % UInt64(parts) * UInt64(part) / UInt64(parts))
            let middle = columns * part / parts
            let place = part == parts ? columns - displayWidth(label) : middle - displayWidth(label) / 2
            if place > displayWidth(text) { text = padded(text, to: place) + label }
        }
        return text
    }
}

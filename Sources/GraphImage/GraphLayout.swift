internal import CivilCalendar
internal import TelemetryModel

/// Where everything of a chart stands.
struct GraphLayout {
    private static let legendLine = 14.0

    private let graph: LineGraph
    private(set) var shapes: [Shape] = []
    private let axis: ValueAxis
    private let left: Double
    private let right: Double
    private let top: Double
    private let bottom: Double

    init(_ graph: LineGraph) {
        self.graph = graph
        let options = graph.options
        let (width, height) = (Double(options.width), Double(options.height))
        let range = options.range
        var values: [Double] = []
        for series in graph.series {
            for (time, value) in zip(series.times, series.values) where range.contains(time) && value.isFinite {
                values.append(GraphLayout.drawable(value))
            }
        }
        if let threshold = options.threshold, threshold.isFinite { values.append(GraphLayout.drawable(threshold)) }
        let legendLines = min(graph.series.count, max(0, options.legendMax)) + (graph.series.count > options.legendMax ? 1 : 0)
        top = options.title.isEmpty ? 12 : 28
        // At least half of the height is left for the lines.
        bottom = max(height / 2, height - 22 - Double(legendLines) * GraphLayout.legendLine)
        let axis = ValueAxis(
            least: values.min() ?? 0, greatest: values.max() ?? 1, tickCount: max(2, Int((bottom - top) / 34) + 1), unit: options.unit)
        let labels = axis.ticks.map { options.unit.text($0, step: axis.step) }
        self.axis = axis
        left = (labels.map(BitmapFont.width).max() ?? 0) + 14
        right = width - 14
        shapes.append(.rectangle(x: 0, y: 0, width: width, height: height, .white))
        if !options.title.isEmpty {
            shapes.append(.text(GraphLayout.cut(options.title, to: width - 20), x: 10, y: 13, .start, .text))
        }
        drawValues(labels)
        drawTimes()
        drawThreshold()
        // The first line lies above the others.
        for (index, series) in graph.series.enumerated().reversed() { draw(series, GraphLayout.color(index)) }
        if values.isEmpty || graph.series.allSatisfy(\.times.isEmpty) {
            shapes.append(.text("no data", x: (left + right) / 2, y: (top + bottom) / 2, .middle, .faint))
        }
        drawLegend(legendLines, width)
    }

    /// At the very ends of what a double can say there is no room left for an axis.
    private static func drawable(_ value: Double) -> Double { value.magnitude < 1e-290 ? 0 : min(max(value, -1e290), 1e290) }

    private static func color(_ index: Int) -> Shape.Color { Shape.Color.lines[index % Shape.Color.lines.count] }

    private func x(_ time: Timestamp) -> Double {
        let range = graph.options.range
        return left + (Double(time) - Double(range.start)) / (Double(range.end) - Double(range.start)) * (right - left)
    }

    private func y(_ value: Double) -> Double {
        bottom - (value / 2 - axis.low / 2) / (axis.high / 2 - axis.low / 2) * (bottom - top)
    }

    // MARK: Axes

    private mutating func drawValues(_ labels: [String]) {
        for (tick, label) in zip(axis.ticks, labels) {
            let y = self.y(tick).rounded() + 0.5
            shapes.append(.line([.init(x: left, y: y), .init(x: right, y: y)], .grid, width: 1))
            shapes.append(.text(label, x: left - 6, y: y, .end, .faint))
        }
    }

    private mutating func drawTimes() {
        let range = graph.options.range
        let base = bottom.rounded() + 0.5
        shapes.append(.line([.init(x: left, y: base), .init(x: right, y: base)], .axis, width: 1))
        var free = 0.0
        for tick in TimeAxis(start: range.start, end: range.end, tickCount: max(1, Int((right - left) / 70))).ticks {
            let x = self.x(tick.time).rounded() + 0.5
            shapes.append(.line([.init(x: x, y: base), .init(x: x, y: base + 4)], .axis, width: 1))
            let width = BitmapFont.width(tick.label)
            let middle = min(max(x, width / 2 + 2), Double(graph.options.width) - width / 2 - 2)
            if middle - width / 2 < free { continue }
            shapes.append(.text(tick.label, x: middle, y: base + 11, .middle, .faint))
            free = middle + width / 2 + 8
        }
    }

    private mutating func drawThreshold() {
        guard let threshold = graph.options.threshold, threshold.isFinite else { return }
        let y = self.y(GraphLayout.drawable(threshold)).rounded() + 0.5
        shapes.append(.line([.init(x: left, y: y), .init(x: right, y: y)], .threshold, width: 1, dash: .dashed))
        let isNearTop = y < top + 12
        shapes.append(.text(graph.options.unit.text(threshold), x: right - 2, y: isNearTop ? y + 8 : y - 7, .end, .threshold))
    }

    // MARK: Lines

    private mutating func draw(_ series: LineGraph.Series, _ color: Shape.Color) {
        let gap = graph.options.gapMilliseconds ?? GraphLayout.usualGap(series.times)
        var run: [Shape.Point] = []
        var last: Timestamp?
        func close(_ shapes: inout [Shape]) {
            if run.count == 1 { run.append(.init(x: run[0].x + 1, y: run[0].y)) }
            if run.count > 1 { shapes.append(.line(GraphLayout.thinned(run), color, width: 1.6)) }
            run = []
        }
        for (time, value) in zip(series.times, series.values) {
            guard graph.options.range.contains(time), value.isFinite else {
                close(&shapes)
                last = nil
                continue
            }
            if let last, time &- last > gap { close(&shapes) }
            run.append(.init(x: x(time), y: y(GraphLayout.drawable(value))))
            last = time
        }
        close(&shapes)
    }

    /// Two and a half times the usual distance between points.
    private static func usualGap(_ times: [Timestamp]) -> Int64 {
        let distances = zip(times.dropFirst(), times).map { $0 &- $1 }.sorted()
        guard !distances.isEmpty else { return .max }
        let (gap, overflow) = distances[distances.count / 2].multipliedReportingOverflow(by: 5)
        return overflow ? .max : gap / 2
    }

    /// Of the points that lie in one column of pixels the first, the last, and the extremes.
    private static func thinned(_ points: [Shape.Point]) -> [Shape.Point] {
        var result: [Shape.Point] = []
        var start = 0
        while start < points.count {
            var end = start
            var (least, greatest) = (start, start)
            while end < points.count, points[end].x.rounded(.down) == points[start].x.rounded(.down) {
                if points[end].y < points[least].y { least = end }
                if points[end].y > points[greatest].y { greatest = end }
                end += 1
            }
            for index in Set([start, least, greatest, end - 1]).sorted() { result.append(points[index]) }
            start = end
        }
        return result
    }

    // MARK: Legend

    private mutating func drawLegend(_ lines: Int, _ width: Double) {
        var y = bottom + 30
        for (index, series) in graph.series.prefix(max(0, graph.options.legendMax)).enumerated() {
            shapes.append(.line([.init(x: left, y: y), .init(x: left + 14, y: y)], GraphLayout.color(index), width: 3))
            var text = series.name
            let count = min(series.times.count, series.values.count)
            let last = (0..<count).last { graph.options.range.contains(series.times[$0]) && series.values[$0].isFinite }
            if let last {
                let value = graph.options.unit.text(series.values[last])
                text = GraphLayout.cut(text, to: width - left - 40 - BitmapFont.width(value)) + "  " + value
            }
            shapes.append(.text(GraphLayout.cut(text, to: width - left - 24), x: left + 20, y: y, .start, .text))
            y += GraphLayout.legendLine
        }
        let rest = graph.series.count - max(0, graph.options.legendMax)
        if rest > 0, lines > 0 { shapes.append(.text("and \(rest) more", x: left + 20, y: y, .start, .faint)) }
    }

    /// Text that is no wider than some pixels, with dots where something is missing.
    private static func cut(_ text: String, to width: Double) -> String {
        if BitmapFont.width(text) <= width { return text }
        var result = text
        while !result.isEmpty, BitmapFont.width(result + "...") > width { result.removeLast() }
        return result + "..."
    }
}

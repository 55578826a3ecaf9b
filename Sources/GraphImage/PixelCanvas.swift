/// Pixels, with lines whose edges are smoothed.
struct PixelCanvas {
    let width: Int
    let height: Int
    /// Red, green and blue of each pixel, row by row.
    private(set) var bytes: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        bytes = [UInt8](repeating: 255, count: width * height * 3)
    }

    mutating func draw(_ shape: Shape) {
        switch shape {
        case .rectangle(let x, let y, let width, let height, let color):
            for row in clamped(y, self.height)..<clamped(y + height, self.height) {
                for column in clamped(x, self.width)..<clamped(x + width, self.width) { blend(column, row, color, 1) }
            }
        case .line(let points, let color, let width, let dash):
            var walked = 0.0
            for (from, to) in zip(points, points.dropFirst()) { segment(from, to, color, width, dash, &walked) }
        case .text(let content, let x, let y, let anchor, let color):
            let length = BitmapFont.width(content)
            let start = anchor == .start ? x : anchor == .middle ? x - length / 2 : x - length
            text(content, Int(start.rounded()), Int((y - Double(BitmapFont.height) / 2).rounded()), color)
        }
    }

    private func clamped(_ value: Double, _ limit: Int) -> Int { Int(min(max(value.rounded(), 0), Double(limit))) }

    private mutating func blend(_ x: Int, _ y: Int, _ color: Shape.Color, _ coverage: Double) {
        guard x >= 0, y >= 0, x < width, y < height, coverage > 0 else { return }
        let place = (y * width + x) * 3
        let part = min(1, coverage)
        for (offset, value) in [color.red, color.green, color.blue].enumerated() {
            let old = Double(bytes[place + offset])
            bytes[place + offset] = UInt8((old + (Double(value) - old) * part).rounded())
        }
    }

    /// A piece of a line with round ends: a pixel is covered as far as its centre lies within half a width of it.
    private mutating func segment(
        _ from: Shape.Point, _ to: Shape.Point, _ color: Shape.Color, _ lineWidth: Double, _ dash: Shape.Dash, _ walked: inout Double
    ) {
        let (dx, dy) = (to.x - from.x, to.y - from.y)
        let length = (dx * dx + dy * dy).squareRoot()
        defer { walked += length }
        guard length.isFinite else { return }
        let reach = lineWidth / 2 + 1
        let rows =
            clamped(
                min(from.y, to.y) - reach, height)..<max(
                clamped(max(from.y, to.y) + reach, height), clamped(min(from.y, to.y) - reach, height))
        for row in rows {
            let y = Double(row) + 0.5
            // The columns that the piece may touch in this row.
            var (low, high) = (min(from.x, to.x), max(from.x, to.x))
            if dy.magnitude > 1e-9 {
                let (one, other) = ((y - reach - from.y) / dy, (y + reach - from.y) / dy)
                let (first, last) = (max(0, min(one, other)), min(1, max(one, other)))
                if first > last { continue }
                (low, high) = (from.x + first * dx, from.x + last * dx)
                if low > high { swap(&low, &high) }
            }
            let columns = clamped(low - reach, width)
            for column in columns..<max(columns, clamped(high + reach, width)) {
                let x = Double(column) + 0.5
                let along = length > 0 ? min(max(((x - from.x) * dx + (y - from.y) * dy) / (length * length), 0), 1) : 0
                if dash == .dashed, (walked + along * length).truncatingRemainder(dividingBy: 9) >= 5 { continue }
                let (nearX, nearY) = (from.x + along * dx, from.y + along * dy)
                let distance = ((x - nearX) * (x - nearX) + (y - nearY) * (y - nearY)).squareRoot()
                blend(column, row, color, lineWidth / 2 + 0.5 - distance)
            }
        }
    }

    private mutating func text(_ content: String, _ x: Int, _ y: Int, _ color: Shape.Color) {
        var left = x
        for character in content {
            for (row, bits) in BitmapFont.rows(of: character).enumerated() {
                for column in 0..<5 where bits & (16 >> UInt8(column)) != 0 { blend(left + column, y + row, color, 1) }
            }
            left += BitmapFont.advance
        }
    }
}

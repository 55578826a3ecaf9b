/// A grid of character cells that lines are drawn on. With braille every cell is two dots wide and four high; with symbols it is one, and
/// every line has a symbol of its own.
struct Canvas {
    enum Style: Sendable { case braille, symbols }

    private struct Cell {
        /// The dots of a braille cell, or 1 where a symbol stands.
        var dots: UInt8 = 0
        var line = 0
    }

    static let symbols: [Character] = ["*", "+", "o", "x", "#", "@", "%", "=", "~", "&"]

    let style: Style
    let columns: Int
    let rows: Int
    private var cells: [Cell]

    init(style: Style, columns: Int, rows: Int) {
        self.style = style
        self.columns = columns
        self.rows = rows
        cells = Array(repeating: Cell(), count: columns * rows)
    }

    /// The dots from left to right.
    var dotColumns: Int { style == .braille ? columns * 2 : columns }
    /// The dots from top to bottom.
    var dotRows: Int { style == .braille ? rows * 4 : rows }

    /// Sets a dot, counted from the top left; one outside the canvas is left out.
    mutating func set(_ x: Int, _ y: Int, line: Int) {
        guard x >= 0, x < dotColumns, y >= 0, y < dotRows else { return }
        switch style {
        case .symbols: cells[y * columns + x] = Cell(dots: 1, line: line)
        case .braille:
            let index = y / 4 * columns + x / 2
            cells[index].dots |= Canvas.dot(x % 2, y % 4)
            cells[index].line = line
        }
    }

    /// Draws a straight line, both ends included.
    mutating func draw(from start: (x: Int, y: Int), to end: (x: Int, y: Int), line: Int) {
        let (width, height) = (end.x - start.x, end.y - start.y)
        let length = max(width.magnitude, height.magnitude)
        if length == 0 { return set(start.x, start.y, line: line) }
        for step in 0...Int(length) {
            let part = Double(step) / Double(length)
            let x = start.x + Int((Double(width) * part).rounded())
            let y = start.y + Int((Double(height) * part).rounded())
            set(x, y, line: line)
        }
    }

    /// One row of cells; `paint` is given a run of characters and the line that they belong to.
    func row(_ row: Int, paint: (String, Int) -> String) -> String {
        var text = ""
        var run = ""
        var runLine = -1
        func flush() {
            if !run.isEmpty { text += runLine >= 0 ? paint(run, runLine) : run }
            run = ""
        }
        for cell in cells[(row * columns)..<((row + 1) * columns)] {
            let line = cell.dots == 0 ? -1 : cell.line
            if line != runLine {
                flush()
                runLine = line
            }
            run.append(character(cell))
        }
        flush()
        return text
    }

    private func character(_ cell: Cell) -> Character {
        if cell.dots == 0 { return " " }
        if style == .symbols { return Canvas.symbols[cell.line % Canvas.symbols.count] }
        return Unicode.Scalar(0x2800 + UInt32(cell.dots)).map(Character.init) ?? " "
    }

    /// The bit of a dot within a braille cell.
    private static func dot(_ x: Int, _ y: Int) -> UInt8 {
        switch (x, y) {
        case (0, 3): 0x40
        case (1, 3): 0x80
        case (0, _): 1 << y
        default: 8 << y
        }
    }
}

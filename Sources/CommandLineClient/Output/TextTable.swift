/// Text in columns, as wide as their widest cell, two spaces between them and none at the end of a line.
struct TextTable {
    enum Alignment { case leading, trailing }

    struct Column {
        var title: String
        var alignment = Alignment.leading
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The table with its titles, a line feed after every line.
    func rendered() -> String {
        let lines = [columns.map(\.title)] + rows.map { $0.map(TextTable.onOneLine) }
        let widths = columns.indices.map { column in lines.map { displayWidth($0[column]) }.max() ?? 0 }
        var text = ""
        for line in lines {
            var row = ""
            for (index, cell) in line.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - displayWidth(cell))
                row += columns[index].alignment == .leading ? cell + padding : padding + cell
                row += "  "
            }
            while row.hasSuffix(" ") { row.removeLast() }
            text += row + "\n"
        }
        return text
    }

    /// A cell with its line breaks and tabs escaped.
    static func onOneLine(_ cell: String) -> String {
        guard cell.contains(where: \.isNewline) || cell.contains("\t") else { return cell }
        return cell.replacing("\r\n", with: "\\n").replacing("\n", with: "\\n").replacing("\r", with: "\\r").replacing("\t", with: "\\t")
    }
}

/// The columns that text takes in a terminal, near enough: wide East Asian characters and emoji count twice, combining marks nothing.
func displayWidth(_ text: String) -> Int {
    var width = 0
    for character in text {
        guard let scalar = character.unicodeScalars.first else { continue }
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0x1f300...0x1f64f,
            0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
            width += 2
        default: width += 1
        }
    }
    return width
}

/// Text cut to a width, with an ellipsis where something is missing.
func truncated(_ text: String, to width: Int, hasUnicode: Bool = true) -> String {
    if displayWidth(text) <= width { return text }
    let mark = hasUnicode ? "…" : "..."
    var result = ""
    var used = displayWidth(mark)
    for character in text {
        used += displayWidth(String(character))
        if used > width { break }
        result.append(character)
    }
    return result + mark
}

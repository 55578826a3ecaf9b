/// Rows of text with a head, printed as Markdown so that they can go into documents as they are.
struct Table {
    private let head: [String]
    private var rows: [[String]] = []

    init(_ head: String...) { self.head = head }

    mutating func add(_ row: String...) {
        precondition(row.count == head.count, "BUG: a row has as many cells as the head")
        rows.append(row)
    }

    func print() {
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).enumerated().map { index, cell in
                let blanks = String(repeating: " ", count: cell.1 - cell.0.count)
                return index == 0 ? cell.0 + blanks : blanks + cell.0
            }
            return "| " + padded.joined(separator: " | ") + " |"
        }
        Swift.print(line(head))
        Swift.print(
            "| "
                + widths.enumerated().map { $0 == 0 ? String(repeating: "-", count: $1) : String(repeating: "-", count: $1 - 1) + ":" }
                .joined(separator: " | ") + " |")
        for row in rows { Swift.print(line(row)) }
        Swift.print()
    }
}

/// A number with so many digits behind the point.
func shown(_ value: Double, digits: Int = 1) -> String {
    let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    let rounded = Int((abs(value) * scale).rounded())
    let fraction = String(rounded % Int(scale))
    let sign = value < 0 ? "-" : ""
    if digits == 0 { return sign + String(rounded) }
    return sign + String(rounded / Int(scale)) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// Millions of items in a second.
func millions(_ timing: Timing) -> String { shown(timing.itemsPerSecond / 1e6, digits: timing.itemsPerSecond < 1e7 ? 2 : 1) }

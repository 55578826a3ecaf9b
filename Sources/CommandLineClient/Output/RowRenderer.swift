internal import TelemetryModel

/// One cell of an answer in rows.
public enum RowCell: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// Writes rows as they come, in the forms of `--output`:
///
/// - `table`: columns as wide as their cells among the first thousand rows, numbers at the right, nothing for null;
/// - `csv`: a header, then a record a row (RFC 4180), nothing for null;
/// - `json`: an array with an object a row, one a line, members in the order of the columns. Numbers that JSON cannot say are texts, bytes are
///   hexadecimal digits.
public struct RowRenderer {
    /// Rows whose cells decide how wide a column of a table is.
    private static let measuredRows = 1000

    private let format: OutputFormat
    private let write: (String) -> Void
    private var columns: [String] = []
    private var waiting: [[RowCell]] = []
    private var widths: [Int]?
    private var rowCount = 0

    /// - Parameter write: takes the text, piece by piece.
    /// - Throws: where the format is none for rows.
    public init(_ format: OutputFormat, write: @escaping (String) -> Void) throws(ClientError) {
        if format == .graph { throw .usage("--output: rows cannot be drawn as a graph; use table, json or csv") }
        self.format = format
        self.write = write
    }

    /// Takes the names of the columns.
    public mutating func begin(columns: [String]) {
        self.columns = columns
        if format == .csv { record(columns) }
    }

    public mutating func row(_ cells: [RowCell]) {
        rowCount += 1
        switch format {
        case .table, .graph:
            if widths != nil { return line(cells) }
            waiting.append(cells)
            if waiting.count == RowRenderer.measuredRows { flushTable() }
        case .csv: record(cells.map(RowRenderer.text))
        case .json:
            var json = JSONText()
            json.object { json in
                for (column, cell) in zip(columns, cells) { json.member(column) { RowRenderer.write(cell, &$0) } }
            }
            write((rowCount == 1 ? "[" : ",\n") + json.text)
        }
    }

    /// Writes what is left.
    public mutating func finish() {
        switch format {
        case .table, .graph: if widths == nil && !waiting.isEmpty { flushTable() }
        case .csv: break
        case .json: write(rowCount == 0 ? "[]\n" : "]\n")
        }
    }

    private func record(_ fields: [String]) {
        var writer = CSVWriter()
        writer.record(fields)
        write(writer.text)
    }

    // MARK: Table

    private mutating func flushTable() {
        widths = columns.indices.map { column in
            waiting.reduce(displayWidth(columns[column])) { max($0, displayWidth(TextTable.onOneLine(RowRenderer.text($1[column])))) }
        }
        line(columns.map { .text($0) }, heads: waiting.first)
        for cells in waiting { line(cells) }
        waiting = []
    }

    /// - Parameter heads: cells that decide at which side the titles stand.
    private func line(_ cells: [RowCell], heads: [RowCell]? = nil) {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = TextTable.onOneLine(RowRenderer.text(cell))
            let padding = String(repeating: " ", count: max(0, (widths?[index] ?? 0) - displayWidth(text)))
            line += (RowRenderer.isNumber(heads?[index] ?? cell) ? padding + text : text + padding) + "  "
        }
        while line.hasSuffix(" ") { line.removeLast() }
        write(line + "\n")
    }

    private static func isNumber(_ cell: RowCell) -> Bool {
        switch cell {
        case .integer, .real: true
        default: false
        }
    }

    // MARK: Cells

    private static func text(_ cell: RowCell) -> String {
        switch cell {
        case .null: ""
        case .integer(let number): String(number)
        case .real(let number): FloatText.general(number)
        case .text(let text): text
        case .blob(let bytes): hexadecimal(bytes)
        }
    }

    private static func write(_ cell: RowCell, _ json: inout JSONText) {
        switch cell {
        case .null: json.raw("null")
        case .integer(let number): json.raw(String(number))
        case .real(let number): if number.isFinite { json.raw(FloatText.general(number)) } else { json.string(FloatText.general(number)) }
        case .text(let text): json.string(text)
        case .blob(let bytes): json.string(hexadecimal(bytes))
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}

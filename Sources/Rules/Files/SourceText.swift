internal import ConfigFile

/// The text of a document, to find where a part of a scalar stands in it.
struct SourceText {
    /// Each line, with its line break.
    private let lines: [[Unicode.Scalar]]

    init(_ text: String) {
        var lines: [[Unicode.Scalar]] = [[]]
        for scalar in text.unicodeScalars {
            lines[lines.count - 1].append(scalar)
            if scalar == "\n" { lines.append([]) }
        }
        self.lines = lines
    }

    /// Where the character at an offset of a scalar's value stands in the document.
    ///
    /// YAML changes nothing of a scalar's text but blanks, quotes and escapes; so characters that are not blank are counted. Where escapes stand in
    /// front of the character, the place is near it.
    ///
    /// - Parameter offset: in bytes of the value's UTF-8.
    func place(of offset: Int, in value: String, of node: ConfigNode) -> RulePlace {
        let prefix = value.utf8.prefix(max(0, min(offset, value.utf8.count)))
        let count = String(decoding: prefix, as: UTF8.self).unicodeScalars.reduce(0) { $0 + ($1.isBlank ? 0 : 1) }
        let isAtEnd = offset >= value.utf8.count
        var line = node.line - 1
        var column = node.column - 1
        guard lines.indices.contains(line), lines[line].indices.contains(column) else {
            return RulePlace(line: node.line, column: node.column)
        }
        var quote: Unicode.Scalar?
        switch lines[line][column] {
        case "|", ">":
            line += 1
            column = 0
        case "\"", "'":
            quote = lines[line][column]
            column += 1
        default: break
        }
        var passed = 0
        var last = RulePlace(line: node.line, column: node.column)
        while line < lines.count {
            while column < lines[line].count {
                let scalar = lines[line][column]
                if scalar == "\\", quote == "\"" || quote == "'" && lines[line].dropFirst(column + 1).first == "'" { column += 1 }
                if !scalar.isBlank {
                    if passed == count, !isAtEnd { return RulePlace(line: line + 1, column: column + 1) }
                    passed += 1
                    last = RulePlace(line: line + 1, column: column + 2)
                    if passed == count, isAtEnd { return last }
                }
                column += 1
            }
            line += 1
            column = 0
        }
        return last
    }
}

extension Unicode.Scalar {
    fileprivate var isBlank: Bool { self == " " || self == "\t" || self == "\n" || self == "\r" }
}

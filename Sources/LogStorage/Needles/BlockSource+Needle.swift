internal import ColumnCoding
internal import TelemetryModel

/// Finds out whether lines may contain a needle from the outline and from filters, and which rows do.
extension BlockSource {
    func mayContain(_ needle: [UInt8]) throws -> Bool {
        let outline = try outline()
        let knowledge = NeedleKnowledge(self, outline)
        let word = BlockSource.longestWord(needle)
        if let columns = try knowledge.columns(withWord: word), columns.isEmpty || word.count == needle.count { return !columns.isEmpty }
        let part = NeedlePart(bytes: needle[...], beginsText: false, endsText: false)
        for shape in outline.shapes where try knowledge.mayHave(part, shape) { return true }
        guard let text = outline.columns.firstIndex(where: { $0.owner == .text }) else { return false }
        return try knowledge.mayHave(part, column: text)
    }

    /// The longest run of letters and digits.
    private static func longestWord(_ needle: [UInt8]) -> ArraySlice<UInt8> {
        var (longest, start) = (0..<0, 0)
        for end in 0...needle.count where end == needle.count || !TextCut.isWord(needle[end]) {
            if end - start > longest.count { longest = start..<end }
            start = end + 1
        }
        return needle[longest]
    }

    func rows(mayContain needle: [UInt8]) throws -> [Int32]? {
        let outline = try outline()
        let knowledge = NeedleKnowledge(self, outline)
        let part = NeedlePart(bytes: needle[...], beginsText: false, endsText: false)
        let word = BlockSource.longestWord(needle)
        var isFound: [Bool]
        if word.count == needle.count, let columns = try knowledge.columns(withWord: word) {
            isFound = [Bool](repeating: false, count: try block.directory().summary.rows)
            for column in columns { try mark(column, outline, knowledge, part, &isFound) }
        } else {
            guard let found = try rows(mayContain: part, outline, knowledge) else { return nil }
            isFound = found
        }
        var rows: [Int32] = []
        for row in isFound.indices where isFound[row] { rows.append(Int32(truncatingIfNeeded: row)) }
        return rows
    }

    private func rows(mayContain part: NeedlePart, _ outline: BlockOutline, _ knowledge: NeedleKnowledge) throws -> [Bool]? {
        let text = outline.columns.firstIndex { $0.owner == .text }
        // Shapes all of whose lines have to be looked at, and the columns to look into for the others.
        var isCandidate = [Bool](repeating: false, count: outline.shapes.count)
        var columns: Set<Int> = []
        for (number, shape) in outline.shapes.enumerated() {
            guard try knowledge.mayHave(part, shape) else { continue }
            if let own = try knowledge.columns(with: part, shape) { columns.formUnion(own) } else { isCandidate[number] = true }
        }
        if let text, try knowledge.mayHave(part, column: text) { columns.insert(text) }
        if text == nil, isCandidate.allSatisfy({ $0 }) { return nil }
        let shapes = try rowShapes().lines
        var isFound = shapes.map { $0 >= 0 && isCandidate[Int($0)] }
        for column in columns { try mark(column, outline, knowledge, part, &isFound) }
        return isFound
    }

    /// Marks the rows whose value in a column has the needle.
    private func mark(
        _ number: Int, _ outline: BlockOutline, _ knowledge: NeedleKnowledge, _ part: NeedlePart, _ isFound: inout [Bool]
    ) throws {
        if case .copy(let other) = outline.columns[number].form { return try mark(other, outline, knowledge, part, &isFound) }
        let rows = outline.columns[number].rowSet == 0 ? nil : try rows(ofSet: outline.columns[number].rowSet)
        func note(_ place: Int) { isFound[rows.map { Int($0[place]) } ?? place] = true }
        if let id = outline.columns[number].id(part) { return try ColumnReader(self, outline, number).places(ofID: id).forEach(note) }
        let column = try column(number)
        switch column.form {
        case .dictionary(let codes, let values):
            let isWanted = (0..<values.count).map { values.has(part, $0) }
            for (place, code) in codes.enumerated() where isWanted[Int(code)] { note(place) }
        case .plain(let texts): for place in 0..<texts.count where texts.has(part, place) { note(place) }
        case .patterns(let patterns):
            guard case .patterns(let outlines, _) = outline.columns[number].form else { return }
            let isWanted = try outlines.map { try knowledge.mayHave(part, $0, number) }
            let times = try frame().times
            var text: [UInt8] = []
            for place in 0..<column.count where isWanted[patterns.place(place).pattern] {
                text.removeAll(keepingCapacity: true)
                patterns.append(place, time: times[rows.map { Int($0[place]) } ?? place], to: &text)
                if TextSearch.has(text[...], part) { note(place) }
            }
        }
    }
}

extension ColumnOutline {
    /// The id that a needle is, where the column is of nothing but such ids; nil otherwise.
    fileprivate func id(_ part: NeedlePart) -> (high: UInt64, low: UInt64)? {
        guard let form = ids, part.bytes.count == form.textLength else { return nil }
        return HexText.id(part.bytes)
    }

    /// What its ids are like, where the column is of nothing else; nil otherwise.
    var ids: HexForm? {
        guard case .patterns(let patterns, _) = form, patterns.count == 1, patterns[0].slots.count == 1,
            patterns[0].literals.allSatisfy(\.isEmpty), patterns[0].slots[0].keyColumn == nil,
            case .hexadecimal(let form) = patterns[0].slots[0].form
        else { return nil }
        return form
    }
}

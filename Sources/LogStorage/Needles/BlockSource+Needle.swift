internal import ColumnCoding
internal import TelemetryModel

/// Finds out whether lines may contain a needle from the outline and from filters, and which rows do.
extension BlockSource {
    func mayContain(_ needle: [UInt8]) throws -> Bool {
        let outline = try outline()
        let part = NeedlePart(bytes: needle[...], beginsText: false, endsText: false)
        let knowledge = NeedleKnowledge(self, outline)
        for shape in outline.shapes where try knowledge.mayHave(part, shape) { return true }
        guard let text = outline.columns.firstIndex(where: { $0.owner == .text }) else { return false }
        return try knowledge.mayHave(part, column: text)
    }

    func rows(mayContain needle: [UInt8]) throws -> [Int32]? {
        let outline = try outline()
        let knowledge = NeedleKnowledge(self, outline)
        let part = NeedlePart(bytes: needle[...], beginsText: false, endsText: false)
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
        return isFound.indices.filter { isFound[$0] }.map { Int32(truncatingIfNeeded: $0) }
    }

    /// Marks the rows whose value in a column has the needle.
    private func mark(
        _ number: Int, _ outline: BlockOutline, _ knowledge: NeedleKnowledge, _ part: NeedlePart, _ isFound: inout [Bool]
    ) throws {
        if case .copy(let other) = outline.columns[number].form { return try mark(other, outline, knowledge, part, &isFound) }
        let column = try column(number)
        let rows = outline.columns[number].rowSet == 0 ? nil : try rows(ofSet: outline.columns[number].rowSet)
        func note(_ place: Int) { isFound[rows.map { Int($0[place]) } ?? place] = true }
        switch column.form {
        case .dictionary(let codes, let values):
            let isWanted = (0..<values.count).map { values.has(part, $0) }
            for (place, code) in codes.enumerated() where isWanted[Int(code)] { note(place) }
        case .plain(let texts): for place in 0..<texts.count where texts.has(part, place) { note(place) }
        case .patterns(let patterns):
            guard case .patterns(let outlines, _) = outline.columns[number].form else { return }
            if let places = patterns.places(ofID: part) { return places.forEach(note) }
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

extension DecodedPatterns {
    /// The places that have an id, where the column is of nothing but ids and the needle is a whole one; nil otherwise.
    fileprivate func places(ofID part: NeedlePart) -> [Int]? {
        guard patterns.count == 1, patterns[0].slots.count == 1, patterns[0].literals.allSatisfy(\.isEmpty),
            case .hexadecimal(let high, let low, let codes, let form) = patterns[0].slots[0].form, patterns[0].slots[0].keyCodes == nil,
            part.bytes.count == form.textLength, let id = HexText.id(part.bytes)
        else { return nil }
        let found = low.indices.filter { low[$0] == id.low && (high.isEmpty || high[$0] == id.high) }
        guard let codes else { return found }
        let numbers = Set(found.map { Int32(truncatingIfNeeded: $0) })
        return numbers.isEmpty ? [] : codes.indices.filter { numbers.contains(codes[$0]) }
    }
}

public import TelemetryModel

/// Reads the labels of a series text (``ExpositionSample/series``) into packed form (see `LabelSet`).
///
/// It keeps its scratch memory, so one decoder serves a whole page, and more pages after it. Empty values are left out, as everywhere.
public struct SeriesTextDecoder: Sendable {
    private struct Entry {
        var name: Range<Int>
        var value: Range<Int>
        /// Where the label stands in the page, for errors.
        var offset: Int
    }

    /// Names and values with their escapes undone; entries point in here.
    private var text: [UInt8] = []
    private var entries: [Entry] = []

    public init() {}

    /// Appends the packed labels of a series, the metric name among them as `__name__`, to `packed`.
    ///
    /// - Parameters:
    ///   - page: the bytes that were parsed.
    ///   - range: the place of the series text in them.
    /// - Throws: ``ExpositionError``; `packed` is then as it was.
    public mutating func decode(_ page: [UInt8], _ range: Range<Int>, into packed: inout [UInt8]) throws(ExpositionError) {
        start()
        var index = range.lowerBound
        while index < range.upperBound, NameBytes.continuesMetricName(page[index]) { index += 1 }
        var hasName = index > range.lowerBound
        if hasName {
            guard NameBytes.startsMetricName(page[range.lowerBound]) else { throw fail(.expectedMetricName, range.lowerBound, page) }
            appendMetricName(page, range.lowerBound..<index)
        }
        index = skippingBlanks(page, index, range.upperBound)
        if index < range.upperBound {
            guard page[index] == UInt8(ascii: "{") else { throw fail(.expectedMetricName, index, page) }
            index = try readBraces(page, index, range.upperBound, nameAllowed: true, hasName: &hasName)
            guard index == range.upperBound else { throw fail(.expectedValue, index, page) }
        }
        guard hasName else { throw fail(.noMetricName, range.lowerBound, page) }
        try finish(page, into: &packed)
    }

    /// Reads an exemplar (``ExpositionSample/exemplar``).
    ///
    /// - Parameter defaultTimestamp: the exemplar's time where it has none.
    public mutating func decodeExemplar(
        _ page: [UInt8], _ range: Range<Int>, defaultTimestamp: Timestamp
    ) throws(ExpositionError) -> Exemplar {
        start()
        var hasName = true
        guard range.lowerBound < range.upperBound, page[range.lowerBound] == UInt8(ascii: "{") else {
            throw fail(.invalidExemplar, range.lowerBound, page)
        }
        let end = try readBraces(page, range.lowerBound, range.upperBound, nameAllowed: false, hasName: &hasName)
        var packed: [UInt8] = []
        try finish(page, into: &packed)
        // The parser has seen that one or two tokens follow, each behind a space.
        let parser = ExpositionParser(page, format: .openMetrics)
        let value = parser.token(from: min(end + 1, range.upperBound))
        var timestamp = defaultTimestamp
        if value.upperBound < range.upperBound { timestamp = try parser.milliseconds(at: parser.token(from: value.upperBound + 1)) }
        return Exemplar(labels: LabelSet(canonical: packed), value: try parser.number(at: value), timestamp: timestamp)
    }

    private mutating func start() {
        text.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    private func fail(_ code: ExpositionError.Code, _ offset: Int, _ page: [UInt8]) -> ExpositionError {
        ExpositionError(code, at: offset, in: page)
    }

    private mutating func appendMetricName(_ page: [UInt8], _ range: Range<Int>) {
        let start = text.count
        text.append(contentsOf: LabelName.metricName.utf8)
        let middle = text.count
        text.append(contentsOf: page[range])
        entries.append(Entry(name: start..<middle, value: middle..<text.count, offset: range.lowerBound))
    }

    /// Reads `{…}`; gives the offset behind the closing brace.
    private mutating func readBraces(
        _ page: [UInt8], _ open: Int, _ end: Int, nameAllowed: Bool, hasName: inout Bool
    ) throws(ExpositionError) -> Int {
        var index = skippingBlanks(page, open + 1, end)
        while true {
            guard index < end else { throw fail(.unclosedBrace, open, page) }
            if page[index] == UInt8(ascii: "}") { return index + 1 }
            let offset = index
            let name = try readName(page, &index, end)
            index = skippingBlanks(page, index, end)
            if index < end, page[index] == UInt8(ascii: "=") {
                index = skippingBlanks(page, index + 1, end)
                let value = try readQuoted(page, &index, end)
                entries.append(Entry(name: name, value: value, offset: offset))
            } else {
                guard nameAllowed, page[offset] == UInt8(ascii: "\"") else { throw fail(.expectedEqualsSign, index, page) }
                if hasName { throw fail(.twoMetricNames, offset, page) }
                if name.isEmpty { throw fail(.noMetricName, offset, page) }
                hasName = true
                let start = text.count
                text.append(contentsOf: LabelName.metricName.utf8)
                entries.append(Entry(name: start..<text.count, value: name, offset: offset))
            }
            index = skippingBlanks(page, index, end)
            guard index < end else { throw fail(.unclosedBrace, open, page) }
            switch page[index] {
            case UInt8(ascii: ","): index = skippingBlanks(page, index + 1, end)
            case UInt8(ascii: "}"): break
            default: throw fail(.expectedCommaOrBrace, index, page)
            }
        }
    }

    /// Reads a bare or quoted name into ``text``.
    private mutating func readName(_ page: [UInt8], _ index: inout Int, _ end: Int) throws(ExpositionError) -> Range<Int> {
        if page[index] == UInt8(ascii: "\"") { return try readQuoted(page, &index, end) }
        let start = index
        guard NameBytes.startsLabelName(page[start]) else { throw fail(.expectedLabelName, start, page) }
        while index < end, NameBytes.continuesLabelName(page[index]) { index += 1 }
        let from = text.count
        text.append(contentsOf: page[start..<index])
        return from..<text.count
    }

    /// Reads a quoted text into ``text``, escapes undone.
    private mutating func readQuoted(_ page: [UInt8], _ index: inout Int, _ end: Int) throws(ExpositionError) -> Range<Int> {
        guard index < end, page[index] == UInt8(ascii: "\"") else { throw fail(.expectedQuotedValue, min(index, end), page) }
        let start = index + 1
        var close = start
        var hasEscape = false
        var isASCII = true
        while close < end, page[close] != UInt8(ascii: "\"") {
            let byte = page[close]
            if byte >= 0x80 { isASCII = false }
            if byte == UInt8(ascii: "\\") {
                hasEscape = true
                close += 1
            }
            close += 1
        }
        guard close < end else { throw fail(.unclosedQuote, index, page) }
        if !isASCII, String(validating: page[start..<close], as: UTF8.self) == nil { throw fail(.invalidUTF8, start, page) }
        let from = text.count
        if hasEscape {
            Escapes.appendUnescaped(page, start..<close, quotes: true, to: &text)
        } else {
            text.append(contentsOf: page[start..<close])
        }
        index = close + 1
        return from..<text.count
    }

    private func skippingBlanks(_ page: [UInt8], _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, page[index] == UInt8(ascii: " ") || page[index] == UInt8(ascii: "\t") { index += 1 }
        return index
    }

    /// Sorts the entries, refuses doubles, and appends them.
    private mutating func finish(_ page: [UInt8], into packed: inout [UInt8]) throws(ExpositionError) {
        // Insertion sort: label lists are short and mostly sorted as they come.
        for unsorted in entries.indices.dropFirst() {
            var index = unsorted
            while index > 0 {
                let order = compare(entries[index - 1].name, entries[index].name)
                if order < 0 { break }
                if order == 0 { throw fail(.duplicateLabel, max(entries[index - 1].offset, entries[index].offset), page) }
                entries.swapAt(index - 1, index)
                index -= 1
            }
        }
        for entry in entries {
            if entry.name.isEmpty { throw fail(.expectedLabelName, entry.offset, page) }
            if entry.value.isEmpty { continue }
            LabelSet.appendRun(text[entry.name], to: &packed)
            LabelSet.appendRun(text[entry.value], to: &packed)
        }
    }

    private func compare(_ left: Range<Int>, _ right: Range<Int>) -> Int {
        for offset in 0..<min(left.count, right.count) {
            let (a, b) = (text[left.lowerBound + offset], text[right.lowerBound + offset])
            if a != b { return a < b ? -1 : 1 }
        }
        return left.count - right.count
    }
}

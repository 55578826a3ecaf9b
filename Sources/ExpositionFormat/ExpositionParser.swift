internal import TelemetryModel

/// Walks a metrics page line by line, over its bytes.
///
///     var parser = ExpositionParser(page, format: .openMetrics)
///     while let entry = try parser.next() { … }
///
/// The parser is total: any bytes give entries or an error with its position. It accepts what Prometheus accepts. Labels are only
/// skipped here, not checked: a series that is known by its bytes was checked before, and for a new one ``SeriesTextDecoder`` does it.
/// A page that errs anywhere is to be thrown away as a whole.
public struct ExpositionParser: Sendable {
    /// The page.
    public let bytes: [UInt8]
    public let format: ExpositionTextFormat
    var position = 0
    /// Where the last `# TYPE` puts the family's name and whether its samples may come with a `_created` line.
    var family: Range<Int> = 0..<0
    var familyHasStartTime = false
    var isFinished = false

    public init(_ bytes: [UInt8], format: ExpositionTextFormat) {
        self.bytes = bytes
        self.format = format
    }

    /// The next line's content, nil at the end of the page. After an error the parser is of no further use.
    public mutating func next() throws(ExpositionError) -> ExpositionEntry? {
        switch format {
        case .prometheus: try nextPrometheusEntry()
        case .openMetrics: try nextOpenMetricsEntry()
        }
    }

    func fail(_ code: ExpositionError.Code, at offset: Int) -> ExpositionError { ExpositionError(code, at: offset, in: bytes) }

    // MARK: - Scanning

    /// Steps over metric name and labels; gives their range. Only quotes and braces are looked at.
    mutating func takeSeries() throws(ExpositionError) -> Range<Int> {
        let start = position
        var index = position
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "{") || byte <= 0x20 { break }
            index += 1
        }
        if format == .prometheus {
            let next = skippingBlanks(from: index)
            if next < bytes.count, bytes[next] == UInt8(ascii: "{") { index = next }
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: "{") { index = try endOfBraces(from: index) }
        guard index > start else { throw fail(.expectedMetricName, at: start) }
        position = index
        return start..<index
    }

    /// The offset behind the brace that closes the one at `start`. Braces in quotes do not count.
    func endOfBraces(from start: Int) throws(ExpositionError) -> Int {
        var index = start + 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""): index = try endOfQuote(from: index)
            case UInt8(ascii: "}"): return index + 1
            case UInt8(ascii: "\n"): throw fail(.unclosedBrace, at: start)
            default: index += 1
            }
        }
        throw fail(.unclosedBrace, at: start)
    }

    /// The offset behind the quote that closes the one at `start`.
    func endOfQuote(from start: Int) throws(ExpositionError) -> Int {
        var index = start + 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") { return index + 1 }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw fail(.unclosedQuote, at: start)
    }

    func skippingBlanks(from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") || bytes[index] == UInt8(ascii: "\t") { index += 1 }
        return index
    }

    /// The range of the token at `start`, which ends before a blank or the end of the line.
    func token(from start: Int) -> Range<Int> {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t") { break }
            index += 1
        }
        return start..<index
    }

    /// The offset of the line break at or behind `start`, or of the end of the page.
    func endOfLine(from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        return index
    }

    func isEndOfLine(_ index: Int) -> Bool { index >= bytes.count || bytes[index] == UInt8(ascii: "\n") }

    func number(at range: Range<Int>) throws(ExpositionError) -> Double {
        guard !range.isEmpty else { throw fail(.expectedValue, at: range.lowerBound) }
        guard let value = DecimalText.double(bytes, range) else { throw fail(.invalidValue, at: range.lowerBound) }
        return value
    }

    /// Whether the bytes at `index` are this word.
    func hasWord(_ word: StaticString, at index: Int) -> Bool {
        guard bytes.count - index >= word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { word in
            for offset in 0..<word.count where bytes[index + offset] != word[offset] { return false }
            return true
        }
    }

    /// Steps over the name of a family in a comment, quoted or bare.
    mutating func takeFamilyName() throws(ExpositionError) -> Range<Int> {
        let start = position
        if start < bytes.count, bytes[start] == UInt8(ascii: "\"") {
            position = try endOfQuote(from: start)
        } else {
            var index = start
            while index < bytes.count, NameBytes.continuesMetricName(bytes[index]) { index += 1 }
            guard index > start, NameBytes.startsMetricName(bytes[start]) else { throw fail(.expectedMetricName, at: start) }
            position = index
        }
        return start..<position
    }

    func metricType(at range: Range<Int>) throws(ExpositionError) -> MetricType {
        for type in MetricType.allCases where type.rawValue.utf8.elementsEqual(bytes[range]) {
            // Each format knows only some of the types.
            switch (format, type) {
            case (.prometheus, .gaugehistogram), (.prometheus, .info), (.prometheus, .stateset), (.prometheus, .unknown): break
            default: return type
            }
        }
        if format == .prometheus, "untyped".utf8.elementsEqual(bytes[range]) { return .unknown }
        throw fail(.unknownMetricType, at: range.lowerBound)
    }

    // MARK: - Reading what entries point at

    /// The name of a family as text.
    public func name(at range: Range<Int>) -> String {
        guard let first = range.first, bytes[first] == UInt8(ascii: "\""), range.count >= 2 else {
            return String(decoding: bytes[range], as: UTF8.self)
        }
        var text: [UInt8] = []
        Escapes.appendUnescaped(bytes, range.lowerBound + 1..<range.upperBound - 1, quotes: true, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// A help text with its escapes undone.
    public func help(at range: Range<Int>) -> String {
        var text: [UInt8] = []
        Escapes.appendUnescaped(bytes, range, quotes: format == .openMetrics, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Bytes as text.
    public func text(at range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

internal import TelemetryModel

/// Prometheus text format, 0.0.4 and 1.0.0.
extension ExpositionParser {
    mutating func nextPrometheusEntry() throws(ExpositionError) -> ExpositionEntry? {
        while position < bytes.count {
            position = skippingBlanks(from: position)
            guard position < bytes.count else { return nil }
            switch bytes[position] {
            case UInt8(ascii: "\n"): position += 1
            case UInt8(ascii: "#"): return try takePrometheusComment()
            default: return .sample(try takePrometheusSample())
            }
        }
        return nil
    }

    private mutating func takePrometheusSample() throws(ExpositionError) -> ExpositionSample {
        let series = try takeSeries()
        let valueRange = token(from: skippingBlanks(from: position))
        var sample = ExpositionSample(series: series, value: try number(at: valueRange))
        var index = skippingBlanks(from: valueRange.upperBound)
        if !isEndOfLine(index) {
            let range = token(from: index)
            guard let timestamp = DecimalText.integer(bytes, range) else { throw fail(.invalidTimestamp, at: index) }
            sample.timestamp = timestamp
            index = skippingBlanks(from: range.upperBound)
        }
        guard isEndOfLine(index) else { throw fail(.expectedEndOfLine, at: index) }
        position = min(index + 1, bytes.count)
        return sample
    }

    private mutating func takePrometheusComment() throws(ExpositionError) -> ExpositionEntry {
        let hash = position
        let word = skippingBlanks(from: hash + 1)
        let isHelp = hasWord("HELP", at: word)
        let lineEnd = endOfLine(from: hash)
        guard word > hash + 1, isHelp || hasWord("TYPE", at: word), skippingBlanks(from: word + 4) > word + 4 else {
            position = min(lineEnd + 1, bytes.count)
            return .comment
        }
        position = skippingBlanks(from: word + 4)
        let name = try takeFamilyName()
        let textEnd = endOfLine(from: position)
        defer { position = min(textEnd + 1, bytes.count) }
        guard position == textEnd || bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\t") else {
            throw fail(.expectedMetricName, at: position)
        }
        if isHelp {
            let text = min(position + 1, textEnd)..<textEnd
            guard isUTF8(text) else { throw fail(.invalidUTF8, at: text.lowerBound) }
            return .help(name: name, text: text)
        }
        let typeStart = min(skippingBlanks(from: position), textEnd)
        var typeEnd = textEnd
        while typeEnd > typeStart, bytes[typeEnd - 1] == UInt8(ascii: " ") || bytes[typeEnd - 1] == UInt8(ascii: "\t") { typeEnd -= 1 }
        return .type(name: name, type: try metricType(at: typeStart..<typeEnd))
    }

    func isUTF8(_ range: Range<Int>) -> Bool {
        for index in range where bytes[index] >= 0x80 {
            return String(validating: bytes[range], as: UTF8.self) != nil
        }
        return true
    }
}

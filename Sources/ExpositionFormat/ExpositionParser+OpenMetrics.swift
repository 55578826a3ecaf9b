internal import TelemetryModel

/// OpenMetrics 1.0 text.
extension ExpositionParser {
    mutating func nextOpenMetricsEntry() throws(ExpositionError) -> ExpositionEntry? {
        if isFinished { return nil }
        guard position < bytes.count else { throw fail(.missingEndMarker, at: bytes.count) }
        switch bytes[position] {
        case UInt8(ascii: "#"): return try takeOpenMetricsComment()
        case UInt8(ascii: "\n"): throw fail(.blankLine, at: position)
        default:
            let sample = try takeOpenMetricsSample()
            return isCreated(sample.series) ? .created(sample) : .sample(sample)
        }
    }

    private mutating func takeOpenMetricsSample() throws(ExpositionError) -> ExpositionSample {
        let series = try takeSeries()
        let valueRange = try takeToken(orElse: .expectedValue)
        var sample = ExpositionSample(series: series, value: try number(at: valueRange))
        if !isEndOfLine(position), !startsExemplar(position) {
            sample.timestamp = try milliseconds(at: try takeToken(orElse: .expectedEndOfLine))
        }
        if startsExemplar(position) {
            let start = position + 3
            position = try endOfBraces(from: start)
            _ = try number(at: try takeToken(orElse: .invalidExemplar))
            if !isEndOfLine(position) { _ = try milliseconds(at: try takeToken(orElse: .invalidExemplar)) }
            sample.exemplar = start..<position
        }
        guard isEndOfLine(position), position < bytes.count else { throw fail(.expectedEndOfLine, at: position) }
        position += 1
        return sample
    }

    /// Steps over one space and the token behind it.
    private mutating func takeToken(orElse code: ExpositionError.Code) throws(ExpositionError) -> Range<Int> {
        guard position < bytes.count, bytes[position] == UInt8(ascii: " ") else { throw fail(code, at: position) }
        let range = token(from: position + 1)
        guard !range.isEmpty else { throw fail(code, at: range.lowerBound) }
        position = range.upperBound
        return range
    }

    private func startsExemplar(_ index: Int) -> Bool { hasWord(" # {", at: index) }

    /// A timestamp in seconds, as milliseconds.
    func milliseconds(at range: Range<Int>) throws(ExpositionError) -> Timestamp {
        guard let seconds = DecimalText.double(bytes, range), let time = Timestamp(exactly: (seconds * 1000).rounded(.towardZero)) else {
            throw fail(.invalidTimestamp, at: range.lowerBound)
        }
        return time
    }

    private mutating func takeOpenMetricsComment() throws(ExpositionError) -> ExpositionEntry? {
        let start = position
        if hasWord("# EOF", at: start) {
            position = start + 5
            if position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
            guard position == bytes.count else { throw fail(.textBehindEndMarker, at: position) }
            isFinished = true
            return nil
        }
        let isType = hasWord("# TYPE ", at: start)
        let isHelp = hasWord("# HELP ", at: start)
        guard isType || isHelp || hasWord("# UNIT ", at: start) else { throw fail(.invalidComment, at: start) }
        position = start + 7
        let name = try takeFamilyName()
        guard position < bytes.count, bytes[position] == UInt8(ascii: " ") else { throw fail(.expectedMetricName, at: position) }
        let text = position + 1..<endOfLine(from: position + 1)
        guard text.upperBound < bytes.count else { throw fail(.missingEndMarker, at: text.upperBound) }
        position = text.upperBound + 1
        guard isUTF8(text) else { throw fail(.invalidUTF8, at: text.lowerBound) }
        if isHelp { return .help(name: name, text: text) }
        if isType {
            let type = try metricType(at: text)
            family = name
            familyHasStartTime = type == .counter || type == .histogram || type == .gaugehistogram || type == .summary
            return .type(name: name, type: type)
        }
        try checkUnit(text, isSuffixOf: name)
        return .unit(name: name, unit: text)
    }

    private func checkUnit(_ unit: Range<Int>, isSuffixOf name: Range<Int>) throws(ExpositionError) {
        guard !unit.isEmpty else { return }
        let isQuoted = bytes[name.lowerBound] == UInt8(ascii: "\"")
        let bare = isQuoted ? name.lowerBound + 1..<name.upperBound - 1 : name
        guard bare.count > unit.count, bytes[bare].suffix(unit.count).elementsEqual(bytes[unit]),
            bytes[bare.upperBound - unit.count - 1] == UInt8(ascii: "_")
        else { throw fail(.unitNotSuffix, at: unit.lowerBound) }
    }

    /// Whether the series is the start time of the family announced last.
    private func isCreated(_ series: Range<Int>) -> Bool {
        guard familyHasStartTime else { return false }
        let isQuoted = bytes[family.lowerBound] == UInt8(ascii: "\"")
        // A quoted name stands inside the braces: {"name_created",…}.
        let opening = isQuoted ? 2 : 0
        let bare = isQuoted ? family.lowerBound + 1..<family.upperBound - 1 : family
        let suffix = series.lowerBound + opening + bare.count
        guard suffix + 8 <= series.upperBound, hasWord("_created", at: suffix) else { return false }
        if isQuoted, !hasWord("{\"", at: series.lowerBound) { return false }
        guard bytes[suffix - bare.count..<suffix].elementsEqual(bytes[bare]) else { return false }
        let end = suffix + 8
        return end == series.upperBound || bytes[end] == UInt8(ascii: isQuoted ? "\"" : "{")
    }
}

internal import PromQL
internal import QueryModel
internal import TelemetryModel

extension TestScript {
    /// Reads a script.
    ///
    /// - Throws: ``ScriptError`` with the line at fault.
    public init(reading text: String) throws(ScriptError) {
        var reader = ScriptReader(text)
        self.init(commands: try reader.commands())
    }
}

/// Reads a script line by line. A block is a command and the lines up to the next empty one.
private struct ScriptReader {
    private let lines: [String]
    private var next = 0

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let trimmed = trim(String(line))
            return trimmed.hasPrefix("#") ? "" : trimmed
        }
    }

    mutating func commands() throws(ScriptError) -> [TestScript.Command] {
        var commands: [TestScript.Command] = []
        while next < lines.count {
            let line = lines[next]
            next += 1
            if line.isEmpty { continue }
            if line == "clear" {
                commands.append(.clear)
            } else if line.hasPrefix("load") {
                commands.append(.load(try load(line)))
            } else if line.hasPrefix("eval") {
                commands.append(.evaluate(try evaluate(line)))
            } else {
                throw fault("unknown command \"\(line)\"")
            }
        }
        return commands
    }

    private func fault(_ message: String) -> ScriptError { ScriptError(line: next, message: message) }

    private mutating func load(_ line: String) throws(ScriptError) -> LoadCommand {
        let (word, rest) = cut(line)
        guard word == "load" || word == "load_with_nhcb" else { throw fault("unknown command \"\(word)\"") }
        var command = LoadCommand(step: try duration(rest), convertsClassicHistograms: word == "load_with_nhcb", series: [])
        while next < lines.count, !lines[next].isEmpty {
            let line = lines[next]
            next += 1
            command.series.append(try series(line))
        }
        return command
    }

    private func series(_ line: String) throws(ScriptError) -> NotedSeries {
        do { return try NotedSeries(notation: line) } catch { throw fault(error.description) }
    }

    private func duration(_ text: String) throws(ScriptError) -> Int64 {
        guard let duration = milliseconds(text) else { throw fault("\"\(text)\" is no duration") }
        return duration
    }

    // MARK: eval

    private mutating func evaluate(_ line: String) throws(ScriptError) -> EvaluateCommand {
        let (word, afterWord) = cut(line)
        var command = try head(afterWord)
        if let suffix = word.split(separator: "_").dropFirst().first {
            guard let kind = Expectation.Kind(rawValue: String(suffix)) else { throw fault("unknown command \"\(word)\"") }
            command.expectations.append(Expectation(kind: kind, match: .any))
        }
        while next < lines.count, !lines[next].isEmpty {
            let line = lines[next]
            next += 1
            if line.hasPrefix("expect ") {
                try expectation(String(line.dropFirst(7)), &command)
            } else if line.hasPrefix("expected_fail_message ") {
                command.expectations.append(Expectation(kind: .fail, match: .text(cut(line).rest)))
            } else if line.hasPrefix("expected_fail_regexp ") {
                command.expectations.append(Expectation(kind: .fail, match: .pattern(cut(line).rest)))
            } else if let number = number(line) {
                command.scalar = number
            } else {
                command.series.append(try series(line))
            }
        }
        return command
    }

    /// Reads `instant [at T] QUERY` or `range from T to T step D QUERY`.
    private func head(_ text: String) throws(ScriptError) -> EvaluateCommand {
        let (kind, rest) = cut(text)
        switch kind {
        case "instant":
            let (at, afterAt) = cut(rest)
            guard at == "at" else { return EvaluateCommand(line: next, query: rest, times: .instant(0)) }
            let (time, query) = cut(afterAt)
            return EvaluateCommand(line: next, query: query, times: .instant(try duration(time)))
        case "range":
            let words = rest.split(separator: " ", maxSplits: 6).map(String.init)
            guard words.count == 7, words[0] == "from", words[2] == "to", words[4] == "step" else { throw fault("unknown form of range") }
            let times = QueryTimes.range(start: try duration(words[1]), end: try duration(words[3]), step: try duration(words[5]))
            return EvaluateCommand(line: next, query: trim(words[6]), times: times)
        default: throw fault("neither instant nor range: \"\(text)\"")
        }
    }

    private func expectation(_ text: String, _ command: inout EvaluateCommand) throws(ScriptError) {
        if text.hasPrefix("string ") {
            let literal = trim(String(text.dropFirst(7)))
            guard case .string(let node)? = try? PromQLParser(features: []).parse(literal) else { throw fault("\(literal) is no string") }
            command.string = node.value
            return
        }
        if text.hasPrefix("range vector ") {
            let words = text.split(separator: " ").map(String.init)
            guard words.count == 8 else { throw fault("unknown form of range vector") }
            command.rangeVectorTimes = .range(start: try duration(words[3]), end: try duration(words[5]), step: try duration(words[7]))
            return
        }
        let (word, rest) = cut(text)
        guard let kind = Expectation.Kind(rawValue: word) else { throw fault("unknown expectation \"\(word)\"") }
        var match = Expectation.Match.any
        if rest.hasPrefix("msg:") {
            match = .text(trim(String(rest.dropFirst(4))))
        } else if rest.hasPrefix("regex:") {
            match = .pattern(trim(String(rest.dropFirst(6))))
        }
        command.expectations.append(Expectation(kind: kind, match: match))
    }
}

/// The first word of a line and what follows it.
func cut(_ text: String) -> (word: String, rest: String) {
    guard let end = text.firstIndex(where: { $0 == " " || $0 == "\t" }) else { return (text, "") }
    return (String(text[..<end]), trim(String(text[end...])))
}

/// A text without blanks at its ends.
func trim(_ text: String) -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    let start = text.drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(start[...last])
}

/// A duration such as `1h30m` or a number of seconds, maybe negative; nil where it is neither.
func milliseconds(_ text: String) -> Int64? {
    if let seconds = number(text) { return Int64(seconds * 1000) }
    var rest = text[...]
    let isNegative = rest.hasPrefix("-")
    if isNegative { rest = rest.dropFirst() }
    let units: [(String, Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000), ("y", 31_536_000_000),
    ]
    var total: Int64 = 0
    while !rest.isEmpty {
        let digits = rest.prefix { $0.isNumber }
        guard let count = Int64(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        guard let unit = units.first(where: { rest.hasPrefix($0.0) }) else { return nil }
        rest = rest.dropFirst(unit.0.count)
        total += count * unit.1
    }
    return isNegative ? -total : total
}

/// A number as scripts write it, or nil.
func number(_ text: some StringProtocol) -> Double? {
    var digits = text.lowercased()[...]
    var sign = 1.0
    if digits.hasPrefix("-") || digits.hasPrefix("+") {
        if digits.hasPrefix("-") { sign = -1 }
        digits = digits.dropFirst()
    }
    switch digits {
    case "inf", "infinity": return sign * Double.infinity
    case "nan": return .nan
    default: break
    }
    guard digits.first?.isNumber == true || digits.first == "." else { return nil }
    if digits.hasPrefix("0x"), let whole = Int64(digits.dropFirst(2), radix: 16) { return sign * Double(whole) }
    return Double(digits).map { sign * $0 }
}

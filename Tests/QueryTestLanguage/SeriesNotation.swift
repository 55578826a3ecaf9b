internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// A series whose notation cannot be understood.
public struct NotationError: Error, CustomStringConvertible {
    public var description: String
}

extension NotedSeries {
    /// Reads `name{label="value"} 1 2+3x4 _ {{schema:0 sum:1 count:2 buckets:[1 1]}}`.
    ///
    /// - Throws: ``NotationError``.
    public init(notation: String) throws(NotationError) {
        var end = NotedSeries.endOfLabels(notation)
        var selector = trim(String(notation[..<end]))
        let tellsStarts = selector.hasSuffix("@st") || notation[end...].hasPrefix("@st")
        if selector.hasSuffix("@st") {
            selector = String(selector.dropLast(3))
        } else if tellsStarts {
            end = notation.index(end, offsetBy: 3)
        }
        points = []
        labels = LabelSet()
        if selector != "{}" {
            let expression: Expression
            do { expression = try PromQLParser(features: .all).parse(selector) } catch {
                throw NotationError(description: "\"\(selector)\" is no series: \(error)")
            }
            guard case .selector(let node) = expression else { throw NotationError(description: "\"\(selector)\" is no series") }
            labels = LabelSet(node.matchers.map { ($0.name, $0.value) })
        }
        if tellsStarts {
            var told: [Int64?] = []
            for item in NotedSeries.items(notation[end...]) { told += try StartNotation.expand(item) }
            starts = told
            return
        }
        for item in NotedSeries.items(notation[end...]) { points += try PointNotation.expand(item) }
    }

    /// Where the labels end: after the braces that are not inside quotes, or at the first blank.
    private static func endOfLabels(_ text: String) -> String.Index {
        var quote: Character?
        var depth = 0
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            if let open = quote {
                if character == "\\" && open != "`" { index = text.index(after: index) }
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" || character == "`" {
                quote = character
            } else if character == "{" {
                depth += 1
            } else if character == "}" {
                depth -= 1
                if depth == 0 { return text.index(after: index) }
            } else if depth == 0 && (character == " " || character == "\t") {
                // A blank may stand between name and braces.
                let rest = text[index...].drop { $0 == " " || $0 == "\t" }
                if !rest.hasPrefix("{") || rest.hasPrefix("{{") { return index }
            }
            if index < text.endIndex { index = text.index(after: index) }
        }
        return text.endIndex
    }

    /// The points of a series, each with its repetition; blanks inside histograms do not part them.
    private static func items(_ text: Substring) -> [String] {
        var items: [String] = []
        var current = ""
        var depth = 0
        for character in text {
            if character == "{" || character == "[" { depth += 1 }
            if character == "}" || character == "]" { depth -= 1 }
            if depth == 0 && (character == " " || character == "\t") {
                if !current.isEmpty { items.append(current) }
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { items.append(current) }
        return items
    }
}

/// One start, or several by repetition: `-30s`, `-1mx3`, `-30s-1mx2`, `_`; durations from the time of the sample.
enum StartNotation {
    static func expand(_ item: String) throws(NotationError) -> [Int64?] {
        if item == "_" { return [nil] }
        var text = item[...]
        var times = 0
        if let mark = item.lastIndex(of: "x"), let count = Int(item[item.index(after: mark)...]) {
            times = count
            text = item[..<mark]
        }
        if text == "_" { return [Int64?](repeating: nil, count: times) }
        let second = text.dropFirst().firstIndex { $0 == "-" || $0 == "+" } ?? text.endIndex
        let step = text[second...].hasPrefix("+") ? text[second...].dropFirst() : text[second...]
        let front = text[..<second].hasPrefix("+") ? text[..<second].dropFirst() : text[..<second]
        guard let first = milliseconds(String(front)), let increment = step.isEmpty ? 0 : milliseconds(String(step)) else {
            throw NotationError(description: "\"\(item)\" is no start")
        }
        return (0...Int64(times)).map { first + $0 * increment }
    }
}

/// One point, or several by repetition: `3`, `3x4`, `3+2x4`, `_x4`, `stale`, histograms in double braces.
enum PointNotation {
    static func expand(_ item: String) throws(NotationError) -> [NotedPoint?] {
        if item == "_" { return [nil] }
        if item.hasPrefix("_x"), let count = Int(item.dropFirst(2)) { return [NotedPoint?](repeating: nil, count: count) }
        if item == "stale" { return [NotedPoint(value: .float(StaleMarker.value))] }
        if item.hasPrefix("{{") { return try expandHistograms(item) }
        return try expandNumbers(item)
    }

    private static func expandNumbers(_ item: String) throws(NotationError) -> [NotedPoint?] {
        var rest = item[...]
        guard let first = takeNumber(&rest) else { throw NotationError(description: "\"\(item)\" is no point") }
        if rest.isEmpty { return [NotedPoint(value: .float(first))] }
        var increment = 0.0
        if !rest.hasPrefix("x") {
            guard let number = takeNumber(&rest) else { throw NotationError(description: "\"\(item)\" is no point") }
            increment = number
        }
        guard rest.hasPrefix("x"), let times = Int(rest.dropFirst()) else { throw NotationError(description: "\"\(item)\" is no point") }
        var points: [NotedPoint?] = []
        var value = first
        for _ in 0...times {
            points.append(NotedPoint(value: .float(value)))
            value += increment
        }
        return points
    }

    /// Takes a number with its sign off the front.
    private static func takeNumber(_ text: inout Substring) -> Double? {
        let characters = Array(text)
        var end = 0
        if end < characters.count, characters[end] == "-" || characters[end] == "+" { end += 1 }
        let word = String(characters[end...].prefix(3)).lowercased()
        if word == "inf" || word == "nan" {
            end += 3
        } else {
            while end < characters.count {
                let character = characters[end]
                let isExponentSign = (character == "+" || character == "-") && end > 0 && "eE".contains(characters[end - 1])
                guard character.isNumber || character == "." || "eE".contains(character) || isExponentSign else { break }
                end += 1
            }
        }
        let value = number(String(characters[..<end]))
        text = text.dropFirst(end)
        return value
    }

    // MARK: Histograms

    private static func expandHistograms(_ item: String) throws(NotationError) -> [NotedPoint?] {
        guard let end = item.range(of: "}}") else { throw NotationError(description: "\"\(item)\" does not end") }
        let first = try histogram(String(item[..<end.upperBound]))
        var rest = item[end.upperBound...]
        if rest.isEmpty { return [first] }
        if rest.hasPrefix("x"), let times = Int(rest.dropFirst()) { return [NotedPoint?](repeating: first, count: times + 1) }
        guard rest.hasPrefix("+") || rest.hasPrefix("-"), let second = rest.range(of: "}}") else {
            throw NotationError(description: "\"\(item)\" is no point")
        }
        let subtracts = rest.hasPrefix("-")
        let increment = try histogram(String(rest.dropFirst()[..<second.upperBound]))
        rest = rest[second.upperBound...]
        guard rest.hasPrefix("x"), let times = Int(rest.dropFirst()), case .histogram(let step) = increment.value,
            case .histogram(var current) = first.value
        else { throw NotationError(description: "\"\(item)\" is no point") }
        var points: [NotedPoint?] = [NotedPoint(value: first.value, hasResetHint: increment.hasResetHint)]
        for _ in 0..<times {
            do {
                if subtracts { try current.subtract(step) } else { try current.add(step) }
            } catch { throw NotationError(description: "\(error)") }
            points.append(NotedPoint(value: .histogram(current), hasResetHint: increment.hasResetHint))
        }
        return points
    }

    /// Reads `{{schema:0 sum:1 count:2 buckets:[1 1]}}`.
    private static func histogram(_ text: String) throws(NotationError) -> NotedPoint {
        var histogram = NativeHistogram()
        var hasResetHint = false
        var (offset, negativeOffset): (Int32, Int32) = (0, 0)
        for field in fields(text.dropFirst(2).dropLast(2)) {
            guard let colon = field.firstIndex(of: ":") else { throw NotationError(description: "\"\(field)\" has no value") }
            let value = String(field[field.index(after: colon)...])
            let values = value.split { "[] ".contains($0) }.compactMap { number($0) }
            let single = number(value)
            switch field[..<colon] {
            case "schema": histogram.schema = Int32(single ?? 0)
            case "sum": histogram.sum = single ?? .nan
            case "count": histogram.count = single ?? .nan
            case "z_bucket": histogram.zeroCount = single ?? .nan
            case "z_bucket_w": histogram.zeroThreshold = single ?? .nan
            case "custom_values": histogram.customBounds = values
            case "buckets": histogram.positiveBuckets = values
            case "n_buckets": histogram.negativeBuckets = values
            case "offset": offset = Int32(single ?? 0)
            case "n_offset": negativeOffset = Int32(single ?? 0)
            case "counter_reset_hint":
                hasResetHint = true
                histogram.resetHint = try resetHint(value)
            default: throw NotationError(description: "unknown field \"\(field)\"")
            }
        }
        histogram.positiveSpans = spans(histogram.positiveBuckets, offset)
        histogram.negativeSpans = spans(histogram.negativeBuckets, negativeOffset)
        return NotedPoint(value: .histogram(histogram), hasResetHint: hasResetHint)
    }

    private static func spans(_ buckets: [Double], _ offset: Int32) -> [NativeHistogram.BucketSpan] {
        buckets.isEmpty ? [] : [NativeHistogram.BucketSpan(offset: offset, length: UInt32(buckets.count))]
    }

    private static func resetHint(_ text: String) throws(NotationError) -> NativeHistogram.ResetHint {
        switch text {
        case "unknown": .unknown
        case "reset": .reset
        case "not_reset": .notReset
        case "gauge": .gauge
        default: throw NotationError(description: "unknown hint \"\(text)\"")
        }
    }

    private static func fields(_ text: Substring) -> [String] {
        var fields: [String] = []
        var current = ""
        var depth = 0
        for character in text {
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            if character == " " && depth == 0 {
                // A blank may follow the colon.
                if current.hasSuffix(":") { continue }
                if !current.isEmpty { fields.append(current) }
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { fields.append(current) }
        return fields
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<String.Index>? { String.find(text, in: self) }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? { String.find(text, in: self[...]) }

    fileprivate static func find(_ text: String, in whole: Substring) -> Range<String.Index>? {
        var start = whole.startIndex
        while start < whole.endIndex {
            if whole[start...].hasPrefix(text) { return start..<whole.index(start, offsetBy: text.count) }
            start = whole.index(after: start)
        }
        return nil
    }
}

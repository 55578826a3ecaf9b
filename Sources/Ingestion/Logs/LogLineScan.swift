internal import ByteCoding
internal import LogFormats

/// Finds the level of a line and the ids of its trace and span in what the line says.
struct LogLineScan {
    private let levelFields: [[UInt8]]
    private let depthMax: Int
    /// Whether a name may be a level's that begins with a byte and has a length; most names need not be compared then.
    private var firstBytes = [Bool](repeating: false, count: 256)
    private var lengths = [Bool](repeating: false, count: 64)

    /// What a line holds.
    struct Findings {
        /// The value of a level's field as it stands in the line.
        var level: UnsafeBufferPointer<UInt8>?
        var traceID: UnsafeBufferPointer<UInt8>?
        var spanID: UnsafeBufferPointer<UInt8>?
    }

    init(levelFields: [String], depthMax: Int) {
        self.levelFields = levelFields.map { Array($0.utf8) }
        self.depthMax = depthMax > 0 ? min(depthMax, JSONCursor.depthMax) : JSONCursor.depthMax
        for name in self.levelFields {
            if let first = name.first { firstBytes[Int(first)] = true }
            lengths[min(name.count, 63)] = true
        }
    }

    /// Whether a line begins and ends as a JSON object does.
    static func isObject(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        var start = 0
        var end = line.count
        while start < end, isBlank(line[start]) { start += 1 }
        while end > start, isBlank(line[end - 1]) { end -= 1 }
        return end - start >= 2 && line[start] == UInt8(ascii: "{") && line[end - 1] == UInt8(ascii: "}")
    }

    /// The level of a line: of a field with a known level, or else of the words in the line.
    func level(of line: UnsafeBufferPointer<UInt8>, _ findings: Findings) -> LogLevel {
        findings.level.flatMap { LogLevel(word: $0) } ?? LogLevel(line: line)
    }

    /// Looks through a line that is a JSON object or has `name=value` pairs.
    ///
    /// - Parameter findsIDs: whether ids are looked for as well.
    func scan(_ line: UnsafeBufferPointer<UInt8>, findsLevel: Bool, findsIDs: Bool) -> Findings {
        var findings = Findings()
        if LogLineScan.isObject(line) {
            var cursor = JSONCursor(line)
            // What stands before the place where a line stops being JSON counts all the same.
            _ = try? scanObject(&cursor, depth: 1, within: .line, findsLevel: findsLevel, findsIDs: findsIDs, into: &findings)
        } else if line.contains(UInt8(ascii: "=")) {
            scanPairs(line, findsLevel: findsLevel, findsIDs: findsIDs, into: &findings)
        }
        return findings
    }

    // MARK: - JSON

    private func isLevelName(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = name.first, firstBytes[Int(first)], lengths[min(name.count, 63)] else { return false }
        return levelFields.contains { name.elementsEqual($0) }
    }

    /// - Returns: whether everything that is looked for was found.
    private func scanObject(
        _ cursor: inout JSONCursor, depth: Int, within outer: LogTraceIDs.Group, findsLevel: Bool, findsIDs: Bool,
        into findings: inout Findings
    ) throws(JSONFault) -> Bool {
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            let name = cursor.bytes(key.range)
            switch try cursor.peekKind() {
            case .string:
                let value = cursor.bytes(try cursor.readText().range)
                if findsLevel, findings.level == nil, isLevelName(name) { findings.level = value }
                if findsIDs, depth <= 2 { LogTraceIDs.note(name, value, within: outer, in: &findings) }
                let hasIDs = findings.traceID != nil && findings.spanID != nil
                if findings.level != nil || !findsLevel, hasIDs || !findsIDs { return true }
            case .object where depth < depthMax:
                let inner = findsIDs ? LogTraceIDs.group(name) : .other
                if try scanObject(&cursor, depth: depth + 1, within: inner, findsLevel: findsLevel, findsIDs: findsIDs, into: &findings) {
                    return true
                }
            default: try cursor.skipValue()
            }
        }
        return false
    }

    // MARK: - Pairs

    /// Goes through `name=value` pairs; of several names of a level that counts which stands first in the list.
    private func scanPairs(_ line: UnsafeBufferPointer<UInt8>, findsLevel: Bool, findsIDs: Bool, into findings: inout Findings) {
        var best = levelFields.count
        var index = 0
        while index < line.count {
            while index < line.count, line[index] <= 0x20 { index += 1 }
            let start = index
            while index < line.count, line[index] > 0x20, line[index] != UInt8(ascii: "=") { index += 1 }
            guard index < line.count, line[index] == UInt8(ascii: "=") else { continue }
            let name = UnsafeBufferPointer(rebasing: line[start..<index])
            index += 1
            guard let value = LogLineScan.pairValue(line, &index) else { return }
            if findsLevel, best > 0, let place = levelPlace(name, before: best) {
                best = place
                findings.level = value
            }
            if findsIDs { LogTraceIDs.note(name, value, within: .line, in: &findings) }
            if best == 0, !findsIDs { return }
        }
    }

    /// The value at an offset, without its quotes; nil where the line is no pairs from there on.
    private static func pairValue(_ line: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> UnsafeBufferPointer<UInt8>? {
        guard index < line.count, line[index] == UInt8(ascii: "\"") else {
            let start = index
            while index < line.count, line[index] > 0x20 {
                if line[index] == UInt8(ascii: "\"") || line[index] == UInt8(ascii: "=") { return nil }
                index += 1
            }
            return UnsafeBufferPointer(rebasing: line[start..<index])
        }
        index += 1
        let start = index
        while index < line.count, line[index] != UInt8(ascii: "\"") { index += line[index] == UInt8(ascii: "\\") ? 2 : 1 }
        guard index < line.count else { return nil }
        index += 1
        return UnsafeBufferPointer(rebasing: line[start..<(index - 1)])
    }

    /// The place of a name in the list, before another one; names are compared whatever their case.
    private func levelPlace(_ name: UnsafeBufferPointer<UInt8>, before limit: Int) -> Int? {
        guard !name.isEmpty, lengths[min(name.count, 63)] else { return nil }
        return levelFields[..<limit].firstIndex { field in
            field.count == name.count && zip(field, name).allSatisfy { LogLineScan.lowered($0) == LogLineScan.lowered($1) }
        }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}

/// The names by which lines say which trace and span they belong to.
enum LogTraceIDs {
    /// The object that a name stands in.
    enum Group { case line, trace, span, other }

    /// Notes the value of a field that holds an id: 32 or 16 hexadecimal digits for a trace, 16 for a span. The first one counts.
    static func note(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, within outer: LogTraceIDs.Group,
        in findings: inout LogLineScan.Findings
    ) {
        if findings.traceID == nil, isID(value, 32) || isID(value, 16), isName(name, traceNames, within: outer, inner: .trace) {
            findings.traceID = value
        } else if findings.spanID == nil, isID(value, 16), isName(name, spanNames, within: outer, inner: .span) {
            findings.spanID = value
        }
    }

    /// The object of ECS that a name stands for: `trace` and `span` have the id as their member `id`.
    static func group(_ name: UnsafeBufferPointer<UInt8>) -> Group {
        if equal(name, "trace") { return .trace }
        return equal(name, "span") ? .span : .other
    }

    private static let traceNames: [StaticString] = ["trace_id", "traceId", "traceid", "traceID", "TraceId", "TraceID", "trace.id"]
    private static let spanNames: [StaticString] = ["span_id", "spanId", "spanid", "spanID", "SpanId", "SpanID", "span.id"]

    private static func isName(
        _ name: UnsafeBufferPointer<UInt8>, _ names: [StaticString], within outer: LogTraceIDs.Group, inner: Group
    ) -> Bool {
        outer == .line ? names.contains { equal(name, $0) } : outer == inner && equal(name, "id")
    }

    private static func isID(_ value: UnsafeBufferPointer<UInt8>, _ digits: Int) -> Bool {
        value.count == digits && value.allSatisfy { Hexadecimal.value(of: $0) != nil } && value.contains { $0 != UInt8(ascii: "0") }
    }

    private static func equal(_ text: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { $0.elementsEqual(text) }
    }
}

internal import ByteCoding

/// Newline-delimited JSON: a document on each line. An array of documents is taken as well.
public enum JSONLines {
    /// What came of a body.
    public struct Report: Sendable, Hashable {
        /// A line that was not taken.
        public struct Fault: Sendable, Hashable {
            /// Counted from 1.
            public var line: Int
            public var reason: String
        }

        /// Lines with something on them.
        public var lines = 0
        /// Lines that were not taken.
        public var refused = 0
        /// The first of them.
        public var faults: [Fault] = []
        static let faultsMax = 20

        public init() {}

        /// - Parameter refusal: why the line was not taken; nil where it was.
        fileprivate mutating func count(line: Int, refusal: @autoclosure () -> String?) {
            lines += 1
            guard let reason = refusal() else { return }
            refused += 1
            if faults.count < Report.faultsMax { faults.append(.init(line: line, reason: reason)) }
        }
    }

    /// Reads a body; a wrong line is refused by itself. Of an array the elements count as lines, up to the place where it is no JSON.
    public static func decode<Sink: LogEntrySink>(
        _ body: UnsafeBufferPointer<UInt8>, _ mapping: LogDocumentMapping, labels: [JSONLineFields.Label], into sink: inout Sink
    ) -> Report {
        var report = Report()
        var reader = LogDocumentReader(mapping)
        var fixed = LogFields()
        for label in labels { fixed.append(label.name, label.value) }
        if body.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") {
            decodeArray(body, &reader, fixed, into: &sink, &report)
            return report
        }
        var lines = TextLines(body)
        while let line = lines.next() {
            if line.isEmpty { continue }
            let isTaken = reader.read(line, fixed: fixed, into: &sink)
            if sink.isFull { break }
            report.count(line: lines.number, refusal: isTaken ? nil : sink.lastRefusal)
        }
        return report
    }

    private static func decodeArray<Sink: LogEntrySink>(
        _ body: UnsafeBufferPointer<UInt8>, _ reader: inout LogDocumentReader, _ fixed: LogFields, into sink: inout Sink,
        _ report: inout Report
    ) {
        var cursor = JSONCursor(body)
        do throws(JSONFault) {
            try cursor.beginArray()
            while try cursor.nextElement() {
                let isTaken = reader.read(cursor.bytes(try cursor.skipValue()), fixed: fixed, into: &sink)
                if sink.isFull { return }
                report.count(line: report.lines + 1, refusal: isTaken ? nil : sink.lastRefusal)
            }
            try cursor.finish()
        } catch {
            sink.refuse("not an array of JSON objects: \(error.message) at byte \(error.offset)")
            report.count(line: report.lines + 1, refusal: sink.lastRefusal)
        }
    }
}

/// The lines of a text, without blanks around them.
struct TextLines {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The number of the line given last, from 1.
    private(set) var number = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// The next line, which may be empty; nil at the end.
    mutating func next() -> UnsafeBufferPointer<UInt8>? {
        guard position < text.count else { return nil }
        var start = position
        var end = text[position...].firstIndex(of: 0x0a) ?? text.count
        position = end + 1
        number += 1
        while start < end, TextLines.isBlank(text[start]) { start += 1 }
        while end > start, TextLines.isBlank(text[end - 1]) { end -= 1 }
        return UnsafeBufferPointer(rebasing: text[start..<end])
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
}

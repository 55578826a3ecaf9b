internal import LogFormats
internal import TelemetryModel

/// Remembers what a decoder finds.
struct RecordingSink: LogEntrySink {
    struct Entry: Hashable {
        var labels: [String]
        var time: Int64
        var line: [UInt8]
        var metadata: [String]

        var text: String { String(decoding: line, as: UTF8.self) }
    }

    var entries: [Entry] = []
    var refusals: [String] = []
    /// Streams whose labels could not be read.
    var faults: [String] = []
    var now: Int64 = 1_700_000_000_000_000_000
    let isFull = false
    /// Lines that are refused.
    var refusedLine: String?
    private var labels: [String] = []

    mutating func beginStream(_ text: UnsafeBufferPointer<UInt8>, _ kind: LogStreamText) {
        var fields = LogFields()
        do throws(LogFormatError) {
            try kind.read(text, into: &fields)
        } catch {
            faults.append(error.description)
        }
        beginStream(fields)
    }

    mutating func beginStream(_ fields: LogFields) { labels = Self.pairs(fields) }

    mutating func append(time: Int64, line: UnsafeBufferPointer<UInt8>, metadata: inout LogFields) -> Bool {
        let entry = Entry(labels: labels, time: time, line: Array(line), metadata: Self.pairs(metadata))
        if entry.text == refusedLine { return false }
        entries.append(entry)
        return true
    }

    mutating func refuse(_ reason: @autoclosure () -> String) { refusals.append(reason()) }

    var lastRefusal: String { refusals.last ?? "refused" }

    private static func pairs(_ fields: LogFields) -> [String] {
        (0..<fields.count).map { fields.names.string($0) + "=" + fields.values.string($0) }
    }
}

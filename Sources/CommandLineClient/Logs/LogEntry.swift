internal import ByteCoding
internal import TelemetryModel

/// A log line as a server answers it.
struct LogEntry: Sendable, Hashable {
    /// Nanoseconds since 1970.
    var time: Int64
    var line: String
    /// What the stream is known by.
    var stream: LabelSet
    /// What was sent beside the line.
    var metadata = LabelSet()
    /// What the query made of the line.
    var parsed = LabelSet()

    /// All labels, whatever their kind.
    var labels: LabelSet {
        if metadata.isEmpty && parsed.isEmpty { return stream }
        return LabelSet((Array(stream) + Array(metadata) + Array(parsed)).map { ($0.name, $0.value) })
    }

    /// The first of some labels that the entry has, of any kind.
    func value(ofAny names: [String]) -> String? {
        for name in names {
            if let value = parsed[name] ?? metadata[name] ?? stream[name] { return value }
        }
        return nil
    }

    /// What the entry belongs to, as a reader would name it.
    var service: String {
        value(ofAny: ["service_name", "service", "app", "container", "job", "unit", "host"]) ?? Array(stream).first?.value ?? "-"
    }

    var level: String? { value(ofAny: ["detected_level", "level", "severity_text", "severity"]) }
}

/// Log lines as Loki's API answers them, to a query or as a message of a tail.
struct LogStreams: Sendable {
    /// Stream by stream, in the order of the answer.
    var entries: [LogEntry] = []
    /// Entries that the server could not send because they were too many.
    var droppedCount = 0
    var warnings: [String] = []
    /// `streams`, `matrix` and so on; nil in a message of a tail.
    var resultType: String?

    /// - Throws: where the text is no such answer. Of an answer with numbers only ``resultType`` is read.
    init(json: [UInt8]) throws(JSONError) {
        var reader = JSONReader(json)
        try readObject(&reader)
        try reader.finish()
    }

    private mutating func readObject(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "data": try readObject(&reader)
            case "resultType": resultType = try reader.readString()
            case "result" where resultType == "streams", "streams": try readStreams(&reader)
            case "warnings":
                try reader.beginArray()
                while try reader.nextElement() { warnings.append(try reader.readString()) }
            case "dropped_entries":
                try reader.beginArray()
                while try reader.nextElement() {
                    droppedCount += 1
                    try reader.skipValue()
                }
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readStreams(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginArray()
        while try reader.nextElement() {
            let first = entries.count
            var labels = LabelSet()
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "stream": labels = try LogStreams.labels(&reader)
                case "values":
                    try reader.beginArray()
                    while try reader.nextElement() { entries.append(try LogStreams.entry(&reader)) }
                default: try reader.skipValue()
                }
            }
            for index in first..<entries.count { entries[index].stream = labels }
        }
    }

    /// `["nanoseconds", "line"]`, with an object of labels by kind where the server sorts them.
    private static func entry(_ reader: inout JSONReader) throws(JSONError) -> LogEntry {
        try reader.beginArray()
        guard try reader.nextElement() else { throw reader.failure("a log line without a time") }
        let time: Int64 = try reader.readInteger()
        guard try reader.nextElement() else { throw reader.failure("a time without a log line") }
        var entry = LogEntry(time: time, line: try reader.readString(), stream: LabelSet())
        while try reader.nextElement() {
            try reader.beginObject()
            while let kind = try reader.nextKey() {
                switch kind {
                case "structuredMetadata": entry.metadata = try labels(&reader)
                case "parsed": entry.parsed = try labels(&reader)
                default: try reader.skipValue()
                }
            }
        }
        return entry
    }

    private static func labels(_ reader: inout JSONReader) throws(JSONError) -> LabelSet {
        var pairs: [(String, String)] = []
        try reader.beginObject()
        while let name = try reader.nextKey() { pairs.append((name, try reader.readString())) }
        return LabelSet(pairs)
    }
}

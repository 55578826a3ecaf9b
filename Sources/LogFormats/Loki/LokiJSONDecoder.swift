internal import ByteCoding
internal import CivilCalendar

/// Walks one body in JSON.
struct LokiJSONDecoder: ~Copyable {
    private var cursor: JSONCursor
    private var lineMemory = UnescapedText()
    private var nameMemory = UnescapedText()
    private var valueMemory = UnescapedText()
    private var metadata = LogFields()
    var contents = LokiPush.Contents()

    init(_ body: UnsafeBufferPointer<UInt8>) { cursor = JSONCursor(body) }

    mutating func decode<Sink: LogEntrySink>(into sink: inout Sink) throws(JSONFault) {
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            guard cursor.equals(key, "streams"), try cursor.peekKind() != .null else {
                try cursor.skipValue()
                continue
            }
            try cursor.beginArray()
            while try cursor.nextElement() { try decodeStream(into: &sink) }
        }
        try cursor.finish()
    }

    private mutating func decodeStream<Sink: LogEntrySink>(into sink: inout Sink) throws(JSONFault) {
        contents.streams += 1
        var hasLabels = false
        // Entries that stand before the labels of their stream are read in a second walk.
        var early: [(cursor: JSONCursor, isFirstVersion: Bool)] = []
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if cursor.equals(key, "stream") {
                guard try cursor.peekKind() == .object else { throw JSONFault("expected an object", at: cursor.position) }
                sink.beginStream(cursor.bytes(try cursor.skipValue()), .json)
                hasLabels = true
            } else if cursor.equals(key, "labels") {
                let text = try cursor.readText()
                sink.beginStream(valueMemory.bytes(of: text, cursor), .selector)
                hasLabels = true
            } else if cursor.equals(key, "values") || cursor.equals(key, "entries") {
                let isFirstVersion = cursor.equals(key, "entries")
                if try cursor.peekKind() == .null {
                    try cursor.readNull()
                } else if hasLabels {
                    try decodeEntries(isFirstVersion, into: &sink)
                } else {
                    early.append((cursor, isFirstVersion))
                    try cursor.skipValue()
                }
            } else {
                try cursor.skipValue()
            }
        }
        if !hasLabels { sink.beginStream(LogFields()) }
        let rest = cursor
        for entries in early {
            cursor = entries.cursor
            try decodeEntries(entries.isFirstVersion, into: &sink)
        }
        cursor = rest
    }

    private mutating func decodeEntries<Sink: LogEntrySink>(_ isFirstVersion: Bool, into sink: inout Sink) throws(JSONFault) {
        try cursor.beginArray()
        while try cursor.nextElement() {
            let start = cursor
            let fault: StaticString?
            if isFirstVersion { fault = try decodeEntryObject(into: &sink) } else { fault = try decodeEntry(into: &sink) }
            guard let fault else { continue }
            sink.refuse("\(fault)")
            cursor = start
            try cursor.skipValue()
        }
    }

    /// Reads `["<nanoseconds>", "<line>", {metadata}?]`.
    ///
    /// - Returns: what is wrong with the entry; it has to be stepped over then.
    private mutating func decodeEntry<Sink: LogEntrySink>(into sink: inout Sink) throws(JSONFault) -> StaticString? {
        guard try cursor.peekKind() == .array else { return "an entry must be an array of a time, a line and maybe structured metadata" }
        try cursor.beginArray()
        guard try cursor.nextElement(), try cursor.peekKind() == .string else {
            return "the time of an entry must be a string with nanoseconds since 1970"
        }
        let timeText = try cursor.readText()
        guard let time = DecimalText.integer(valueMemory.bytes(of: timeText, cursor)) else {
            return "the time of an entry must be a string with nanoseconds since 1970"
        }
        guard try cursor.nextElement(), try cursor.peekKind() == .string else { return "the line of an entry must be a string" }
        let line = try cursor.readText()
        metadata.removeAll()
        if try cursor.nextElement() {
            if let fault = try decodeMetadata() { return fault }
            if try cursor.nextElement() { return "an entry must have two or three elements" }
        }
        sink.append(time: time, line: lineMemory.bytes(of: line, cursor), metadata: &metadata)
        return nil
    }

    /// Reads `{"ts": "<RFC 3339>", "line": "…", "structuredMetadata": {…}?}`.
    private mutating func decodeEntryObject<Sink: LogEntrySink>(into sink: inout Sink) throws(JSONFault) -> StaticString? {
        guard try cursor.peekKind() == .object else { return "an entry must be an object with ts and line" }
        var time: Int64?
        var line: JSONCursor.Text?
        metadata.removeAll()
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if cursor.equals(key, "ts") || cursor.equals(key, "timestamp") {
                guard try cursor.peekKind() == .string else { return "the time of an entry must be a string" }
                let text = try cursor.readText()
                time = LogTime.rfc3339(valueMemory.bytes(of: text, cursor))
                if time == nil { return "the time of an entry must be RFC 3339" }
            } else if cursor.equals(key, "line") {
                guard try cursor.peekKind() == .string else { return "the line of an entry must be a string" }
                line = try cursor.readText()
            } else if cursor.equals(key, "structuredMetadata") {
                if let fault = try decodeMetadata() { return fault }
            } else {
                try cursor.skipValue()
            }
        }
        guard let time, let line else { return "an entry must have ts and line" }
        sink.append(time: time, line: lineMemory.bytes(of: line, cursor), metadata: &metadata)
        return nil
    }

    private mutating func decodeMetadata() throws(JSONFault) -> StaticString? {
        switch try cursor.peekKind() {
        case .object: break
        case .null:
            try cursor.readNull()
            return nil
        default: return "structured metadata must be an object of strings"
        }
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            guard try cursor.peekKind() == .string else { return "the values of structured metadata must be strings" }
            let value = try cursor.readText()
            metadata.append(nameMemory.bytes(of: key, cursor), valueMemory.bytes(of: value, cursor))
        }
        return nil
    }
}

internal import ByteCoding

/// Walks one `logproto.PushRequest`.
struct LokiProtobufDecoder {
    private let body: UnsafeRawBufferPointer
    private var cursor: ProtobufCursor
    private var metadata = LogFields()
    var contents = LokiPush.Contents()

    init(_ body: UnsafeRawBufferPointer) {
        self.body = body
        cursor = ProtobufCursor(body)
    }

    mutating func decode<Sink: LogEntrySink>(into sink: inout Sink) throws(ByteCodingError) {
        while let tag = try cursor.nextTag() {
            if tag == 0x0a { try decodeStream(try cursor.readRange(), into: &sink) } else { try cursor.skip(tag, known: 0b110) }
        }
    }

    private mutating func decodeStream<Sink: LogEntrySink>(_ range: Range<Int>, into sink: inout Sink) throws(ByteCodingError) {
        contents.streams += 1
        // The labels may stand behind the entries, so they are looked for first; entries are stepped over by their lengths.
        var labels = 0..<0
        var stream = ProtobufCursor(body, in: range)
        while let tag = try stream.nextTag() {
            if tag == 0x0a { labels = try stream.readRange() } else { try stream.skip(tag) }
        }
        sink.beginStream(bytes(labels), .selector)
        stream = ProtobufCursor(body, in: range)
        while let tag = try stream.nextTag() {
            switch tag {
            case 0x12: try decodeEntry(ProtobufCursor(body, in: try stream.readRange()), into: &sink)
            case 0x0a, 0x18: try stream.skip(tag)
            default: try stream.skip(tag, known: 0b1110)
            }
        }
    }

    private mutating func decodeEntry<Sink: LogEntrySink>(_ entry: ProtobufCursor, into sink: inout Sink) throws(ByteCodingError) {
        var entry = entry
        var time: Int64? = 0
        var line = 0..<0
        metadata.removeAll()
        while let tag = try entry.nextTag() {
            switch tag {
            case 0x0a: time = try LokiProtobufDecoder.time(ProtobufCursor(body, in: try entry.readRange()))
            case 0x12: line = try entry.readRange()
            case 0x1a: try decodeField(ProtobufCursor(body, in: try entry.readRange()))
            case 0x22: _ = try entry.readRange()
            default: try entry.skip(tag, known: 0b1_1110)
            }
        }
        if let time {
            sink.append(time: time, line: bytes(line), metadata: &metadata)
        } else {
            sink.refuse("the time of an entry is beyond the years 1678 to 2262")
        }
    }

    private mutating func decodeField(_ field: ProtobufCursor) throws(ByteCodingError) {
        var field = field
        var name = 0..<0
        var value = 0..<0
        while let tag = try field.nextTag() {
            switch tag {
            case 0x0a: name = try field.readRange()
            case 0x12: value = try field.readRange()
            default: try field.skip(tag, known: 0b110)
            }
        }
        metadata.append(bytes(name), bytes(value))
    }

    /// The nanoseconds since 1970 of a `google.protobuf.Timestamp`; nil beyond 64 bits.
    private static func time(_ timestamp: ProtobufCursor) throws(ByteCodingError) -> Int64? {
        var timestamp = timestamp
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        while let tag = try timestamp.nextTag() {
            switch tag {
            case 0x08: seconds = Int64(bitPattern: try timestamp.readVarint())
            case 0x10: nanoseconds = Int64(Int32(truncatingIfNeeded: try timestamp.readVarint()))
            default: try timestamp.skip(tag, known: 0b110)
            }
        }
        let (product, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowedAgain) = product.addingReportingOverflow(nanoseconds)
        return overflowed || overflowedAgain ? nil : sum
    }

    private func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: body.bindMemory(to: UInt8.self)[range])
    }
}

internal import ByteCoding

/// A line of a container's log as the runtime writes it to its file.
public struct ContainerLine: Sendable, Hashable {
    public enum Stream: String, Sendable, Hashable, CaseIterable {
        case standardOutput = "stdout"
        case standardError = "stderr"
    }

    /// Nanoseconds since 1970.
    public var time: Int64
    public var stream: Stream
    /// Whether the line that the program wrote goes on in the next one of the same stream.
    public var isPartial: Bool
    public var text: [UInt8]

    /// Reads a line of a runtime that Kubernetes uses (CRI): `2026-11-22T23:05:24.5Z stdout F text`; nil where it is none.
    public init?(cri line: ArraySlice<UInt8>) {
        let bytes = Array(line)
        var cursor = TextCursor(bytes, 0..<bytes.count)
        guard let reading = TimestampText.read(&cursor), let offset = reading.offset, let time = reading.nanoseconds(offset: offset),
            cursor.take(" "), let name = cursor.word(), let stream = Stream(bytes[name])
        else { return nil }
        // Tags are separated by colons; the first says whether the line is whole.
        let tags = cursor.takeWhile(max: 64) { $0 != 0x20 }
        guard let first = bytes[tags].first, tags.count == 1 || bytes[tags.lowerBound + 1] == UInt8(ascii: ":"),
            first == UInt8(ascii: "F") || first == UInt8(ascii: "P"), cursor.take(" ") || cursor.isAtEnd
        else { return nil }
        self.time = time
        self.stream = stream
        isPartial = first == UInt8(ascii: "P")
        text = Array(bytes[cursor.rest])
    }

    /// Reads a line of Docker's `json-file` driver: `{"log":"text\n","stream":"stdout","time":"2026-11-22T23:05:24.5Z"}`; nil where it is none.
    ///
    /// A text without a line feed at its end goes on in the next line.
    public init?(docker line: ArraySlice<UInt8>) {
        guard line.first == UInt8(ascii: "{") else { return nil }
        var text: [UInt8]?
        var stream: Stream?
        var time: Int64?
        var reader = JSONReader(Array(line))
        do throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                guard ["log", "stream", "time"].contains(key), try reader.peekKind() == .string else {
                    try reader.skipValue()
                    continue
                }
                let value: [UInt8] =
                    switch try reader.readText() {
                    case .range(let range): Array(reader.bytes[range])
                    case .unescaped(let value): value
                    }
                switch key {
                case "log": text = value
                case "stream": stream = Stream(value[...])
                default:
                    var cursor = TextCursor(value, 0..<value.count)
                    time = TimestampText.read(&cursor).flatMap { $0.nanoseconds(offset: $0.offset ?? 0) }
                }
            }
            try reader.finish()
        } catch { return nil }
        guard var text, let time else { return nil }
        isPartial = text.last != 0x0a
        if !isPartial {
            text.removeLast()
            if text.last == 0x0d { text.removeLast() }
        }
        self.text = text
        self.time = time
        self.stream = stream ?? .standardOutput
    }
}

extension ContainerLine.Stream {
    fileprivate init?(_ name: ArraySlice<UInt8>) {
        guard let stream = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name) }) else { return nil }
        self = stream
    }
}

/// How the lines of a file are written.
public enum LineFormat: String, Sendable, Hashable, CaseIterable {
    /// Each line by its looks: one of Docker, one of another container runtime, or text.
    case auto
    /// Text.
    case raw
    /// JSON objects, each with its time in it.
    case json
    /// Docker's `json-file` driver.
    case docker
    /// The container runtimes of Kubernetes.
    case cri
}

/// Which lines make an entry together.
public struct MultilineRule: Sendable {
    public enum Border: Sendable, Hashable {
        /// An entry begins with each line that matches.
        case start
        /// A line that matches belongs to the one before it.
        case continuation
        /// An entry ends with each line that matches.
        case end
    }

    public var border: Border
    public var matches: @Sendable (ArraySlice<UInt8>) -> Bool
    /// An entry of so many lines ends. Above 0.
    public var linesMax: Int

    public init(_ border: Border, linesMax: Int = 500, matches: @escaping @Sendable (ArraySlice<UInt8>) -> Bool) {
        self.border = border
        self.linesMax = max(1, linesMax)
        self.matches = matches
    }
}

/// Makes entries of a file's lines: undoes what the container runtime did to them, and joins those that belong together.
public struct EntryAssembler: Sendable {
    /// An entry that is whole.
    public struct Entry: Sendable, Hashable {
        public var text: ArraySlice<UInt8>
        /// Nanoseconds since 1970 where the runtime wrote it.
        public var time: Int64?
        public var stream: ContainerLine.Stream?
    }

    /// Lines that wait for more.
    private struct Group {
        var text: [UInt8] = []
        var time: Int64?
        var stream: ContainerLine.Stream?
        /// Offset in the file of the first of them.
        var start: Int64
        var lineCount = 0
        var changed: Int64
    }

    private let format: LineFormat
    private let multiline: MultilineRule?
    private let entryBytesMax: Int
    /// Parts of lines, by stream.
    private var parts: [ContainerLine.Stream: Group] = [:]
    /// Lines of entries, by stream; nil for lines without one.
    private var groups: [ContainerLine.Stream?: Group] = [:]
    /// Lines that are not written in the format that was named; they are taken as text.
    public private(set) var malformedCount = 0
    /// Entries that were cut for their length.
    public private(set) var truncatedCount = 0

    public init(format: LineFormat = .auto, multiline: MultilineRule? = nil, entryBytesMax: Int = 256 << 10) {
        self.format = format
        self.multiline = multiline
        self.entryBytesMax = max(1, entryBytesMax)
    }

    /// Offset in the file of the first line that waits for more; nil where none does.
    public var pendingStart: Int64? {
        var start = Int64.max
        for group in parts.values { start = min(start, group.start) }
        for group in groups.values { start = min(start, group.start) }
        return start == .max ? nil : start
    }

    /// Takes a line.
    ///
    /// - Parameter now: a time that only rises, for ``flush(before:_:)``.
    public mutating func take(_ line: LineCutter.Line, now: Int64, _ body: (Entry) -> Void) {
        guard let container = containerLine(line.text) else {
            return join(line.text, time: nil, stream: nil, start: line.start, now: now, body)
        }
        // Taken out while it grows, so that it is not copied.
        if var part = parts.removeValue(forKey: container.stream) ?? (container.isPartial ? Group(start: line.start, changed: now) : nil) {
            if part.lineCount == 0 { part.time = container.time }
            part.lineCount += 1
            part.changed = now
            append(container.text[...], to: &part)
            if container.isPartial {
                parts[container.stream] = part
            } else {
                join(part.text[...], time: part.time, stream: container.stream, start: part.start, now: now, body)
            }
            return
        }
        join(container.text[...], time: container.time, stream: container.stream, start: line.start, now: now, body)
    }

    /// Gives what waits for more and was not added to since a time.
    public mutating func flush(before limit: Int64 = .max, _ body: (Entry) -> Void) {
        for stream in ContainerLine.Stream.allCases {
            guard let part = parts[stream], part.changed < limit else { continue }
            parts[stream] = nil
            join(part.text[...], time: part.time, stream: stream, start: part.start, now: part.changed, body)
        }
        for stream in [nil] + ContainerLine.Stream.allCases.map(Optional.some) {
            guard let group = groups[stream], group.changed < limit else { continue }
            groups[stream] = nil
            give(group.text[...], time: group.time, stream: group.stream, body)
        }
    }

    private mutating func containerLine(_ text: ArraySlice<UInt8>) -> ContainerLine? {
        let line: ContainerLine?
        switch format {
        case .raw, .json: return nil
        case .docker: line = ContainerLine(docker: text)
        case .cri: line = ContainerLine(cri: text)
        case .auto:
            // Only what begins like one is looked at closely.
            if text.starts(with: "{\"log\":".utf8) { return ContainerLine(docker: text) }
            return text.first.map { $0 >= 0x30 && $0 <= 0x39 } == true ? ContainerLine(cri: text) : nil
        }
        if line == nil { malformedCount += 1 }
        return line
    }

    private mutating func join(
        _ text: ArraySlice<UInt8>, time: Int64?, stream: ContainerLine.Stream?, start: Int64, now: Int64, _ body: (Entry) -> Void
    ) {
        guard let multiline else { return give(text, time: time, stream: stream, body) }
        let matches = multiline.matches(text)
        if let group = groups[stream], multiline.border == .start && matches || multiline.border == .continuation && !matches {
            groups[stream] = nil
            give(group.text[...], time: group.time, stream: group.stream, body)
        }
        var group = groups.removeValue(forKey: stream) ?? Group(time: time, stream: stream, start: start, changed: now)
        if group.lineCount > 0 { append([0x0a], to: &group) }
        append(text, to: &group)
        group.lineCount += 1
        group.changed = now
        if multiline.border == .end && matches || group.lineCount >= multiline.linesMax {
            give(group.text[...], time: group.time, stream: group.stream, body)
        } else {
            groups[stream] = group
        }
    }

    /// Nothing beyond the bound is kept, but one byte by which it is seen that there was more.
    private func append(_ text: ArraySlice<UInt8>, to group: inout Group) {
        group.text.append(contentsOf: text.prefix(max(0, entryBytesMax + 1 - group.text.count)))
    }

    private mutating func give(_ text: ArraySlice<UInt8>, time: Int64?, stream: ContainerLine.Stream?, _ body: (Entry) -> Void) {
        if text.count > entryBytesMax { truncatedCount += 1 }
        body(Entry(text: text.prefix(entryBytesMax), time: time, stream: stream))
    }
}

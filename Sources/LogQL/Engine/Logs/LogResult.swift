public import TelemetryModel

/// In which order lines are wanted.
public enum LogDirection: Sendable, Hashable {
    /// The oldest first.
    case forward
    /// The newest first.
    case backward
}

/// Which lines are wanted.
public struct LogOptions: Sendable {
    /// Nanoseconds since 1970; inclusive.
    public var start: Int64
    /// Nanoseconds since 1970; exclusive.
    public var end: Int64
    /// So many lines at most.
    public var limit: Int
    public var direction: LogDirection
    /// Lines that follow another one sooner than this are left out; 0 for none. Nanoseconds.
    public var intervalNanoseconds: Int64

    public init(start: Int64, end: Int64, limit: Int = 100, direction: LogDirection = .backward, intervalNanoseconds: Int64 = 0) {
        self.start = start
        self.end = end
        self.limit = limit
        self.direction = direction
        self.intervalNanoseconds = intervalNanoseconds
    }
}

/// The labels of a line behind a pipeline, by where they come from. No name is in two of the parts. Values may be empty.
public struct LogLabels: Sendable, Hashable {
    public var stream: LabelSet
    public var metadata: LabelSet
    public var parsed: LabelSet
    /// All of them.
    public var all: LabelSet

    public init(stream: LabelSet, metadata: LabelSet, parsed: LabelSet, all: LabelSet) {
        self.stream = stream
        self.metadata = metadata
        self.parsed = parsed
        self.all = all
    }
}

/// Lines that were found, in columns, in the order that was asked for.
public struct LogResult: Sendable {
    /// The distinct labels of the lines.
    public var labels: [LogLabels] = []
    /// Of each line: nanoseconds since 1970.
    public var times: [Int64] = []
    /// Of each line: the place of its labels in ``labels``.
    public var labelCodes: [Int32] = []
    /// The lines, byte for byte, as the pipeline left them.
    public var lines = PackedTexts()
    public var statistics = LogStatistics()

    public init() {}

    public var count: Int { times.count }

    /// Lines with the same labels.
    public struct Stream: Sendable {
        public var labels: LabelSet
        /// Places of lines in the result, in its order.
        public var lines: [Int]
    }

    /// The lines by their streams, sorted by labels.
    ///
    /// - Parameter isCategorized: whether only stream labels tell streams apart, so that the labels of other origins are to be said of
    ///   each line (Loki's encoding flag `categorize-labels`).
    public func streams(isCategorized: Bool) -> [Stream] {
        var places: [LabelSet: Int] = [:]
        var streams: [Stream] = []
        let placeOfCode = labels.map { labels in
            let key = isCategorized ? labels.stream : labels.all
            if let place = places[key] { return place }
            places[key] = streams.count
            streams.append(Stream(labels: key, lines: []))
            return streams.count - 1
        }
        for (line, code) in labelCodes.enumerated() { streams[placeOfCode[Int(code)]].lines.append(line) }
        return streams.filter { !$0.lines.isEmpty }.sorted { $0.labels < $1.labels }
    }
}

/// What a query cost.
public struct LogStatistics: Sendable, Hashable {
    /// Entries that were looked at.
    public var linesProcessed = 0
    /// Bytes of lines that were looked at.
    public var bytesProcessed = 0
    /// Lines or samples of the answer.
    public var entriesReturned = 0
    /// Tables whose entries were looked at, and their stored bytes.
    public var tablesRead = 0
    public var storedBytesRead = 0

    public init() {}

    mutating func add(_ other: LogStatistics) {
        linesProcessed += other.linesProcessed
        bytesProcessed += other.bytesProcessed
        tablesRead += other.tablesRead
        storedBytesRead += other.storedBytesRead
    }
}

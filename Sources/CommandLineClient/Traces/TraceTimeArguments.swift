internal import CivilCalendar
internal import TelemetryModel

/// The options that say when traces are looked for: `--since`, `--from` and `--to`.
public struct TraceTimeArguments: Sendable, Hashable {
    public var since: String?
    public var from: String?
    public var to: String?

    public init(since: String? = nil, from: String? = nil, to: String? = nil) {
        self.since = since
        self.from = from
        self.to = to
    }

    /// - Parameters:
    ///   - now: in milliseconds.
    ///   - standard: how far back it goes where nothing is said.
    /// - Throws: ``ClientError`` with status `usage`.
    func range(now: Timestamp, standard: String = "1h") throws(ClientError) -> PerchClient.TimeSpan {
        if since != nil && from != nil { throw .usage("--since and --from are two ways to say the same; give one of them") }
        let end = try to.map { (text) throws(ClientError) in try TimeArgument.time(text, now: now, option: "--to") } ?? now
        let start: Timestamp
        if let from {
            start = try TimeArgument.time(from, now: now, option: "--from")
        } else {
            start = try TimeArgument.start(since ?? standard, end: end, now: now)
        }
        guard start < end else { throw .usage("\(from == nil ? "--since" : "--from"): the time would end before it starts") }
        return PerchClient.TimeSpan(start: TraceTimeArguments.nanoseconds(start), end: TraceTimeArguments.nanoseconds(end))
    }

    private static func nanoseconds(_ milliseconds: Timestamp) -> UnixNanoseconds {
        UInt64(max(0, min(milliseconds, Timestamp(Int64.max / 1_000_000)))) * 1_000_000
    }

    /// As people read it: `from 2026-11-27 21:40:28.123 UTC to 2026-11-27 22:40:28.123 UTC`.
    static func text(_ range: PerchClient.TimeSpan, _ time: SpanTime) -> String {
        "from \(time.moment(range.start)) to \(time.moment(range.end))"
    }
}

extension TimeArgument {
    /// `--since`, as a duration before the end of a range, or as a time.
    static func start(_ text: String, end: Timestamp, now: Timestamp) throws(ClientError) -> Timestamp {
        let isTime = text.hasPrefix("now") || text.contains(":") || text.contains("-") || (Double(text) ?? 0) > 1e8
        if isTime { return try time(text, now: now, option: "--since") }
        return end - (try duration(text, option: "--since"))
    }
}

/// A trace id as it is given on the command line.
enum TraceArgument {
    /// Hexadecimal digits, fewer than 32 being padded with zeros, or a whole `traceparent` header.
    ///
    /// - Throws: ``ClientError`` with status `usage`.
    static func id(_ text: String) throws(ClientError) -> TraceID {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let digits = parts.count == 4 && parts[0].count == 2 && parts[1].count == 32 ? String(parts[1]) : text
        guard let id = TraceID(hexadecimal: digits) else {
            throw .usage("“\(text)” is no trace id; give 1 to 32 hexadecimal digits, such as 5b8aa5a2d2c872e8321cf37308d69df2")
        }
        guard id.isValid else { throw .usage("“\(text)” is no trace id: it is zero") }
        return id
    }

    /// - Throws: ``ClientError`` with status `usage`.
    static func spanID(_ text: String) throws(ClientError) -> SpanID {
        guard let id = SpanID(hexadecimal: text), id.isValid else {
            throw .usage("--span: “\(text)” is no span id; give 1 to 16 hexadecimal digits, such as 00f067aa0ba902b7")
        }
        return id
    }
}

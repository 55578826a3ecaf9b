internal import ShardStorage
internal import Synchronization
public import TelemetryModel

/// Which minutes of the data changed when, in the order of the changes: who kept something that was computed from the data of a range of
/// times asks whether anything in that range has changed since.
///
/// A change is noted once whoever asks can see it, and before it is acknowledged.
struct ChangeCalendar: Sendable {
    /// Minutes that are noted together where they are not told apart.
    private enum Span: Sendable {
        case whole(UInt64)
        case minutes([UInt64])

        /// The newest change within some of the minutes.
        func newest(_ minutes: ClosedRange<Int>) -> UInt64 {
            switch self {
            case .whole(let version): version
            case .minutes(let versions): versions[minutes].max() ?? 0
            }
        }
    }

    private static let minute: Int64 = 60_000
    private static let spanMinutes: Int64 = 1024
    private let spansMax: Int
    private let detailedSpansMax: Int
    private var spans: [Int64: Span] = [:]
    private var detailedSpans = 0
    /// The change after which nothing is as it was.
    private var everything: UInt64 = 0
    /// Counts the changes.
    private(set) var version: UInt64 = 1

    /// - Parameters:
    ///   - spansMax: the most runs of 17 hours that are told apart; 24 bytes each.
    ///   - detailedSpansMax: the most of them whose minutes are told apart; 8 KiB each.
    init(spansMax: Int = 8192, detailedSpansMax: Int = 128) {
        self.spansMax = spansMax
        self.detailedSpansMax = detailedSpansMax
    }

    /// Notes that data of a range of times changed.
    mutating func note(_ range: TimeRange) {
        guard range.start <= range.end else { return }
        version += 1
        let (first, last) = (ChangeCalendar.minute(range.start), ChangeCalendar.minute(range.end))
        let (firstSpan, lastSpan) = (ChangeCalendar.span(first), ChangeCalendar.span(last))
        guard lastSpan - firstSpan < Int64(spansMax) else { return forget() }
        for number in firstSpan...lastSpan {
            note(number, ChangeCalendar.minutes(of: number, from: first, through: last))
            if spans.count > spansMax { return forget() }
        }
    }

    private mutating func note(_ number: Int64, _ minutes: ClosedRange<Int>) {
        if minutes.count == Int(ChangeCalendar.spanMinutes) {
            if case .minutes = spans.updateValue(.whole(version), forKey: number) { detailedSpans -= 1 }
            return
        }
        var versions: [UInt64]
        switch spans.removeValue(forKey: number) {
        case .minutes(let known): versions = known
        case .whole(let known):
            versions = [UInt64](repeating: known, count: Int(ChangeCalendar.spanMinutes))
            detailedSpans += 1
        case nil:
            versions = [UInt64](repeating: 0, count: Int(ChangeCalendar.spanMinutes))
            detailedSpans += 1
        }
        for minute in minutes { versions[minute] = version }
        spans[number] = .minutes(versions)
        if detailedSpans > detailedSpansMax { coarsen() }
    }

    /// Gives up the details of spans that have not changed for the longest time.
    private mutating func coarsen() {
        let detailed = spans.compactMap { number, span -> (number: Int64, newest: UInt64)? in
            guard case .minutes(let versions) = span else { return nil }
            return (number, versions.max() ?? 0)
        }
        for (number, newest) in detailed.sorted(by: { $0.newest < $1.newest }).prefix(max(1, detailed.count / 4)) {
            spans[number] = .whole(newest)
            detailedSpans -= 1
        }
    }

    /// Takes everything as changed.
    private mutating func forget() {
        everything = version
        spans = [:]
        detailedSpans = 0
    }

    /// The newest change that may have touched data of a range of times.
    func newestChange(in range: TimeRange) -> UInt64 {
        guard range.start <= range.end else { return 0 }
        let (first, last) = (ChangeCalendar.minute(range.start), ChangeCalendar.minute(range.end))
        let (firstSpan, lastSpan) = (ChangeCalendar.span(first), ChangeCalendar.span(last))
        var newest = everything
        func see(_ number: Int64, _ span: Span) {
            newest = max(newest, span.newest(ChangeCalendar.minutes(of: number, from: first, through: last)))
        }
        if lastSpan - firstSpan < Int64(spans.count) {
            for number in firstSpan...lastSpan { if let span = spans[number] { see(number, span) } }
        } else {
            for (number, span) in spans where (firstSpan...lastSpan).contains(number) { see(number, span) }
        }
        return newest
    }

    private static func minute(_ time: Timestamp) -> Int64 { floorDivide(time, minute) }
    private static func span(_ minute: Int64) -> Int64 { floorDivide(minute, spanMinutes) }

    private static func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The minutes of a span, counted from its start, that lie between two minutes.
    private static func minutes(of span: Int64, from first: Int64, through last: Int64) -> ClosedRange<Int> {
        let start = span * spanMinutes
        return Int(max(0, first - start))...Int(min(spanMinutes - 1, last - start))
    }
}

/// The changes of a storage, noted by any thread.
final class ChangeNotes: Sendable {
    private let calendar = Mutex(ChangeCalendar())

    var version: UInt64 { calendar.withLock { $0.version } }
    func note(_ range: TimeRange) { calendar.withLock { $0.note(range) } }
    func newestChange(in range: TimeRange) -> UInt64 { calendar.withLock { $0.newestChange(in: range) } }

    /// Notes that a file may give other answers than before: one of a day for that day, any other for all times.
    func note(file: String) {
        let day = file.split(separator: "/").last.flatMap { ShardCatalog.day(ofName: String($0)) }
        note(day.map(Day.range) ?? TimeRange(start: .min, end: .max))
    }
}

extension MetricStorage {
    /// Counts the changes of the data, from 1. See ``newestChange(in:)``.
    ///
    /// Nil where answers change without changes of the data, since rules of the retention hide samples by the clock.
    public var dataVersion: UInt64? { keeping.rules.isEmpty ? changes.version : nil }

    /// The ``dataVersion`` of the newest change that may have touched samples within a range of times: what was computed from them and
    /// a version read beforehand still holds where this is not greater. Sealing and merging change no data. That rollups
    /// begin or cease to speak for a day is a change of the day.
    public func newestChange(in range: TimeRange) -> UInt64 { changes.newestChange(in: range) }

    /// Notes that samples within a range of times came or went. To be called once selections show it, and before it is acknowledged.
    func noteChange(in range: TimeRange) { changes.note(range) }

    /// Notes the times of a batch that was appended.
    func noteChange(by batch: MetricBatch) {
        var range = TimeRange(start: .max, end: .min)
        for time in batch.timestamps {
            range.start = min(range.start, time)
            range.end = max(range.end, time)
        }
        for histogram in batch.histograms {
            range.start = min(range.start, histogram.timestamp)
            range.end = max(range.end, histogram.timestamp)
        }
        noteChange(in: range)
    }
}

internal import CivilCalendar
public import RemoteWriteFormat
public import TelemetryModel

/// What a receiver of remote write answered to a batch.
public struct ReceiverReply: Sendable, Hashable {
    /// The longest that a receiver is waited for.
    private static let waitMax: Int64 = 3_600_000

    public var status: Int
    /// The header `Retry-After`: seconds, or a date.
    public var retryAfter: String?
    /// The headers of 2.0 that say what was written; nil where they are missing or no numbers.
    public var samplesWritten: Int?
    public var histogramsWritten: Int?
    public var exemplarsWritten: Int?

    public init(
        status: Int, retryAfter: String? = nil, samplesWritten: Int? = nil, histogramsWritten: Int? = nil, exemplarsWritten: Int? = nil
    ) {
        self.status = status
        self.retryAfter = retryAfter
        self.samplesWritten = samplesWritten
        self.histogramsWritten = histogramsWritten
        self.exemplarsWritten = exemplarsWritten
    }

    /// What the answer means for the batch (remote write specification 2.0, "Retries & Backoff", "Required Written Response Headers").
    ///
    /// - Parameters:
    ///   - counts: what was sent.
    ///   - now: the time in milliseconds since 1970, for dates.
    /// - Returns: nil where the receiver does not know the version of the message.
    public func outcome(of counts: ItemCounts, _ version: RemoteWriteVersion, retriesOn429: Bool, now: Timestamp) -> SendOutcome? {
        switch status {
        case 200..<300:
            guard version == .v2 else { return .accepted(rejected: ItemCounts()) }
            // Without these headers, the receiver has read the message as one of 1.0, and found nothing in it.
            guard let unwritten = unwritten(counts) else { return nil }
            return .accepted(rejected: unwritten)
        case 415 where version == .v2: return nil
        case 429 where retriesOn429, 500...: return .failed(after: wait(now))
        default: return .refused(rejected: version == .v2 ? unwritten(counts) ?? counts : counts)
        }
    }

    /// What the headers do not say to be written; nil without headers.
    private func unwritten(_ counts: ItemCounts) -> ItemCounts? {
        guard samplesWritten != nil || histogramsWritten != nil || exemplarsWritten != nil else { return nil }
        func rest(_ sent: Int, _ written: Int?) -> Int { min(sent, max(0, sent - max(0, written ?? 0))) }
        return ItemCounts(
            samples: rest(counts.samples, samplesWritten), histograms: rest(counts.histograms, histogramsWritten),
            exemplars: rest(counts.exemplars, exemplarsWritten))
    }

    /// The time to wait in milliseconds; nil where the answer names none.
    private func wait(_ now: Timestamp) -> Int64? {
        guard let text = retryAfter else { return nil }
        if let seconds = Int64(text) { return seconds < 0 ? nil : min(seconds, ReceiverReply.waitMax / 1000) * 1000 }
        guard let date = ReceiverReply.milliseconds(ofDate: text) else { return nil }
        return min(max(0, date - now), ReceiverReply.waitMax)
    }

    /// Reads a date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, IMF-fixdate).
    static func milliseconds(ofDate text: String) -> Timestamp? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let month = months.firstIndex(of: String(parts[2])),
            let year = Int(parts[3]), (1...9999).contains(year), let date = CivilDate(year: year, month: month + 1, day: day)
        else { return nil }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2]) else { return nil }
        let seconds = date.daysSince1970 * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
        return Int64(seconds) * 1000
    }
}

internal import PromQL

/// The time that a dashboard looks at, and how finely; all in milliseconds.
public struct QueryWindow: Sendable, Hashable {
    public var start: Int64
    public var end: Int64
    /// How often targets are scraped, which the data source says in Grafana.
    public var scrapeInterval: Int64

    public init(start: Int64, end: Int64, scrapeInterval: Int64 = 15_000) {
        self.start = start
        self.end = end
        self.scrapeInterval = scrapeInterval
    }

    /// Points that a panel without a limit of its own shows: about its width on a wide screen.
    private static let pointsDefault = 600

    /// The step of a panel's queries: the range over the points, rounded to a sensible length, and at least as long as asked for.
    func step(minInterval: Int64?, maxDataPoints: Int?) -> Int64 {
        let points = Int64(max(1, min(maxDataPoints ?? QueryWindow.pointsDefault, 11_000)))
        return max(QueryWindow.rounded(max(1, end - start) / points), minInterval ?? scrapeInterval, 1000)
    }

    private static let lengths: [Int64] = [
        1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_200_000, 1_800_000, 3_600_000,
        7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000,
    ]

    /// The nearest of the usual lengths.
    private static func rounded(_ interval: Int64) -> Int64 {
        for (shorter, longer) in zip(lengths, lengths.dropFirst()) where interval < (shorter + longer) / 2 { return shorter }
        return lengths.last ?? interval
    }

    /// What the variables of time and step stand for in queries of that step.
    func builtIns(step: Int64) -> [String: String] {
        let rate = max(step + scrapeInterval, 4 * scrapeInterval)
        let range = max(1000, end - start)
        return [
            "__interval": PromQLDuration.text(milliseconds: step), "__interval_ms": String(step),
            "__auto": PromQLDuration.text(milliseconds: step),
            "__rate_interval": PromQLDuration.text(milliseconds: rate), "__rate_interval_ms": String(rate),
            "__range": PromQLDuration.text(milliseconds: (range + 500) / 1000 * 1000), "__range_s": String((range + 500) / 1000),
            "__range_ms": String(range), "__from": String(start), "__to": String(end), "__searchFilter": "",
        ]
    }

    /// A duration as dashboards write it: `15s`, `1m`, `>10s`; nil where it is none or a variable.
    public static func milliseconds(_ text: String) -> Int64? {
        let text = text.hasPrefix(">") ? String(text.dropFirst()) : text
        return (try? PromQLDuration.parse(text)).flatMap { $0 > 0 ? $0 : nil }
    }
}

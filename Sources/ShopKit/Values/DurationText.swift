/// Durations as people write them: `90s`, `5m`, `1h`, `250ms`, or a bare number of seconds.
public enum DurationText {
    private static let units: [(suffix: String, duration: Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)), ("d", .seconds(86_400)),
    ]

    /// - Returns: nil for what is no duration, is negative, or is longer than a year.
    public static func parse(_ text: String) -> Duration? {
        let unit = units.first { text.hasSuffix($0.suffix) }
        let digits = unit.map { text.dropLast($0.suffix.count) } ?? text[...]
        guard let number = Double(digits), number >= 0, number.isFinite else { return nil }
        let seconds = number * ((unit?.duration ?? .seconds(1)) / .seconds(1))
        guard seconds <= 366 * 86_400 else { return nil }
        return .seconds(seconds)
    }
}

internal import CivilCalendar
internal import GraphImage
internal import TelemetryModel

/// Times and durations of spans as people read them.
struct SpanTime: Sendable {
    let hasUnicode: Bool

    init(for terminal: Terminal) { hasUnicode = terminal.hasUnicode }

    /// A duration in three digits or so, as TraceQL takes it, too: `850ns`, `12.3µs`, `312ms`, `1.24s`, `1m30s`, `2h5m`, `3d4h`.
    func duration(_ nanoseconds: UInt64) -> String {
        // Where rounding makes it a whole unit of the next size, that size is used.
        let units: [(size: Double, name: String)] = [(1, "ns"), (1e3, hasUnicode ? "µs" : "us"), (1e6, "ms"), (1e9, "s")]
        let value = Double(nanoseconds)
        if nanoseconds == 0 { return "0s" }
        if value < 59.95e9 {
            let unit = units.first { value < $0.size * 999.5 } ?? units[3]
            return SpanTime.threeDigits(value / unit.size) + unit.name
        }
        let seconds = nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 >= 500_000_000 ? 1 : 0)
        let parts: [(UInt64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        let first = parts.firstIndex { seconds >= $0.0 } ?? 3
        var text = "\(seconds / parts[first].0)\(parts[first].1)"
        if first < 3 {
            let rest = seconds % parts[first].0 / parts[first + 1].0
            if rest > 0 { text += "\(rest)\(parts[first + 1].1)" }
        }
        return text
    }

    /// A change with its sign: `+12ms`, `-1.5s`, `±0s`.
    func change(from before: UInt64, to after: UInt64) -> String {
        if before == after { return (hasUnicode ? "±" : "") + "0s" }
        return after > before ? "+" + duration(after - before) : "-" + duration(before - after)
    }

    /// How far a time lies from the start of the trace: `+12ms`, `-3ms`.
    func offset(of time: UnixNanoseconds, from start: UnixNanoseconds) -> String {
        time >= start ? "+" + duration(time - start) : "-" + duration(start - time)
    }

    /// `2026-11-27 22:40:28.123 UTC`.
    func moment(_ time: UnixNanoseconds) -> String {
        let civil = CivilTime(nanoseconds: Int64(clamping: time))
        let milliseconds = String(1000 + civil.nanosecond / 1_000_000).dropFirst()
        return "\(civil.date.text) \(civil.clockWithSeconds).\(milliseconds) UTC"
    }

    private static func threeDigits(_ value: Double) -> String {
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        let scale = pow10(decimals)
        let scaled = UInt64((value * scale).rounded())
        var text = String(scaled / UInt64(scale))
        if decimals > 0 {
            let fraction = String(String(UInt64(scale) + scaled % UInt64(scale)).dropFirst())
            let digits = String(fraction.reversed().drop { $0 == "0" }.reversed())
            if !digits.isEmpty { text += "." + digits }
        }
        return text
    }
}

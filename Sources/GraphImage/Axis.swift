internal import CivilCalendar
package import TelemetryModel

/// The scale of the values: from its lowest to its highest tick, with round numbers between.
package struct ValueAxis: Sendable {
    package let low: Double
    package let high: Double
    package let step: Double

    /// An axis that holds all values from `least` to `greatest`, with about `tickCount` ticks. Zero is on it where it is not far off.
    package init(least: Double, greatest: Double, tickCount: Int, unit: QuantityUnit) {
        var (least, greatest) = (least, greatest)
        if least >= 0 && least < greatest * 0.5 { least = 0 }
        if greatest <= 0 && greatest > least * 0.5 { greatest = 0 }
        if least == greatest {
            let margin = least == 0 ? 1 : least.magnitude * 0.1
            if least != 0 { least -= margin }
            greatest += margin
        }
        // Finer than this a double cannot be divided into ticks.
        let finest = max(least.magnitude, greatest.magnitude) * 1e-9
        if greatest - least < finest {
            least -= finest
            greatest += finest
        }
        let wanted = (greatest / 2 - least / 2) / Double(max(1, tickCount - 1)) * 2
        step = ValueAxis.roundStep(atLeast: wanted, unit)
        low = (least / step).rounded(.down) * step
        let top = (greatest / step).rounded(.up) * step
        high = top > low ? top : low + step
    }

    package var ticks: [Double] {
        let count = Int(((high - low) / step).rounded())
        return (0...max(1, min(count, 1000))).map { low + Double($0) * step }
    }

    private static func roundStep(atLeast wanted: Double, _ unit: QuantityUnit) -> Double {
        guard wanted.isFinite, wanted > 0 else { return 1 }
        if unit == .bytes && wanted > 1 {
            var step = 1.0
            while step < wanted { step *= 2 }
            return step
        }
        if unit == .seconds && wanted > 1 {
            let steps: [Double] = [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
            if let step = steps.first(where: { $0 >= wanted }) { return step }
            return 86_400 * roundStep(atLeast: wanted / 86_400, .none)
        }
        let power = pow10(wanted.log10Floor)
        for factor in [1.0, 2, 5, 10] where factor * power >= wanted * (1 - 1e-9) { return factor * power }
        return 10 * power
    }
}

/// The scale of time, with ticks at round times of the day in UTC.
package struct TimeAxis: Sendable {
    package let start: Timestamp
    package let end: Timestamp
    private let interval: Int64

    /// - Parameter tickCount: the most ticks that there is room for.
    package init(start: Timestamp, end: Timestamp, tickCount: Int) {
        self.start = start
        self.end = max(end, start + 1)
        let second: Int64 = 1000
        let (minute, hour, day) = (60 * second, 3600 * second, 86_400 * second)
        let intervals: [Int64] = [
            second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute,
            30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 182 * day,
        ]
        let wanted = (self.end - start) / Int64(max(1, tickCount))
        interval = intervals.first { $0 >= wanted } ?? 364 * day * (wanted / (364 * day) + 1)
    }

    package var ticks: [(time: Timestamp, label: String)] {
        let remainder = ((start % interval) + interval) % interval
        var time = remainder == 0 ? start : start - remainder + interval
        var ticks: [(Timestamp, String)] = []
        while time <= end {
            ticks.append((time, label(time)))
            time += interval
        }
        return ticks
    }

    private func label(_ time: Timestamp) -> String {
        let calendar = CivilTime(milliseconds: time)
        if interval < 60_000 { return calendar.clockWithSeconds }
        let isMidnight = calendar.hour == 0 && calendar.minute == 0
        if interval >= 86_400_000 || (isMidnight && end - start > 86_400_000) {
            return end - start > 300 * 86_400_000 ? calendar.date.text : String(calendar.date.text.suffix(5))
        }
        return calendar.clock
    }
}

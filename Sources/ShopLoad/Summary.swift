internal import Foundation

/// What became of all visits, in a page for the terminal.
struct Summary: Sendable {
    private(set) var journeys: [Shopper.Outcome: Int] = [:]
    private(set) var turnedAway = 0
    private var steps: [String: Step] = [:]
    private var durations = Sample()

    struct Step: Sendable {
        var count = 0
        var problems: [String: Int] = [:]
        var durations = Sample()
    }

    /// Times of which quantiles are told: all up to a thousand, then a fair thousand of them, so that memory is bounded (reservoir sampling).
    struct Sample: Sendable {
        private static let sizeMax = 1000
        private var values: [Duration] = []
        private var seen = 0
        private var generator = SeededGenerator(seed: 1)

        mutating func add(_ value: Duration) {
            seen += 1
            if values.count < Self.sizeMax { return values.append(value) }
            let place = Int.random(in: 0..<seen, using: &generator)
            if place < Self.sizeMax { values[place] = value }
        }

        /// - Parameter share: from 0 to 1.
        func quantile(_ share: Double) -> Duration? {
            values.isEmpty ? nil : values.sorted()[Int((share * Double(values.count - 1)).rounded())]
        }
    }

    mutating func visited(_ outcome: Shopper.Outcome, in duration: Duration) {
        journeys[outcome, default: 0] += 1
        durations.add(duration)
    }

    /// Somebody came while the shop was as full as it may be.
    mutating func turnAway() { turnedAway += 1 }

    /// - Parameter problem: what went wrong, such as `503`; nil for nothing.
    mutating func moved(_ step: String, in duration: Duration, problem: String? = nil) {
        steps[step, default: Step()].count += 1
        steps[step]?.durations.add(duration)
        if let problem { steps[step]?.problems[problem, default: 0] += 1 }
    }

    /// - Parameter order: in which steps are shown.
    func text(steps order: [String], elapsed: Duration) -> String {
        let all = journeys.values.reduce(0, +)
        var lines = ["\(all) visits in \(Self.text(elapsed))" + (turnedAway > 0 ? ", \(turnedAway) turned away" : "")]
        for outcome in Shopper.Outcome.allCases {
            let count = journeys[outcome, default: 0]
            let share = all == 0 ? 0 : Double(count) / Double(all) * 100
            lines.append(
                "  " + Self.padded(outcome.rawValue, 17) + Self.leading("\(count)", 8) + Self.leading("\(Int(share.rounded())) %", 8))
        }
        lines.append("  a visit took \(Self.text(durations))")
        lines.append(Self.padded("step", 19) + Self.leading("count", 8) + Self.leading("p50", 10) + Self.leading("p99", 10) + "  problems")
        for name in order {
            guard let step = steps[name] else { continue }
            let problems = step.problems.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) × \($0.key)" }
            let line =
                "  " + Self.padded(name, 17) + Self.leading("\(step.count)", 8) + Self.leading(Self.text(step.durations.quantile(0.5)), 10)
                + Self.leading(Self.text(step.durations.quantile(0.99)), 10)
            lines.append(problems.isEmpty ? line : line + "  " + problems.joined(separator: ", "))
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ durations: Sample) -> String {
        "\(text(durations.quantile(0.5))) (p50), \(text(durations.quantile(0.99))) (p99)"
    }

    private static func text(_ duration: Duration?) -> String {
        guard let duration else { return "-" }
        let milliseconds = duration / .milliseconds(1)
        return milliseconds < 1000 ? "\(Int(milliseconds.rounded())) ms" : "\((milliseconds / 100).rounded() / 10) s"
    }

    private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
    private static func leading(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
}

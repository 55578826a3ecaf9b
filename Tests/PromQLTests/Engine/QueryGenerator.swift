import PromQL
import QueryModel
import QueryTestLanguage
import TelemetryModel
import TestSupport

/// Makes random series and random well-typed queries over them.
struct QueryGenerator {
    var random: SeededGenerator

    static let step: Int64 = 15_000
    static let samples = 80

    /// Counters with resets, gauges with gaps, NaN and infinities, series that end and come back, native histograms of both kinds.
    mutating func source() -> MemorySource {
        var source = MemorySource()
        for job in ["a", "b"] {
            for instance in ["1", "2", "3"] {
                let labels: [(String, String)] = [("job", job), ("instance", instance)]
                addCounter(LabelSet([("__name__", "requests_total")] + labels), to: &source)
                addGauge(LabelSet([("__name__", "level")] + labels), to: &source)
                addHistograms(LabelSet([("__name__", "latency")] + labels), isCustom: job == "b" && instance == "3", to: &source)
            }
            addGauge(LabelSet([("__name__", "limit"), ("job", job)]), to: &source)
        }
        return source
    }

    /// The times of one series: about every step, some missing; nil where the series is marked as ended.
    private mutating func times() -> [(time: Int64, isStale: Bool)] {
        var times: [(Int64, Bool)] = []
        var isGone = false
        for index in 0..<QueryGenerator.samples {
            if Int.random(in: 0..<40, using: &random) == 0 { isGone.toggle() }
            let time = Int64(index) * QueryGenerator.step + Int64.random(in: 0..<500, using: &random)
            if isGone {
                if times.last?.1 == false { times.append((time, true)) }
            } else if Int.random(in: 0..<10, using: &random) > 0 {
                times.append((time, false))
            }
        }
        return times
    }

    private mutating func addCounter(_ labels: LabelSet, to source: inout MemorySource) {
        var value = Double(Int.random(in: 0..<100, using: &random))
        for (time, isStale) in times() {
            value += Double(Int.random(in: 0..<20, using: &random))
            if Int.random(in: 0..<15, using: &random) == 0 { value = Double(Int.random(in: 0..<5, using: &random)) }
            source.append(labels, time, .float(isStale ? StaleMarker.value : value))
        }
    }

    private mutating func addGauge(_ labels: LabelSet, to source: inout MemorySource) {
        for (time, isStale) in times() {
            var value = Double.random(in: -100...100, using: &random)
            switch Int.random(in: 0..<60, using: &random) {
            case 0: value = .nan
            case 1: value = .infinity
            case 2: value = -.infinity
            case 3...20: value = value.rounded()
            default: break
            }
            source.append(labels, time, .float(isStale ? StaleMarker.value : value))
        }
    }

    private mutating func addHistograms(_ labels: LabelSet, isCustom: Bool, to source: inout MemorySource) {
        var counts = [Double](repeating: 1, count: 4)
        for (time, isStale) in times() {
            if Int.random(in: 0..<20, using: &random) == 0 { counts = [0, 0, 1, 0] }
            for index in counts.indices { counts[index] += Double(Int.random(in: 0..<5, using: &random)) }
            var histogram = NativeHistogram(
                schema: isCustom ? NativeHistogram.customBucketsSchema : Int32.random(in: 0...1, using: &random), zeroThreshold: 0,
                count: counts.reduce(0, +), sum: counts.reduce(0, +) * 1.5,
                positiveSpans: [NativeHistogram.BucketSpan(offset: 0, length: 4)], positiveBuckets: counts)
            if isCustom { histogram.customBounds = [1, 2, 5] }
            source.append(labels, time, .histogram(isStale ? .staleMarker : histogram))
        }
    }

    // MARK: Queries

    private mutating func pick(_ choices: [String]) -> String { choices[Int.random(in: choices.indices, using: &random)] }

    private mutating func selector() -> String {
        let name = pick(["requests_total", "level", "level", "limit", "latency", "requests_total"])
        let matchers = pick(["", "", "{job=\"a\"}", "{instance!=\"2\"}", "{instance=~\"1|3\"}"])
        return name + matchers
    }

    private mutating func modifiers() -> String { pick(["", "", "", "", " offset 1m", " offset -30s", " @ 600", " @ 300 offset 20s"]) }

    private mutating func range(_ depth: Int) -> String {
        if depth > 0, Int.random(in: 0..<4, using: &random) == 0 {
            return "(" + vector(depth - 1) + ")[" + pick(["2m:30s", "90s:20s", "3m:"]) + "]" + modifiers()
        }
        return selector() + "[" + pick(["20s", "45s", "1m", "2m", "5m"]) + "]" + modifiers()
    }

    private mutating func scalar(_ depth: Int) -> String {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "time()"
        case 1 where depth > 0: return "scalar(" + vector(depth - 1) + ")"
        default: return pick(["0", "1", "2.5", "-3", "0.5", "1e3", "NaN", "Inf"])
        }
    }

    /// A query that gives an instant vector.
    mutating func vector(_ depth: Int) -> String {
        if depth == 0 { return selector() + modifiers() }
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return selector() + modifiers()
        case 1, 2:
            let function = pick([
                "rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv", "avg_over_time", "sum_over_time",
                "min_over_time", "max_over_time", "count_over_time", "last_over_time", "stddev_over_time", "present_over_time",
                "first_over_time", "mad_over_time", "ts_of_max_over_time", "ts_of_last_over_time", "absent_over_time",
            ])
            return function + "(" + range(depth) + ")"
        case 3: return "quantile_over_time(" + scalar(0) + ", " + range(depth) + ")"
        case 4:
            let function = pick([
                "abs", "ceil", "sqrt", "ln", "sgn", "round", "histogram_count", "histogram_sum", "timestamp", "-", "hour", "histogram_avg",
            ])
            return function + "(" + vector(depth - 1) + ")"
        case 5: return pick(["clamp_min", "clamp_max"]) + "(" + vector(depth - 1) + ", " + scalar(depth - 1) + ")"
        case 6, 7:
            let grouping = pick([" ", " by (job) ", " by (instance) ", " without (instance) ", " by (job, instance) "])
            let aggregation = pick(["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"])
            return aggregation + grouping + "(" + vector(depth - 1) + ")"
        case 8:
            let grouping = pick([" ", " by (job) "])
            // Which of equal elements topk and limitk choose depends on the order of the series, which only selectors keep from step to step.
            if Bool.random(using: &random) {
                return pick(["topk", "bottomk", "limitk", "limit_ratio"]) + grouping + "(" + pick(["1", "2", "0.5", scalar(0)]) + ", "
                    + selector() + modifiers() + ")"
            }
            return pick(["quantile", "limit_ratio"]) + grouping + "(" + pick(["1", "0.5", scalar(0)]) + ", " + vector(depth - 1) + ")"
        case 9:
            return "(" + vector(depth - 1) + ") " + pick(["+", "-", "*", "/", "%", "^", ">", "<", "==", "!=", ">= bool", "atan2"]) + " "
                + scalar(depth - 1)
        case 10:
            let operation = pick([
                "+", "/", "*", "> bool", "<", "and", "or", "unless", "+ on(job, instance)", "- on(job) group_left()",
                "and on(job)", "unless on(instance)", "* ignoring(instance) group_left()", "+ fill(1)", "- fill_right(0)",
            ])
            return "(" + vector(depth - 1) + ") " + operation + " (" + vector(depth - 1) + ")"
        default:
            return pick(["histogram_quantile(0.9, ", "label_replace(", "absent(", "vector(scalar("]).withArgument(vector(depth - 1))
        }
    }
}

extension String {
    fileprivate func withArgument(_ argument: String) -> String {
        switch self {
        case "label_replace(": "label_replace(" + argument + ", \"copy\", \"$1\", \"job\", \"(.*)\")"
        case "vector(scalar(": self + argument + "))"
        default: self + argument + ")"
        }
    }
}

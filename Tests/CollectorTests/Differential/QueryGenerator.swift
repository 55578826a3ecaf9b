import TestSupport

/// Random well-typed queries over ``RandomSeries``, of what Prometheus 2.42 and Prometheus 3 both know.
struct QueryGenerator {
    typealias Part = QueryNode.Part
    private let base: Int64
    private var random: SeededGenerator

    init(seed: UInt64, base: Int64) {
        self.base = base
        random = SeededGenerator(seed: seed)
    }

    /// A query and when to ask it: at a quarter of a second, see ``RandomSeries``.
    mutating func next() -> (query: QueryNode, evaluation: Evaluation) {
        let query = oneIn(8) ? ofHistograms() : oneIn(12) ? scalar(3) : vector(3)
        let start = base + 200_250 + Int64.random(in: 0..<600, using: &random) * 1000
        if oneIn(3) { return (query, .instant(start)) }
        let step = pick([7000, 15_000, 30_000, 60_000, 113_000] as [Int64])
        let length = step * Int64.random(in: 1...12, using: &random)
        return (query, .range(start: start, end: start + length + pick([0, 3000]), step: step))
    }

    mutating func pick<Value>(_ choices: [Value]) -> Value { choices[Int.random(in: choices.indices, using: &random)] }
    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    private mutating func metric() -> String {
        pick(["requests_total", "requests_total", "young_total", "level", "level", "level", "limit", "wild", "latency_bucket"])
    }

    mutating func matchers() -> [Part] {
        let text = pick([
            "", "", "{job=\"a\"}", "{instance!=\"2\"}", "{instance=~\"1|3\"}", "{job!~\"a\"}", "{le=\"\"}",
            "{job=~\".+\",instance!~\"3|\"}",
        ])
        return text.isEmpty ? [] : [.matchers(text)]
    }

    mutating func modifiers() -> [Part] {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: [.modifier(.offset(60_000))]
        case 1: [.modifier(.offset(-30_000))]
        case 2: [.modifier(.pinned(base + 600_250, offset: 0))]
        case 3: [.modifier(.pinned(base + 300_250, offset: 20_000))]
        case 4: [.modifier(.start)]
        case 5: [.modifier(.end)]
        default: []
        }
    }

    private mutating func selector() -> QueryNode {
        let name = metric()
        return QueryNode(.vector, name, [.text(name)] + matchers() + modifiers())
    }

    private mutating func range(_ depth: Int) -> QueryNode {
        if depth > 0, oneIn(4) {
            // Half seconds keep the boundaries of a subquery between the steps of another.
            let (length, step) = pick([(120_500, "30s"), (90_500, "20s"), (180_500, ""), (60_500, "7s")] as [(Int64, String)])
            let inner = vector(depth - 1)
            return QueryNode(
                .range, "subquery", [.text("("), .child(inner), .text(")["), .length(length), .text(":\(step)]")] + modifiers())
        }
        let name = metric()
        let length = pick([20_000, 45_000, 60_000, 120_000, 300_000] as [Int64])
        return QueryNode(.range, name, [.text(name)] + matchers() + [.text("["), .length(length), .text("]")] + modifiers())
    }

    private mutating func scalar(_ depth: Int) -> QueryNode {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return QueryNode(.scalar, "time", [.text("time()")])
        case 1 where depth > 0: return call(.scalar, "scalar", [vector(depth - 1)])
        case 2 where depth > 0:
            let sign = pick(["+", "-", "*", "/", "%", "^", "atan2", "> bool", "== bool"])
            return QueryNode(
                .scalar, sign, [.text("("), .child(scalar(depth - 1)), .text(" \(sign) "), .child(scalar(depth - 1)), .text(")")])
        case 3: return QueryNode(.scalar, "-", [.text("-"), .child(scalar(0))])
        default:
            let number = pick(["0", "1", "2.5", "-3", "0.5", "1e3", "NaN", "Inf", "0.9", "0x1F"])
            return QueryNode(.scalar, number, [.text(number)])
        }
    }

    func call(_ kind: QueryNode.Kind, _ name: String, _ arguments: [QueryNode]) -> QueryNode {
        var parts: [Part] = [.text(name + "(")]
        for (index, argument) in arguments.enumerated() { parts += (index == 0 ? [] : [.text(", ")]) + [.child(argument)] }
        return QueryNode(kind, name, parts + [.text(")")])
    }

    private mutating func vector(_ depth: Int) -> QueryNode {
        guard depth > 0 else { return selector() }
        switch Int.random(in: 0..<17, using: &random) {
        case 0: return selector()
        case 1, 2, 3, 4: return overTime(depth)
        case 5: return call(.vector, pick(Self.functions), [vector(depth - 1)])
        case 6:
            let name = pick(["clamp_min", "clamp_max", "round", "clamp"])
            let bounds = (0..<(name == "clamp" ? 2 : 1)).map { _ in scalar(depth - 1) }
            return call(.vector, name, [vector(depth - 1)] + bounds)
        case 7, 8, 9: return aggregation(depth)
        case 10, 11, 12: return arithmetic(depth)
        case 13, 14: return matching(depth)
        default: return other(depth)
        }
    }

    private static let functions = [
        "abs", "ceil", "floor", "sqrt", "ln", "log2", "log10", "exp", "sgn", "round", "timestamp", "-", "hour", "minute", "day_of_week",
        "day_of_month", "day_of_year", "days_in_month", "month", "year", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
        "tanh",
        "asinh", "acosh", "atanh", "rad", "deg",
    ]

    private mutating func overTime(_ depth: Int) -> QueryNode {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return call(.vector, "quantile_over_time", [scalar(oneIn(2) ? 0 : depth - 1), range(depth)])
        case 1: return call(.vector, "predict_linear", [range(depth), scalar(oneIn(2) ? 0 : depth - 1)])
        case 2, 3: return call(.vector, pick(["rate", "increase", "delta"]), [range(depth)])
        default:
            let name = pick([
                "irate", "idelta", "changes", "resets", "deriv", "avg_over_time", "sum_over_time", "min_over_time", "max_over_time",
                "count_over_time", "last_over_time", "stddev_over_time", "stdvar_over_time", "present_over_time", "absent_over_time",
            ])
            return call(.vector, name, [range(depth)])
        }
    }

    private mutating func aggregation(_ depth: Int) -> QueryNode {
        if oneIn(4) {
            let name = pick(["topk", "bottomk", "quantile"])
            let grouping = pick(["", " by (job) ", " without (instance) "])
            let parameter = oneIn(3) ? scalar(0) : QueryNode(.scalar, "2", [.text(name == "quantile" ? "0.7" : "2")])
            return QueryNode(
                .vector, name, [.text(name), .text(grouping + "("), .child(parameter), .text(", "), .child(vector(depth - 1)), .text(")")])
        }
        let name = pick(["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"])
        let grouping = pick([" ", " by (job) ", " by (instance) ", " without (instance) ", " by (job, instance) ", " by (__name__) "])
        return QueryNode(.vector, name, [.text(name + grouping + "("), .child(vector(depth - 1)), .text(")")])
    }

    private mutating func arithmetic(_ depth: Int) -> QueryNode {
        let sign = pick(["+", "-", "*", "/", "%", "^", "atan2", ">", "<", "==", "!=", ">=", ">= bool", "<= bool", "!= bool"])
        let sides = oneIn(2) ? [vector(depth - 1), scalar(depth - 1)] : [scalar(depth - 1), vector(depth - 1)]
        return QueryNode(.vector, sign, [.text("("), .child(sides[0]), .text(") \(sign) ("), .child(sides[1]), .text(")")])
    }

    private mutating func matching(_ depth: Int) -> QueryNode {
        let sign = pick([
            "+", "/", "*", "> bool", "<", "==", "atan2", "and", "or", "unless", "+ on(job, instance)", "- on(job) group_left()",
            "* on(job) group_right()", "and on(job)", "unless on(instance)", "or on(job)", "* ignoring(instance) group_left()",
            "+ ignoring(le)", "% on(instance) group_left(job)", "> on(job) group_right(le)",
        ])
        let name = String(sign.prefix { $0 != " " })
        return QueryNode(
            .vector, name, [.text("("), .child(vector(depth - 1)), .text(") \(sign) ("), .child(vector(depth - 1)), .text(")")])
    }

    private mutating func other(_ depth: Int) -> QueryNode {
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return call(.vector, "histogram_quantile", [scalar(0), inner])
        case 1:
            let rate = call(
                .vector, pick(["rate", "increase"]),
                [
                    QueryNode(
                        .range, "latency_bucket",
                        [.text("latency_bucket["), .length(pick([60_000, 120_000, 300_000])), .text("]")] + modifiers())
                ])
            let sum = QueryNode(.vector, "sum", [.text("sum by (le) ("), .child(rate), .text(")")])
            return call(
                .vector, "histogram_quantile", [oneIn(2) ? scalar(0) : QueryNode(.scalar, "0.9", [.text("0.9")]), oneIn(2) ? rate : sum])
        case 2:
            return QueryNode(
                .vector, "label_replace", [.text("label_replace("), .child(inner), .text(", \"copy\", \"$1-x\", \"job\", \"(.*)\")")])
        case 3:
            return QueryNode(
                .vector, "label_join", [.text("label_join("), .child(inner), .text(", \"joined\", \"-\", \"job\", \"instance\")")])
        case 4: return call(.vector, "absent", [inner])
        case 5: return call(.vector, "vector", [scalar(depth - 1)])
        case 6: return call(.vector, pick(["sort", "sort_desc"]), [inner])
        case 7: return QueryNode(.vector, "count_values", [.text("count_values(\"v\", "), .child(inner), .text(")")])
        default: return QueryNode(.vector, "sum", [.text("sum by (le) ("), .child(inner), .text(")")])
        }
    }
}

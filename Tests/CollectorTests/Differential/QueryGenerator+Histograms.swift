/// Queries of native histograms: of the few functions that 2.42 knows for them, those that mean the same since.
extension QueryGenerator {
    mutating func ofHistograms() -> QueryNode {
        switch pick(Array(0..<10)) {
        case 0, 1: return call(.vector, pick(["histogram_count", "histogram_sum"]), [histograms(2)])
        case 2:
            // Between the borders of buckets 3 interpolates otherwise.
            let quantile = pick(["0", "1", "-1", "2", "NaN"])
            return call(.vector, "histogram_quantile", [QueryNode(.scalar, quantile, [.text(quantile)]), changes(["rate", "increase"])])
        case 3:
            // Powers of two are borders of buckets at every resolution.
            let lower = pick(["-Inf", "-8", "-2", "-1", "1", "2"])
            let upper = pick(["2", "4", "16", "64", "Inf"])
            let bounds = [lower, upper].map { QueryNode(.scalar, $0, [.text($0)]) }
            return call(.vector, "histogram_fraction", bounds + [changes(["rate", "increase"])])
        case 4: return call(.vector, pick(["count", "group", "absent", "timestamp"]), [histograms(1)])
        case 5: return call(.vector, pick(["count_over_time", "present_over_time", "absent_over_time"]), [histogramRange(isPinned: true)])
        case 6:
            let sign = pick(["and", "or", "unless", "and on(job)", "unless on(instance)", "or on(job)"])
            let name = String(sign.prefix { $0 != " " })
            let sides = [
                histograms(1), oneIn(2) ? histograms(1) : QueryNode(.vector, "level", [.text("level")] + matchers() + modifiers()),
            ]
            let ordered = oneIn(2) ? sides : sides.reversed()
            return QueryNode(.vector, name, [.text("("), .child(ordered[0]), .text(") \(sign) ("), .child(ordered[1]), .text(")")])
        case 7:
            let inner = changes(["rate", "increase"])
            let range = QueryNode(
                .range, "subquery",
                [.text("("), .child(inner), .text(")["), .length(pick([120_500, 60_500])), .text(":30s]")] + modifiers())
            return call(.vector, pick(["count_over_time", "present_over_time"]), [range])
        default: return histograms(2)
        }
    }

    private mutating func histogramName() -> String { pick(["size", "span"]) }

    /// 2.42 adds to a pinned operand again at every step, so there are sums without `@`.
    private mutating func histogramModifiers(isPinned: Bool) -> [Part] {
        modifiers().filter { part in
            if case .modifier(let modifier) = part { isPinned || !modifier.isPinned } else { true }
        }
    }

    private mutating func histogramRange(isPinned: Bool) -> QueryNode {
        let name = histogramName()
        let length = pick([20_000, 45_000, 60_000, 120_000, 300_000] as [Int64])
        return QueryNode(
            .range, name, [.text(name)] + matchers() + [.text("["), .length(length), .text("]")] + histogramModifiers(isPinned: isPinned))
    }

    private mutating func changes(_ functions: [String], isPinned: Bool = true) -> QueryNode {
        call(.vector, pick(functions), [histogramRange(isPinned: isPinned)])
    }

    private mutating func histograms(_ depth: Int) -> QueryNode {
        switch pick(Array(0..<(depth > 0 ? 7 : 4))) {
        case 0:
            let name = histogramName()
            return QueryNode(.vector, name, [.text(name)] + matchers() + histogramModifiers(isPinned: true))
        case 1, 2, 3: return changes(["rate", "increase", "delta"])
        case 4, 5:
            let grouping = pick([" ", " by (job) ", " without (instance) "])
            return QueryNode(.vector, "sum", [.text("sum" + grouping + "("), .child(histograms(depth - 1)), .text(")")])
        default:
            let sides = (0..<2).map { _ in changes(["rate", "increase", "delta"], isPinned: false) }
            let sign = pick(["+", "+ on(job, instance)"])
            return QueryNode(.vector, "+", [.text("("), .child(sides[0]), .text(") \(sign) ("), .child(sides[1]), .text(")")])
        }
    }
}

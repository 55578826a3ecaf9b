/// A way in which Prometheus 2.42 answers otherwise than Perch: a change of Prometheus 3, which Perch follows, and one fault.
///
/// A rule looks at the smallest form of a query. It holds only where the form is the one that the change is about, and the answers of
/// both servers show the cause; anything else stays unexplained. docs/correctness.md tells the same to readers.
struct KnownDifference: Sendable {
    let name: String
    let holds: @Sendable (SmallestDifference, ServerPair) async throws -> Bool

    /// The name of the first rule that holds, or nil.
    static func rule(for found: SmallestDifference, _ servers: ServerPair) async throws -> String? {
        for rule in all where try await rule.holds(found, servers) { return rule.name }
        return nil
    }

    static let all = [
        nameAfterAtan2, spreadOfNonFinite, spreadOfLarge, compensatedOverflow, pinnedRange, pinnedInSubquery, pinnedAtItsOwnStep, tie,
        tieInSubquery, negativeCount, zeroPoint, lateUniqueness, lastDigits,
    ]

    /// 2.42 keeps the metric name through atan2 alone of all arithmetic.
    private static let nameAfterAtan2 = KnownDifference(name: "atan2 keeps the name in 2.42") { found, servers in
        guard found.query.name == "atan2" else { return false }
        let answers = try await servers.ask(found.query.text, found.evaluation)
        return Difference.between(theirs: answers.theirs.withoutNames, ours: answers.ours) == nil
    }

    /// 2.42 starts the running variance at 0 whatever the first element is; 3 makes it NaN where the element is not finite.
    private static let spreadOfNonFinite = KnownDifference(name: "stddev and stdvar of NaN and Inf") { found, servers in
        guard ["stddev", "stdvar"].contains(found.query.name), let argument = found.query.children.first,
            case .value(_, let time, let theirs, let ours) = found.difference, theirs == 0, ours.isNaN
        else { return false }
        let values = try await servers.ask(argument.text, found.evaluation).ours.values(at: time)
        return values.contains { !$0.isFinite }
    }

    /// Where numbers are large beside their spread, its last digits depend on the order in which they are added. Both answers are as near to the
    /// exact one as the way of computing it allows: its error grows with the condition of the numbers.
    private static let spreadOfLarge = KnownDifference(name: "stddev and stdvar of numbers that are large beside it") { found, servers in
        let isRoot = found.query.name.hasPrefix("stddev")
        guard ["stddev", "stdvar", "stddev_over_time", "stdvar_over_time"].contains(found.query.name),
            let argument = found.query.children.first(where: { $0.kind != .scalar }),
            case .value(let labels, let time, let theirs, let ours) = found.difference
        else { return false }
        let answers = try await servers.ask(argument.text, argument.isRange ? .instant(time) : found.evaluation)
        guard Difference.between(theirs: answers.theirs, ours: answers.ours, tolerance: 0) == nil else { return false }
        let elements = answers.ours.series.filter { series in labels.allSatisfy { series.labels[$0.key] == $0.value } }
        let values = elements.flatMap { argument.isRange ? $0.values : zip($0.times, $0.values).filter { $0.0 == time }.map(\.1) }
        let spread = Spread(values)
        let exact = isRoot ? spread.variance.squareRoot() : spread.variance
        let bound = 4 * Double(values.count) * spread.condition * 0x1p-53 * exact
        return bound.isFinite && abs(theirs - exact) <= bound && abs(ours - exact) <= bound
    }

    /// 2.42 adds the compensation NaN to a compensated sum that became infinite; 3 leaves the infinity alone.
    private static let compensatedOverflow = KnownDifference(name: "compensated sums beyond the largest number") { found, servers in
        let functions = ["stddev_over_time", "stdvar_over_time", "sum_over_time", "avg_over_time", "deriv", "predict_linear"]
        guard functions.contains(found.query.name), found.evaluation.isInstant, let range = found.query.children.first(where: \.isRange),
            case .value(_, _, let theirs, let ours) = found.difference, theirs.isNaN, ours.isInfinite
        else { return false }
        let values = try await servers.ask(range.text, found.evaluation).ours.series.flatMap(\.values)
        return values.contains { abs($0) > 1e150 }
    }

    /// Where a parameter may change from step to step, 2.42 moves a range along that `@` has pinned. A single step shows no difference.
    private static let pinnedRange = KnownDifference(name: "a range pinned by @ beside a parameter that changes") { found, servers in
        for node in found.query.all where ["predict_linear", "quantile_over_time"].contains(node.name) {
            guard let range = node.children.first(where: \.isRange), range.modifier?.isPinned == true else { continue }
            let steps: (Int64, Evaluation)
            switch found.evaluation {
            case .range(let start, _, _): steps = (start, found.evaluation)
            case .instant(let time): steps = (time - 300_000, .range(start: time - 300_000, end: time, step: 7000))
            }
            guard let all = try await servers.difference(node, steps.1), let time = all.time, time > steps.0 else { continue }
            if range.modifier?.isAtEdge == true { return true }
            // Other series may differ at the first step for other reasons, and so may this one for its size.
            let answers = try await servers.ask(node.text, .instant(steps.0))
            let first = Difference.between(theirs: answers.theirs.keeping(all.subjects), ours: answers.ours.keeping(all.subjects))
            guard let first else { return true }
            if try await compensatedOverflow.holds(SmallestDifference(node, at: steps.0, first), servers) { return true }
        }
        return false
    }

    /// Where a pinned subquery inside another one happens to start at the same step, 2.42 reads what is pinned inside it at another time. It
    /// contradicts itself: what is pinned is the same at all times, yet a step of the subquery is not what its expression gives when
    /// it is asked alone. In Perch it is, and asked alone both give the same. The fault is in the source of Prometheus 3 too.
    private static let pinnedInSubquery = KnownDifference(name: "@ within a pinned subquery of a subquery") { found, servers in
        guard case .instant(let now) = found.evaluation else { return false }
        let query = found.query.replacingEdges(of: found.evaluation)
        for subquery in query.all where subquery.isSubquery {
            guard let inner = subquery.children.first, inner.all.contains(where: { $0.isSubquery && $0.modifier?.isPinned == true }),
                let time = try await servers.difference(subquery, found.evaluation)?.time,
                try await servers.difference(inner, found.evaluation) == nil
            else { continue }
            let step = try await servers.ask(subquery.text, found.evaluation).ours.values(at: time)
            let alone = try await servers.ask(inner.text, found.evaluation).ours.values(at: now)
            if step.map(\.bitPattern).sorted() == alone.map(\.bitPattern).sorted() { return true }
        }
        return false
    }

    /// The same fault without an outer subquery: 2.42 reads what is pinned inside a pinned subquery at another time where the query is asked at the
    /// very time of the subquery's first step. It contradicts itself: what is pinned throughout is the same at all times, yet a quarter of
    /// a second later it answers otherwise, and then as Perch does at both times.
    private static let pinnedAtItsOwnStep = KnownDifference(name: "@ within a pinned subquery that starts at the time of the query") {
        found, servers in
        guard case .instant(let now) = found.evaluation else { return false }
        let query = found.query.replacingEdges(of: found.evaluation)
        let isNested = query.all.contains { subquery in
            guard subquery.isSubquery, subquery.modifier?.isPinned == true, let inner = subquery.children.first else { return false }
            return inner.all.contains { $0.modifier?.isPinned == true }
        }
        guard isNested, try await servers.difference(query, .instant(now + 250)) == nil else { return false }
        let (here, later) = (try await servers.ask(query.text, .instant(now)), try await servers.ask(query.text, .instant(now + 250)))
        func isConstant(_ here: QueryAnswer, _ later: QueryAnswer) -> Bool {
            Difference.between(theirs: here.timeless, ours: later.timeless, tolerance: 0) == nil
        }
        return isConstant(here.ours, later.ours) && !isConstant(here.theirs, later.theirs)
    }

    /// Which of several equal elements topk and bottomk take is the order of the series in the storage.
    private static let tie = KnownDifference(name: "ties in topk and bottomk") { found, servers in
        guard ["topk", "bottomk"].contains(found.query.name), case .presence = found.difference else { return false }
        return isTie(try await servers.ask(found.query.text, found.evaluation))
    }

    /// The same in a subquery. Storage has series in another order for the one step that is asked for alone, where both take the same element.
    private static let tieInSubquery = KnownDifference(name: tie.name) { found, servers in
        guard let time = found.difference.time else { return false }
        for subquery in found.query.all where subquery.isSubquery {
            guard let inner = subquery.children.first, ["topk", "bottomk"].contains(inner.name), let length = subquery.length,
                let step = subquery.subqueryStep
            else { continue }
            let end = subquery.windowEnd(at: time, in: found.evaluation)
            let first = (end - length) / step * step + step
            guard first <= end else { continue }
            let answers = try await servers.ask(inner.text, .range(start: first, end: end, step: step))
            if case .presence? = Difference.between(theirs: answers.theirs, ours: answers.ours), isTie(answers) { return true }
        }
        return false
    }

    /// Whether both take equally great elements at every time, whichever these are.
    private static func isTie(_ answers: (theirs: QueryAnswer, ours: QueryAnswer)) -> Bool {
        let times = Set((answers.theirs.series + answers.ours.series).flatMap(\.times))
        return times.allSatisfy { time in
            let (theirs, ours) = (answers.theirs.values(at: time), answers.ours.values(at: time))
            // NaN has no place in an order.
            let numbers = zip(theirs.filter { !$0.isNaN }.sorted(), ours.filter { !$0.isNaN }.sorted())
            return theirs.count == ours.count && theirs.count { $0.isNaN } == ours.count { $0.isNaN }
                && numbers.allSatisfy { Difference.same($0, $1) }
        }
    }

    /// 3 asks first whether topk and bottomk are to give anything at all, and only then whether the count is a count.
    private static let negativeCount = KnownDifference(name: "topk and bottomk of fewer than one, below all whole numbers") {
        found, servers in
        guard ["topk", "bottomk"].contains(found.query.name), case .refusal(let theirs?, nil) = found.difference,
            theirs.contains("overflows int64")
        else { return false }
        return try await servers.ask(found.query.text, found.evaluation).ours.series.isEmpty
    }

    /// Both do not extrapolate a counter below zero, but 3 does so after it has cut a long way to the start of the range, 2.42 before.
    private static let zeroPoint = KnownDifference(name: "extrapolation of a counter to zero") { found, servers in
        guard ["rate", "increase"].contains(found.query.name), let range = found.query.children.first, let length = range.length,
            case .value(let labels, let time, let theirs, let ours) = found.difference
        else { return false }
        let end = range.windowEnd(at: time, in: found.evaluation)
        let source = try await servers.ask(range.text, .instant(time)).ours.series.first { $0.withoutName.labels == labels }
        guard let source, source.times.count > 1 else { return false }
        let counter = ExtrapolatedCounter(times: source.times, values: source.values, start: end - length, end: end)
        let factor = found.query.name == "rate" ? 1000 / Double(length) : 1
        return Difference.same(counter.increase(cutsFirst: false) * factor, theirs)
            && Difference.same(counter.increase(cutsFirst: true) * factor, ours)
    }

    /// 3 refuses two results with the same labels even where the comparison leaves one out; 2.42 does once the comparison is for `bool`.
    private static let lateUniqueness = KnownDifference(name: "results with the same labels that a comparison leaves out") {
        found, servers in
        guard [">", "<", "==", "!=", ">=", "<="].contains(found.query.name), case .refusal(nil, let ours?) = found.difference,
            ours.hasPrefix("multiple matches for labels")
        else { return false }
        var kept = found.query
        for (index, part) in kept.parts.enumerated() {
            guard case .text(let text) = part, text.contains(" \(found.query.name) ") else { continue }
            kept.parts[index] = .text(text.replacing(" \(found.query.name) ", with: " \(found.query.name) bool "))
        }
        guard case .refused(let theirs) = try await servers.ask(kept.text, found.evaluation).theirs else { return false }
        return theirs.hasPrefix("multiple matches for labels")
    }

    /// Last digits: 3 adds with compensation, and the functions of the two languages' libraries round differently. What jumps with its
    /// argument makes a difference of it that is not small.
    private static let lastDigits = KnownDifference(name: "last digits of an argument, enlarged") { found, servers in
        let jumping: Set = [
            "%", "+", "-", "==", "!=", ">", "<", ">=", "<=", "ceil", "floor", "round", "sgn", "sin", "cos", "tan", "topk", "bottomk",
            "changes", "delta", "deriv", "predict_linear",
            "resets", "count_values", "rate", "increase", "irate", "idelta", "quantile", "quantile_over_time", "minute", "hour",
        ]
        guard jumping.contains(found.query.name) else { return false }
        for child in found.query.children where found.evaluation.isInstant || !child.isRange {
            let answers = try await servers.ask(child.text, found.evaluation)
            if Difference.between(theirs: answers.theirs, ours: answers.ours) == nil,
                Difference.between(theirs: answers.theirs, ours: answers.ours, tolerance: 0) != nil
            {
                return true
            }
        }
        return false
    }
}

/// The variance of numbers, computed so that hardly a digit is lost.
struct Spread {
    let variance: Double
    /// By how much an error of the numbers is enlarged in the variance.
    let condition: Double

    init(_ values: [Double]) {
        let count = Double(values.count)
        let first = values.first ?? .nan
        // Differences of numbers that are close are exact; then the mean of these is taken off.
        let shifted = values.map { $0 - first }
        let mean = shifted.reduce(0, +) / count
        let squares = shifted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let rest = shifted.reduce(0) { $0 + ($1 - mean) }
        let corrected = squares - rest * rest / count
        variance = corrected / count
        condition = (values.reduce(0) { $0 + $1 * $1 } / corrected).squareRoot()
    }
}

/// The increase of a counter over a range, as rate and increase extrapolate it.
struct ExtrapolatedCounter {
    let times: [Int64]
    let values: [Double]
    let start: Int64
    let end: Int64

    /// - Parameter cutsFirst: whether a long way to the start is cut to half the mean distance before the way to zero is looked at.
    func increase(cutsFirst: Bool) -> Double {
        var sum = values[values.count - 1] - values[0]
        for (before, after) in zip(values, values.dropFirst()) where after < before { sum += before }
        let sampled = Double(times[times.count - 1] - times[0])
        let mean = sampled / Double(times.count - 1)
        func cut(_ way: Double) -> Double { way < 1.1 * mean ? way : mean / 2 }
        var toStart = Double(times[0] - start)
        if cutsFirst { toStart = cut(toStart) }
        if sum > 0, values[0] >= 0 { toStart = min(toStart, sampled * (values[0] / sum)) }
        if !cutsFirst { toStart = cut(toStart) }
        return sum * (sampled + toStart + cut(Double(end - times[times.count - 1]))) / sampled
    }
}

extension QueryNode {
    var isRange: Bool { kind == .range }

    /// The same with `@ start()` and `@ end()` written as the times they mean.
    func replacingEdges(of evaluation: Evaluation) -> QueryNode {
        switch evaluation {
        case .instant(let time): replacingEdges(start: time, end: time)
        case .range(let start, let end, _): replacingEdges(start: start, end: end)
        }
    }

    private func replacingEdges(start: Int64, end: Int64) -> QueryNode {
        var query = self
        query.parts = parts.map { part in
            switch part {
            case .child(let child): .child(child.replacingEdges(start: start, end: end))
            case .modifier(.start): .modifier(.pinned(start, offset: 0))
            case .modifier(.end): .modifier(.pinned(end, offset: 0))
            default: part
            }
        }
        return query
    }

    /// The end of this range where a query is evaluated at `time`.
    func windowEnd(at time: Int64, in evaluation: Evaluation) -> Int64 {
        switch (modifier, evaluation) {
        case (nil, _), (.start, .instant), (.end, .instant): time
        case (.offset(let offset), _): time - offset
        case (.pinned(let pinned, let offset), _): pinned - offset
        case (.start, .range(let start, _, _)): start
        case (.end, .range(_, let end, _)): end
        }
    }
}
extension QueryNode.Modifier {
    /// Whether it pins to an end of the query's own times.
    var isAtEdge: Bool {
        switch self {
        case .start, .end: true
        case .offset, .pinned: false
        }
    }
}

extension QueryAnswer {
    var withoutNames: QueryAnswer {
        guard case .series(let type, let all) = self else { return self }
        return .series(type: type, all.map(\.withoutName))
    }

    /// Only the series with these labels.
    func keeping(_ subjects: [[String: String]]) -> QueryAnswer {
        guard case .series(let type, let all) = self else { return self }
        return .series(type: type, all.filter { subjects.contains($0.labels) })
    }

    /// The same with all points at the same time: those of an instant query.
    var timeless: QueryAnswer {
        guard case .series(let type, let all) = self else { return self }
        return .series(
            type: type,
            all.map { series in
                QueryAnswer.Series(
                    labels: series.labels, times: series.times.map { _ in 0 }, values: series.values,
                    histograms: Dictionary(series.histograms.map { (0, $0.value) }) { first, _ in first })
            })
    }

    func values(at time: Int64) -> [Double] {
        series.flatMap { one in zip(one.times, one.values).filter { $0.0 == time }.map(\.1) }
    }
}

extension QueryAnswer.Series {
    var withoutName: QueryAnswer.Series {
        QueryAnswer.Series(labels: labels.filter { $0.key != "__name__" }, times: times, values: values, histograms: histograms)
    }
}

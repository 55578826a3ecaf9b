internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// Says what the parts of a plan are: titles in PromQL, with `…` for operands, and notes in plain words.
struct PlanWords {
    let lookback: Int64

    private func duration(_ milliseconds: Int64) -> String {
        milliseconds < 0 ? "-" + duration(-milliseconds) : PromQLDuration.text(milliseconds: milliseconds)
    }

    func literal(_ node: PlanNode) -> String {
        switch node {
        case .number(let value): FloatText.fixed(value)
        case .string(let text): GoQuoting.string(text)
        default: "…"
        }
    }

    // MARK: Selectors

    func title(_ plan: SelectorPlan, range: Int64? = nil) -> String {
        var text = title(plan.matchers)
        if let range { text += "[\(duration(range))]" }
        switch plan.boundary {
        case .plain: break
        case .anchored: text += " anchored"
        case .smoothed: text += " smoothed"
        }
        return text + when(plan.anchor, plan.offset)
    }

    private func when(_ anchor: Timestamp?, _ offset: Int64) -> String {
        var text = ""
        if let anchor { text += " @ " + FloatText.fixed(Double(anchor) / 1000) }
        if offset != 0 { text += " offset " + duration(offset) }
        return text
    }

    private func title(_ matchers: [LabelMatcher]) -> String {
        var name = ""
        var parts: [String] = []
        for matcher in matchers {
            if name.isEmpty, matcher.name == LabelName.metricName, matcher.operator == .equal {
                name = matcher.value
            } else {
                let label = LabelSet.isClassicLabelName(matcher.name) ? matcher.name : GoQuoting.string(matcher.name)
                parts.append(label + matcher.operator.rawValue + GoQuoting.string(matcher.value))
            }
        }
        if !parts.isEmpty || name.isEmpty { name += "{" + parts.joined(separator: ",") + "}" }
        return name
    }

    func notes(_ plan: SelectorPlan, range: Int64?) -> [String] {
        var notes: [String] = []
        switch (plan.boundary, range) {
        case (.smoothed, nil): notes.append("values between the samples around each step, at most \(duration(lookback)) away")
        case (_, nil): notes.append("newest sample at most \(duration(lookback)) old")
        case (.plain, let range?): notes.append("all samples of the last \(duration(range)) before each step")
        case (.anchored, let range?), (.smoothed, let range?):
            let sides = plan.boundary == .anchored ? "before" : "around"
            notes.append("all samples of the last \(duration(range)) before each step, and the nearest \(sides) them")
        }
        notes += timeNotes(plan.anchor, plan.offset)
        if plan.needsStatisticsOnly { notes.append("histograms without their buckets") }
        return notes
    }

    func notes(info plan: InfoPlan) -> [String] {
        var notes = ["found by the instance and job of the series to enrich"]
        if let matchers = plan.matchers, !matchers.isEmpty { notes.append("that match " + title(matchers)) }
        return notes
    }

    private func timeNotes(_ anchor: Timestamp?, _ offset: Int64) -> [String] {
        var notes: [String] = []
        if anchor != nil { notes.append("at a fixed time") }
        if offset > 0 { notes.append("looks back by \(duration(offset))") }
        if offset < 0 { notes.append("looks ahead by \(duration(-offset))") }
        return notes
    }

    func title(_ plan: SubqueryPlan) -> String {
        "(…)[\(duration(plan.range)):\(duration(plan.step))]" + when(plan.anchor, plan.offset)
    }

    func notes(_ plan: SubqueryPlan) -> [String] {
        ["evaluated every \(duration(plan.step)), over the last \(duration(plan.range)) before each step"]
            + timeNotes(plan.anchor, plan.offset)
    }

    // MARK: Functions

    /// The call with its literal arguments.
    func title(_ call: FunctionCall) -> String {
        let arguments = call.arguments.map { argument in
            switch argument.unparenthesized {
            case .number, .string: argument.unparenthesized.description
            default: "…"
            }
        }
        return "\(call.function.name)(\(arguments.joined(separator: ", ")))"
    }

    func notes(_ call: FunctionCall) -> [String] { PlanWords.meanings[call.function.name].map { [$0] } ?? [] }

    /// What those functions do whose names do not say it.
    private static let meanings = [
        "absent": "1 where there is no series",
        "absent_over_time": "1 where no series has a sample in the range",
        "changes": "how often the value changed",
        "delta": "difference between the ends of the range, extrapolated",
        "deriv": "per-second slope of a fitted line",
        "histogram_fraction": "share of observations between two values",
        "histogram_quantile": "value below which that share of observations lies",
        "idelta": "difference of the last two samples",
        "increase": "growth over the range, resets of the counter taken out, extrapolated to the ends of the range",
        "irate": "growth per second between the last two samples",
        "predict_linear": "value on a fitted line, at a time ahead",
        "rate": "growth per second, resets of the counter taken out, extrapolated to the ends of the range",
        "resets": "how often the counter fell",
    ]

    // MARK: Aggregations

    func title(_ plan: AggregationPlan) -> String {
        var text = plan.operator.rawValue
        if let parameter = plan.parameter { text += "(\(literal(parameter)), …)" }
        if plan.isWithout || !plan.grouping.isEmpty {
            text += (plan.isWithout ? " without (" : " by (") + plan.grouping.joined(separator: ", ") + ")"
        }
        return text
    }

    func notes(_ plan: AggregationPlan) -> [String] {
        let labels = plan.grouping.joined(separator: ", ")
        let groups: String
        switch (plan.isWithout, plan.grouping.isEmpty) {
        case (false, true): groups = "over all series"
        case (true, true): groups = "per label set, metric names aside"
        case (false, false): groups = "per \(labels)"
        case (true, false): groups = "per label set, \(labels) aside"
        }
        switch plan.operator {
        case .topk, .bottomk, .limitk, .limitRatio: return ["keeps some series as they are, \(groups)"]
        case .countValues: return ["one result per value, \(groups)"]
        default: return ["one result \(groups)"]
        }
    }

    // MARK: Operators

    func between(_ left: PlanNode, _ text: String, _ right: PlanNode) -> String { "\(literal(left)) \(text) \(literal(right))" }

    func title(_ plan: VectorScalarPlan) -> String {
        let text = plan.operator.rawValue + (plan.returnsBool ? " bool" : "")
        return plan.isSwapped ? between(plan.scalar, text, plan.vector) : between(plan.vector, text, plan.scalar)
    }

    func notes(_ plan: VectorScalarPlan) -> [String] {
        guard plan.operator.isComparison else { return [] }
        return [plan.returnsBool ? "1 where it holds, else 0" : "keeps what passes"]
    }

    func title(_ plan: VectorBinaryPlan) -> String {
        var text = "… " + plan.operator.rawValue + (plan.returnsBool ? " bool" : "")
        let matching = plan.matching
        if matching.isOn || !matching.labels.isEmpty {
            text += (matching.isOn ? " on (" : " ignoring (") + matching.labels.joined(separator: ", ") + ")"
        }
        switch matching.cardinality {
        case .manyToOne: text += " group_left (" + matching.include.joined(separator: ", ") + ")"
        case .oneToMany: text += " group_right (" + matching.include.joined(separator: ", ") + ")"
        case .oneToOne, .manyToMany: break
        }
        return text + " …"
    }

    func notes(_ plan: VectorBinaryPlan) -> [String] {
        let labels = plan.matching.labels.joined(separator: ", ")
        let pairs: String
        switch (plan.matching.isOn, labels.isEmpty) {
        case (true, true): pairs = "whatever their labels"
        case (true, false): pairs = "with equal \(labels)"
        case (false, true): pairs = "with equal labels, metric names aside"
        case (false, false): pairs = "with equal labels, \(labels) aside"
        }
        let meaning =
            switch (plan.operator, plan.matching.cardinality) {
            case (.and, _): "keeps the left series that have a counterpart on the right"
            case (.or, _): "all left series, and the right ones without counterpart on the left"
            case (.unless, _): "keeps the left series without counterpart on the right"
            case (_, .manyToOne): "many series on the left share one on the right"
            case (_, .oneToMany): "one series on the left serves many on the right"
            default: "pairs one series of each side"
            }
        var notes = ["\(meaning), \(pairs)"]
        if plan.operator.isComparison { notes.append(plan.returnsBool ? "1 where it holds, else 0" : "keeps what passes") }
        if plan.matching.fillLeft != nil || plan.matching.fillRight != nil { notes.append("missing samples are filled in") }
        return notes
    }
}

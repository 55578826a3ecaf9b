internal import LabelMatching
internal import LinearRegex
internal import QueryModel
internal import TelemetryModel

extension Evaluator {
    /// `info`: adds the data labels of info series to the series that they describe.
    func info(_ plan: InfoPlan, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        let base = try vector(plan.vector, grid)
        let basePart = counted
        var infos = StepCounts(steps: grid.count)
        let matchers = try InfoMatchers(plan.matchers)
        let isInfo = base.map { series in matchers.names.allSatisfy { $0.matches(series.labels) } }
        var join = InfoJoin(grid: grid, data: matchers.data)
        try selectInfoSeries(plan, matchers, identifying: try identifyingMatchers(base, isInfo), grid, into: &join, &infos)
        try join.chooseNewest(where: (0..<grid.count).map { step in base.contains { $0.column.isPresent(step) } })
        var result: [StepSeries] = []
        for (series, isInfo) in zip(base, isInfo) {
            try budget.check()
            if isInfo { result.append(series) } else { try join.enrich(series, into: &result) }
        }
        try Evaluator.joinDuplicates(&result)
        try count(stepwise: [basePart, PartCount(kept: infos)], StepCounts(result, steps: grid.count))
        // What was joined stays.
        counted.cost.held += basePart.cost.held + infos.weight
        return result
    }

    /// Matchers for the values that the series' identifying labels have; empty where no series has any.
    private func identifyingMatchers(_ base: [StepSeries], _ isInfo: [Bool]) throws(QueryError) -> [LabelMatcher] {
        var matchers: [LabelMatcher] = []
        for name in InfoJoin.identifyingLabels {
            var values: Set<String> = []
            for (series, isInfo) in zip(base, isInfo) where !isInfo {
                if let value = series.labels[name] { values.insert(value) }
            }
            if values.isEmpty { continue }
            let pattern = values.sorted().map(escapedPattern).joined(separator: "|")
            do { matchers.append(try LabelMatcher(name, .matches, pattern)) } catch {
                throw QueryError(.execution, "cannot match the values of label \(quoted(name)) of the series to enrich")
            }
        }
        return matchers
    }

    private func selectInfoSeries(
        _ plan: InfoPlan, _ matchers: InfoMatchers, identifying: [LabelMatcher], _ grid: StepGrid, into join: inout InfoJoin,
        _ counts: inout StepCounts
    ) throws(QueryError) {
        if identifying.isEmpty { return }
        let selector = SelectorPlan(
            matchers: identifying + matchers.data + matchers.names, offset: plan.offset, anchor: plan.anchor, boundary: .plain,
            position: plan.position, part: plan.part)
        let selected = try select(selector, grid, before: lookback - 1, for: .lookup)
        var columns = SampleColumns()
        for index in 0..<selected.count {
            try read(selected, index, into: &columns, part: plan.part)
            let labels = selected.labels(at: index)
            var times = [Timestamp?](repeating: nil, count: grid.count)
            var hasHistogram = false
            SampleLookup(plan: selector, grid: grid, lookback: lookback).forEach(columns) { step, place in
                switch place {
                case .float(let index): times[step] = columns.timestamps[index]
                case .histogram: hasHistogram = true
                }
            }
            if hasHistogram { throw QueryError(.execution, "this should be an info metric, with float samples: \(labels.bracedText)") }
            counts.add(StepColumn(values: times.map { $0 == nil ? StepColumn.absent : 1 }))
            try budget.admit(samples: counts.weight)
            join.add(labels, times)
        }
    }

    private func escapedPattern(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            if "\\.+*?()|[]{}^$".unicodeScalars.contains(character) { escaped += "\\" }
            escaped.unicodeScalars.append(character)
        }
        return escaped
    }
}

/// Which info series an `info` call asks for.
private struct InfoMatchers {
    /// Matchers of the metric name.
    var names: [LabelMatcher]
    /// Matchers of other labels; these labels are the ones to add. All labels where there are none.
    var data: [LabelMatcher]

    init(_ matchers: [LabelMatcher]?) throws(QueryError) {
        let given = matchers ?? []
        data = given.filter { $0.name != LabelName.metricName }
        names = given.filter { $0.name == LabelName.metricName }
        if names.contains(where: { $0.operator == .equal || $0.operator == .matches }) { return }
        if names.isEmpty {
            names = [LabelMatcher(LabelName.metricName, equals: "target_info")]
            return
        }
        do { names.insert(try LabelMatcher(LabelName.metricName, .matches, ".+_info"), at: 0) } catch {
            preconditionFailure("BUG: a constant pattern does not compile")
        }
    }
}

/// Joins series with the info series that share their identifying labels.
private struct InfoJoin {
    static let identifyingLabels = ["instance", "job"]

    let grid: StepGrid
    let data: [LabelMatcher]
    private var series: [(labels: LabelSet, times: [Timestamp?])] = []
    /// By metric name and identifying labels: which info series counts at each step.
    private var newest: [LabelKey: [Int?]] = [:]
    private var names: [String] = []
    private var picker = LabelPicker(identifyingLabels, keeps: true)

    init(grid: StepGrid, data: [LabelMatcher]) {
        self.grid = grid
        self.data = data
    }

    mutating func add(_ labels: LabelSet, _ times: [Timestamp?]) {
        if times.allSatisfy({ $0 == nil }) { return }
        series.append((labels, times))
    }

    /// Finds the info series with the newest sample at every step.
    mutating func chooseNewest(where isActive: [Bool]) throws(QueryError) {
        names = Set(series.map { $0.labels.metricName ?? "" }).sorted()
        for (index, candidate) in series.enumerated() {
            let key = LabelKey(picker.pick(candidate.labels).setting(LabelName.metricName, candidate.labels.metricName ?? ""))
            var chosen = newest[key] ?? [Int?](repeating: nil, count: grid.count)
            for step in 0..<grid.count where isActive[step] {
                guard let time = candidate.times[step] else { continue }
                if let other = chosen[step], let otherTime = series[other].times[step] {
                    if otherTime == time {
                        throw QueryError(
                            .execution,
                            "found duplicate series for info metric: existing \(series[other].labels.bracedText) @ \(otherTime), new \(candidate.labels.bracedText) @ \(time)"
                        )
                    }
                    if otherTime > time { continue }
                }
                chosen[step] = index
            }
            newest[key] = chosen
        }
    }

    /// Appends a series with the labels it has at each step; several where its info changes.
    mutating func enrich(_ base: StepSeries, into result: inout [StepSeries]) throws(QueryError) {
        let identity = picker.pick(base.labels)
        let choices = names.compactMap { newest[LabelKey(identity.setting(LabelName.metricName, $0))] }
        let needsInfo = data.contains { !$0.matchesEmpty }
        var places: [[Int?]: Int?] = [:]
        for step in 0..<grid.count {
            guard let value = base.column[step] else { continue }
            let chosen = choices.map { $0[step] }
            let place: Int?
            if let known = places[chosen] {
                place = known
            } else {
                let infos = chosen.compactMap { $0 }
                if infos.isEmpty && needsInfo {
                    place = nil
                } else {
                    place = result.count
                    result.append(
                        StepSeries(
                            labels: try enriched(base.labels, infos), dropsName: base.dropsName, column: StepColumn(count: grid.count)))
                }
                places[chosen] = .some(place)
            }
            if let place { result[place].column[step] = value }
        }
    }

    private func enriched(_ base: LabelSet, _ infos: [Int]) throws(QueryError) -> LabelSet {
        var added = LabelSetBuilder()
        for info in infos {
            for label in series[info].labels where label.name != LabelName.metricName {
                if !data.isEmpty && !data.contains(where: { $0.name == label.name }) { continue }
                let other = added[label.name]
                if !other.isEmpty && other != label.value { throw QueryError(.execution, "conflicting label: \(label.name)") }
                if base[label.name] != nil { continue }
                added.set(label.name, label.value)
            }
        }
        var builder = LabelSetBuilder(base)
        for label in added.current { builder.set(label.name, label.value) }
        return builder.build()
    }
}

internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

extension Evaluator {
    /// One series of a range vector.
    typealias RangeBody = (LabelSet, _ dropsName: Bool, SampleColumns) throws(QueryError) -> Void

    /// The series of a range function.
    func forEachRangeResult(
        _ function: RangeFunction, _ source: RangeSource, _ arguments: [PlanNode], _ call: FunctionCall, _ grid: StepGrid,
        _ body: SeriesBody
    ) throws(QueryError) {
        try checkBoundary(
            function.rawValue, source.boundary, isAnchoredAllowed: function.allowsAnchored, isSmoothedAllowed: function.allowsSmoothed)
        let (scalars, scalarParts) = try self.scalars(arguments, grid)
        var worker = SeriesWorker(context: context(call, grid), counterCheck: CounterNameCheck(function, features))
        worker.tally = tally.emptied
        var kernel = RangeKernel(function: function, source: source, arguments: scalars, grid: grid, lookback: lookback)
        switch source {
        case .selector(let plan, let range, _):
            kernel.usesStarts = features.contains(.startTimestamps) && function.usesStarts
            let selected = try select(plan, range: range, grid, for: function.use)
            if function == .countOverTime && selected.countsAsValues { kernel.function = .sumOverTime }
            try forEachStored(selected, .range(kernel), grid, worker, body)
            try count(windows: counted, over: nil, beside: scalarParts)
        case .subquery(let plan):
            var series = StepSeries(labels: LabelSet(), column: StepColumn(count: grid.count))
            try forEachSubqueryResult(plan, grid) { (labels: LabelSet, dropsName: Bool, columns: SampleColumns) throws(QueryError) in
                series.column.reset(count: grid.count)
                series.labels = labels
                series.dropsName = dropsName
                if try kernel.evaluate(columns, &worker, &series) { try body(&series) }
                try self.budget.admit(samples: worker.counted.cost.peak)
            }
            take(worker)
            try count(windows: worker.counted, over: counted, beside: scalarParts)
        }
    }

    /// Counts a function of windows. A subquery is evaluated before everything else, and let go of at the end.
    private func count(
        windows: PartCount, over subquery: PartCount?, beside scalars: [PartCount]
    ) throws(QueryError) {
        var cost = SampleCost()
        if let subquery { cost.then(subquery.cost) }
        for scalar in scalars { cost.then(scalar.cost) }
        cost.then(windows.cost)
        if let subquery { cost.held -= subquery.counts.weight }
        counted = PartCount(cost: cost, counts: windows.counts)
        try admit()
    }

    /// `absent_over_time`: 1 at the steps where no series has a sample.
    func absentOverTime(_ source: RangeSource, _ call: FunctionCall, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        try checkBoundary("absent_over_time", source.boundary, isAnchoredAllowed: false, isSmoothedAllowed: false)
        var values = [Double](repeating: 1, count: grid.count)
        var seen = tally.emptied
        var part = PartCount(steps: grid.count)
        try forEachRange(source, grid, for: .presence) { (_: LabelSet, _: Bool, columns: SampleColumns) throws(QueryError) in
            let windows = source.windows(columns, grid, lookback: self.lookback)
            let weights = seen.add(windows, areStored: source.isStored)
            var present = 0
            windows.forEach {
                values[$0.step] = StepColumn.absent
                present += 1
            }
            part.cost.take(weights, results: present)
            try self.budget.admit(samples: part.cost.peak)
        }
        tally.add(seen)
        let column = StepColumn(values: values)
        part.counts.add(column)
        var subquery: PartCount?
        if case .subquery = source { subquery = counted }
        try count(windows: part, over: subquery, beside: [])
        if column.isEmpty { return [] }
        var labels = LabelSet()
        if case .selector(let plan, _, _) = source { labels = LabelSet(absentFrom: plan.matchers) }
        return [StepSeries(labels: labels, column: column)]
    }

    private func checkBoundary(
        _ name: String, _ boundary: RangeBoundary, isAnchoredAllowed: Bool, isSmoothedAllowed: Bool
    ) throws(QueryError) {
        let (modifier, allowed): (String, [RangeFunction])
        switch boundary {
        case .plain: return
        case .anchored:
            if isAnchoredAllowed { return }
            (modifier, allowed) = ("anchored", RangeFunction.allCases.filter(\.allowsAnchored))
        case .smoothed:
            if isSmoothedAllowed { return }
            (modifier, allowed) = ("smoothed", RangeFunction.allCases.filter(\.allowsSmoothed))
        }
        let names = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        throw QueryError(.execution, "\(modifier) modifier can only be used with: \(names) - not with \(name)")
    }

    /// Selects the series of a range selector with all samples that its windows may need.
    private func select(
        _ plan: SelectorPlan, range: Int64, _ grid: StepGrid, for use: SampleUse.Purpose
    ) throws(QueryError) -> any SelectedSeries {
        let isPlain = plan.boundary == .plain
        let before = range - 1 + (isPlain ? 0 : lookback)
        return try select(plan, grid, before: before, after: plan.boundary == .smoothed ? lookback : 0, for: isPlain ? use : .other)
    }

    /// Reads the series of a range vector one after another. Series without samples are left out.
    func forEachRange(
        _ source: RangeSource, _ grid: StepGrid, for use: SampleUse.Purpose, _ body: RangeBody
    ) throws(QueryError) {
        guard grid.count > 0 else { return }
        switch source {
        case .selector(let plan, let range, _):
            let selected = try select(plan, range: range, grid, for: use)
            var columns = SampleColumns()
            for index in 0..<selected.count {
                try read(selected, index, into: &columns, part: plan.part)
                columns.removeStaleMarkers()
                if columns.isEmpty { continue }
                try body(selected.labels(at: index), false, columns)
            }
        case .subquery(let plan): try forEachSubqueryResult(plan, grid, body)
        }
    }

    /// The series of a subquery, as samples at its own steps.
    private func forEachSubqueryResult(_ plan: SubqueryPlan, _ grid: StepGrid, _ body: RangeBody) throws(QueryError) {
        let inner = grid.inner(of: plan)
        counted = PartCount(steps: 0)
        guard inner.count > 0 else { return }
        try inner.checkLength(budget)
        let times = (0..<inner.count).map { inner.time($0) }
        let outer = plan.part.flatMap { recorder?.enter($0) } ?? PlanRecorder.outside
        // What the subquery considers itself does not count: its results do, at each step whose window they are in. What it reads does.
        let considered = tally
        tally = .ofSubquery(steps: inner.count)
        try forEachSeries(plan.node, inner) { (series: inout StepSeries) throws(QueryError) in
            let columns = SampleColumns(series.column, times)
            if columns.isEmpty { return }
            if let part = plan.part { self.recorder?.handOver(from: part, to: outer) }
            try body(series.labels, series.dropsName, columns)
            if let part = plan.part { self.recorder?.enter(part) }
        }
        let read = tally
        tally = considered
        tally.add(read, of: inner, within: .subquery(plan), grid)
        if let part = plan.part { recorder?.finish(part, returningTo: outer) }
    }
}

/// Notes that a series of `rate` or `increase` does not look like a counter.
struct CounterNameCheck: Sendable {
    private let isNeeded: Bool
    private let usesTypeLabels: Bool
    private var lastName: String?

    init(_ function: RangeFunction, _ features: LanguageFeatures) {
        isNeeded = function == .rate || function == .increase
        usesTypeLabels = features.contains(.typeAndUnitLabels)
    }

    mutating func note(_ column: StepColumn, _ context: inout FunctionContext) {
        guard isNeeded, let name = context.labels.metricName, !name.isEmpty else { return }
        if !usesTypeLabels && name == lastName { return }
        guard column.values.contains(where: { !StepColumn.isAbsent($0) }) else { return }
        lastName = name
        // Without a type there is only the name to go by, as for series that came before the feature was enabled.
        if usesTypeLabels, let type = context.labels[LabelName.metricType] {
            if type != "counter" && type != "histogram" {
                context.annotate(
                    .info,
                    "PromQL info: metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got \(quoted(type)): "
                        + quoted(name))
            }
        } else if !["_total", "_sum", "_count", "_bucket"].contains(where: name.hasSuffix) {
            context.annotate(
                .info, "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(quoted(name))")
        }
    }
}

extension LabelSet {
    /// The labels that a series missing from a selection would have: those that the matchers fix to one value.
    init(absentFrom matchers: [LabelMatcher]) {
        var builder = LabelSetBuilder()
        var seen: Set<String> = []
        for matcher in matchers where matcher.name != LabelName.metricName {
            if matcher.operator == .equal && seen.insert(matcher.name).inserted {
                builder.set(matcher.name, matcher.value)
            } else {
                builder.remove(matcher.name)
            }
        }
        self = builder.build()
    }
}

extension StepGrid {
    /// The steps of a subquery that the windows over it need: multiples of its step, later than the start of the first window.
    func inner(of plan: SubqueryPlan) -> StepGrid {
        let first = (plan.anchor ?? start) - plan.offset
        let last = (plan.anchor ?? end) - plan.offset
        let open = first - plan.range
        var begin = plan.step * (open / plan.step)
        if begin <= open { begin += plan.step }
        return StepGrid(start: begin, step: plan.step, count: last < begin ? 0 : Int((last - begin) / plan.step) + 1)
    }
}

extension SampleColumns {
    /// The present values of an evaluated column. Hints of counter resets hold between the samples as they were stored, so they are forgotten.
    init(_ column: StepColumn, _ times: [Timestamp]) {
        self.init()
        if !column.values.contains(where: { StepColumn.isAbsent($0) }) {
            timestamps = times
            values = column.values
            return
        }
        for step in column.values.indices {
            switch column[step] {
            case nil: break
            case .float(let value): append(times[step], value)
            case .histogram(var histogram):
                if histogram.resetHint != .gauge { histogram.resetHint = .unknown }
                histograms.append(HistogramSample(timestamp: times[step], histogram: histogram))
            }
        }
    }

    /// Whether any float is a stale marker; without a branch for each.
    private var hasStaleMarker: Bool {
        values.withUnsafeBufferPointer { values in
            var markers = 0
            for value in values { markers &+= StaleMarker.matches(value) ? 1 : 0 }
            return markers > 0
        }
    }

    /// Takes stale markers out.
    mutating func removeStaleMarkers() {
        if hasStaleMarker {
            var kept = 0
            for index in values.indices where !StaleMarker.matches(values[index]) {
                timestamps[kept] = timestamps[index]
                values[kept] = values[index]
                kept += 1
            }
            timestamps.removeLast(timestamps.count - kept)
            values.removeLast(values.count - kept)
        }
        if histograms.contains(where: { $0.histogram.isStaleMarker }) { histograms.removeAll { $0.histogram.isStaleMarker } }
    }
}

extension RangeSource {
    /// The windows over the samples of one series.
    func windows(_ columns: SampleColumns, _ grid: StepGrid, lookback: Int64) -> RangeWindows {
        RangeWindows(
            columns: columns, grid: grid, range: range, offset: offset, fixedEnd: anchor.map { $0 - offset }, boundary: boundary,
            lookback: lookback)
    }
}

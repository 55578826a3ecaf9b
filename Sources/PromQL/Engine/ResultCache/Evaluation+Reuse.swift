internal import QueryModel
internal import TelemetryModel

extension Evaluation {
    /// Evaluates the steps of a grid that are not known from earlier queries, or whose data have changed since, and joins them with those that are.
    ///
    /// The answer is the one that ``range(_:)`` gives, bit for bit.
    func range(_ grid: StepGrid, reusing reuse: ResultReuse) throws(QueryError) -> QueryAnswer {
        guard !countsSteps, let reusable = try ReusableQuery(self, grid, reuse) else {
            var answer = try range(grid).answer
            answer.explanation?.reuse = .init(reason: "not kept: a step depends on other steps of the query, or on more than samples")
            return answer
        }
        let found = reuse.results.find(reusable.key, reusable.steps, isBrief: budget.isBrief, isValid: reusable.isValid)
        let known = ReusedSteps(found, of: reusable.steps)
        var memory = MemoryAccount(budget: budget)
        defer { memory.close() }
        try budget.admit(samples: known.valueCount)
        try memory.take(known.valueCount * 8)
        var rest: QueryAnswer?
        if !known.missing.isEmpty {
            let result = try range(reusable.key.grid(known.missing))
            guard case .matrix(let series) = result.answer.value else { preconditionFailure("BUG: a range query without matrix") }
            let isKept = !result.hasSourceAnnotations && !series.contains { !$0.samples.histograms.isEmpty }
            if !isKept {
                var answer = known.pieces.isEmpty ? result.answer : try range(grid).answer
                answer.explanation?.reuse = .init(reason: "not kept: native histograms, or gaps in the stored data")
                return answer
            }
            rest = result.answer
        }
        // What was known is joined with what was read just now, so it has to hold now.
        if !known.missing.isEmpty, !known.pieces.allSatisfy(reusable.isValid) { return try range(grid).answer }
        return answer(known, rest, reusable, reuse)
    }

    private func answer(
        _ known: ReusedSteps, _ rest: QueryAnswer?, _ reusable: ReusableQuery, _ reuse: ResultReuse
    ) -> QueryAnswer {
        var answer = rest ?? QueryAnswer(value: .matrix([]))
        if !known.pieces.isEmpty {
            var evaluated: [MatrixSeries] = []
            if case .matrix(let series)? = rest?.value { evaluated = series }
            answer.value = .matrix(known.joined(with: evaluated, reusable.key))
            for piece in known.pieces { answer.annotations.merge(piece.annotations) }
        }
        if rest == nil {
            answer.statistics.peakSamples = budget.peakSamples
            answer.explanation = explanationWithoutEvaluation(reusable.plan)
        } else if !budget.isBrief, case .matrix(let series) = answer.value {
            // What is brief is so again the next time, and room may take long to make.
            reuse.results.keep(
                series, answer.annotations, reusable.key, reusable.steps, evaluated: known.missing, version: reusable.version)
        }
        let reused = reusable.steps.count - known.missing.count
        answer.explanation?.stepCount = reusable.steps.count
        answer.explanation?.reuse = .init(stepsReused: reused, stepsEvaluated: known.missing.count)
        reuse.results.count(reused: reused, evaluated: known.missing.count)
        return answer
    }
}

/// A range query whose steps can be kept.
struct ReusableQuery {
    let key: ResultKey
    let steps: Range<Int64>
    let plan: PlanNode
    /// Of the data, before any of it was read.
    let version: UInt64
    private let reach: InputReach
    private let source: any SeriesSource

    /// Nil where steps depend on each other, or where the source does not say what changes.
    init?(_ evaluation: Evaluation, _ grid: StepGrid, _ reuse: ResultReuse) throws(QueryError) {
        guard evaluation.expression.type == .vector, !evaluation.expression.dependsOnQueryRange,
            let version = evaluation.source.dataVersion
        else { return nil }
        plan = try evaluation.plan(grid)
        guard let reach = InputReach(plan, lookback: evaluation.lookback, features: evaluation.options.features) else { return nil }
        self.version = version
        self.reach = reach
        source = evaluation.source
        key = ResultKey(reuse.text, grid, lookback: evaluation.lookback, options: evaluation.options)
        steps = key.steps(grid)
    }

    /// Whether all that a piece was computed from is as it was.
    func isValid(_ piece: ResultPiece) -> Bool {
        reach.ranges(from: key.time(piece.steps.lowerBound), through: key.time(piece.steps.upperBound - 1))
            .allSatisfy { source.newestChange(in: $0) <= piece.version }
    }
}

/// The known steps at both ends of a query, and those in between that have to be evaluated: they are evaluated in one run, since reading
/// costs most where a series is first touched.
private struct ReusedSteps {
    var pieces: [ResultPiece] = []
    var missing: Range<Int64>
    private let steps: Range<Int64>
    private let labels: [LabelSet]

    var valueCount: Int { pieces.reduce(0) { $0 + $1.valueCount } }

    init(_ found: ResultCache.Found?, of steps: Range<Int64>) {
        self.steps = steps
        labels = found?.labels ?? []
        missing = steps
        let found = (found?.pieces ?? []).sorted { $0.steps.lowerBound < $1.steps.lowerBound }
        for piece in found where piece.steps.lowerBound == missing.lowerBound {
            missing = piece.steps.upperBound..<missing.upperBound
            pieces.append(piece)
        }
        if missing.isEmpty { return }
        for piece in found.reversed() where piece.steps.upperBound == missing.upperBound {
            missing = missing.lowerBound..<piece.steps.lowerBound
            pieces.append(piece)
        }
    }

    /// The series of all steps, sorted by their labels.
    func joined(with evaluated: [MatrixSeries], _ key: ResultKey) -> [MatrixSeries] {
        var columns: [(labels: LabelSet, column: StepColumn)] = []
        var places = [Int](repeating: -1, count: labels.count)
        for piece in pieces {
            let offset = Int(piece.steps.lowerBound - steps.lowerBound)
            piece.forEachSeries { number, values in
                if places[number] < 0 {
                    places[number] = columns.count
                    columns.append((labels[number], StepColumn(count: steps.count)))
                }
                columns[places[number]].column.values.replaceSubrange(offset..<offset + values.count, with: values)
            }
        }
        if !evaluated.isEmpty { add(evaluated, &columns, key) }
        let times = (0..<steps.count).map { key.time(steps.lowerBound + Int64($0)) }
        var result: [MatrixSeries] = []
        result.reserveCapacity(columns.count)
        for (labels, column) in columns {
            let samples = SampleColumns(present: column, times)
            if !samples.isEmpty { result.append(MatrixSeries(labels: labels, samples: samples)) }
        }
        result.sort { $0.labels < $1.labels }
        return result
    }

    private func add(_ evaluated: [MatrixSeries], _ columns: inout [(labels: LabelSet, column: StepColumn)], _ key: ResultKey) {
        var places: [LabelKey: Int] = [:]
        places.reserveCapacity(columns.count)
        for (place, element) in columns.enumerated() { places[LabelKey(element.labels)] = place }
        let start = key.time(steps.lowerBound)
        for element in evaluated {
            let place = places[LabelKey(element.labels)] ?? columns.count
            if place == columns.count { columns.append((element.labels, StepColumn(count: steps.count))) }
            for (time, value) in zip(element.samples.timestamps, element.samples.values) {
                columns[place].column.values[Int((time - start) / key.step)] = value
            }
        }
    }
}

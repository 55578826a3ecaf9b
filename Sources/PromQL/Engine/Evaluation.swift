internal import QueryModel
internal import TelemetryModel

/// One query with all that it is evaluated with, but for its steps.
struct Evaluation {
    let expression: Expression
    /// Where the query ends, which may be behind its last step: what `@ end()` means.
    let end: Timestamp
    let options: EngineOptions
    /// Milliseconds.
    let lookback: Int64
    let source: any SeriesSource
    let budget: QueryBudget
    /// Whether the statistics tell samples by step as well.
    let countsSteps: Bool
    let explainClock: (@Sendable () -> Int64)?
    /// When it began, by the clock.
    let begun: Int64

    /// What came of some steps of a range query.
    struct RangeResult {
        var answer: QueryAnswer
        /// Whether storage could not give all that it should hold.
        var hasSourceAnnotations: Bool
    }

    func instant(at time: Timestamp) throws(QueryError) -> QueryAnswer {
        let grid = StepGrid(start: time, step: 1, count: 1)
        let planner = Planner(start: time, end: time, step: 0, defaultStep: options.defaultStepMilliseconds)
        let plan = try planner.plan(expression)
        return try run(plan, grid, isRange: false) { (evaluator, plan) throws(QueryError) in try evaluator.instantValue(plan, at: time) }
            .answer
    }

    func plan(_ grid: StepGrid) throws(QueryError) -> PlanNode {
        try Planner(start: grid.start, end: end, step: grid.step, defaultStep: options.defaultStepMilliseconds).plan(expression)
    }

    /// Evaluates all steps of a grid.
    func range(_ grid: StepGrid) throws(QueryError) -> RangeResult {
        try run(try plan(grid), grid, isRange: true) { (evaluator, plan) throws(QueryError) in .matrix(try evaluator.rangeValue(plan, grid))
        }
    }

    /// The account of a query none of whose parts had to be evaluated.
    func explanationWithoutEvaluation(_ plan: PlanNode) -> QueryExplanation? {
        guard let explainClock else { return nil }
        var tracer = PlanTracer(lookback: lookback)
        _ = tracer.trace(plan)
        return PlanRecorder(tracer.parts, since: begun, clock: explainClock).explanation(stepCount: 0)
    }

    private func run(
        _ plan: PlanNode, _ grid: StepGrid, isRange: Bool, _ body: (Evaluator, PlanNode) throws(QueryError) -> QueryValue
    ) throws(QueryError) -> RangeResult {
        // Waiting for other threads would not be brief.
        let threads = budget.isBrief ? 1 : Swift.max(1, options.threadsPerQuery)
        let evaluator = Evaluator(
            source: source, budget: budget, lookback: lookback, features: options.features, threads: threads, ordersSeries: isRange)
        defer {
            evaluator.memory.close()
            budget.release(bytes: evaluator.selectionBytes)
        }
        if countsSteps { evaluator.tally = SampleTally(steps: grid.count) }
        var plan = plan
        if let explainClock {
            var tracer = PlanTracer(lookback: lookback)
            plan = tracer.trace(plan)
            evaluator.recorder = PlanRecorder(tracer.parts, since: begun, clock: explainClock)
        }
        let value = try body(evaluator, plan)
        evaluator.statistics.peakSamples = evaluator.counted.cost.peak
        evaluator.statistics.totalQueryableSamples = evaluator.tally.seen.total
        evaluator.statistics.queryableSamplesByStep = evaluator.tally.seen.byStep(of: grid)
        evaluator.statistics.freshSamples = evaluator.tally.fresh.total
        evaluator.statistics.freshSamplesByStep = evaluator.tally.fresh.byStep(of: grid)
        // Reading may have come upon damage, so storage is asked only now.
        var hasSourceAnnotations = false
        for selection in evaluator.selections.values {
            let annotations = selection.annotations
            if !annotations.isEmpty { hasSourceAnnotations = true }
            evaluator.annotations.merge(annotations)
        }
        var answer = QueryAnswer(value: value, annotations: evaluator.annotations.withoutRepetition, statistics: evaluator.statistics)
        answer.explanation = evaluator.recorder?.explanation(stepCount: grid.count)
        return RangeResult(answer: answer, hasSourceAnnotations: hasSourceAnnotations)
    }
}

extension SampleTally.Count {
    fileprivate func byStep(of grid: StepGrid) -> [QueryStatistics.StepSamples] {
        (perStep ?? []).enumerated().map { step, samples in QueryStatistics.StepSamples(time: grid.time(step), samples: samples) }
    }
}

extension QueryAnnotations {
    /// Each message once, at the place where it came up last, as Prometheus reports them.
    fileprivate var withoutRepetition: QueryAnnotations {
        var last: [String: QueryAnnotation] = [:]
        for annotation in all { last[annotation.message] = annotation }
        if last.count == all.count { return self }
        var result = QueryAnnotations()
        for annotation in all {
            if let kept = last.removeValue(forKey: annotation.message) { result.add(kept) }
        }
        return result
    }
}

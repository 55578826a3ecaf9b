internal import QueryModel
internal import TelemetryModel

/// What has to be equal for a step of one range query to be the same step of another.
struct ResultKey: Sendable, Hashable {
    /// The query as it was written: positions in annotations depend on it.
    var text: String
    var step: Int64
    /// Start modulo step.
    var phase: Int64
    var lookback: Int64
    /// The step of subqueries that give none.
    var defaultStep: Int64
    var features: LanguageFeatures

    /// The time of a step by its number.
    func time(_ number: Int64) -> Timestamp { phase + number * step }

    /// The numbers of the steps of a grid that has this step and phase.
    func steps(_ grid: StepGrid) -> Range<Int64> {
        let first = (grid.start - phase) / step
        return first..<first + Int64(grid.count)
    }

    /// The grid of some steps.
    func grid(_ steps: Range<Int64>) -> StepGrid { StepGrid(start: time(steps.lowerBound), step: step, count: steps.count) }

    init(_ text: String, _ grid: StepGrid, lookback: Int64, options: EngineOptions) {
        self.text = text
        step = grid.step
        let remainder = grid.start % grid.step
        phase = remainder < 0 ? remainder + grid.step : remainder
        self.lookback = lookback
        defaultStep = options.defaultStepMilliseconds
        features = options.features
    }
}

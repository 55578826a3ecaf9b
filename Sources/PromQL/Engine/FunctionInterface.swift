// How functions plug into the evaluator. The evaluator (this folder) finds the arguments of a call, reads samples, and keeps label sets in
// order; what a function computes stands in `Functions/`, as extensions of the enums below.
//
// What `Functions/` provides:
//   extension RangeFunction   { func evaluate(_ windows: RangeWindows, _ arguments: [ScalarColumn], into: inout StepColumn,
//                                             _ context: inout FunctionContext) throws(QueryError) }
//   extension ElementFunction { func evaluate(_ series: inout StepSeries, _ arguments: [ScalarColumn],
//                                             _ context: inout FunctionContext) throws(QueryError) }
//   extension VectorFunction  { func evaluate(_ arguments: [ArgumentValue],
//                                             _ context: inout FunctionContext) throws(QueryError) -> [StepSeries] }
//   extension ScalarFunction  { func evaluate(_ arguments: [ArgumentValue],
//                                             _ context: inout FunctionContext) throws(QueryError) -> ScalarColumn }
//   struct GroupAccumulator   { init(_ operator: AggregationOperator, parameter: ScalarColumn?, grid: StepGrid)
//                               mutating func add(_ series: StepSeries, _ context: inout FunctionContext) throws(QueryError)
//                               mutating func finish(_ context: inout FunctionContext) throws(QueryError) -> StepColumn }
// `GroupAccumulator` holds one group of sum, avg, min, max, count, group, stddev, stdvar or quantile; series are added one at a time.

internal import QueryModel
internal import TelemetryModel

/// Functions of a range vector, evaluated one series at a time. The raw value is the function's name.
///
/// `evaluate` finds the output empty and sets the steps that have a result. `arguments` are the scalar arguments without the range vector,
/// in order. The name of the series is dropped by the evaluator (``keepsName``), which also adds the notes on metrics that are no counters.
enum RangeFunction: String, Sendable, CaseIterable {
    case rate, increase, delta, irate, idelta, deriv, changes, resets
    case predictLinear = "predict_linear"
    case doubleExponentialSmoothing = "double_exponential_smoothing"
    case avgOverTime = "avg_over_time"
    case countOverTime = "count_over_time"
    case firstOverTime = "first_over_time"
    case lastOverTime = "last_over_time"
    case madOverTime = "mad_over_time"
    case maxOverTime = "max_over_time"
    case minOverTime = "min_over_time"
    case presentOverTime = "present_over_time"
    case quantileOverTime = "quantile_over_time"
    case stddevOverTime = "stddev_over_time"
    case stdvarOverTime = "stdvar_over_time"
    case sumOverTime = "sum_over_time"
    case timeOfFirstOverTime = "ts_of_first_over_time"
    case timeOfLastOverTime = "ts_of_last_over_time"
    case timeOfMaxOverTime = "ts_of_max_over_time"
    case timeOfMinOverTime = "ts_of_min_over_time"

    /// Whether the result is a sample of the series as it is, so that the metric name stays.
    var keepsName: Bool { self == .lastOverTime || self == .firstOverTime }

    /// Whether it looks at when samples began to be counted.
    var usesStarts: Bool {
        switch self {
        case .rate, .increase, .irate, .resets: true
        default: false
        }
    }

    /// Whether it is defined for ranges completed as `anchored`.
    var allowsAnchored: Bool {
        switch self {
        case .rate, .increase, .delta, .changes, .resets: true
        default: false
        }
    }

    /// Whether it is defined for ranges completed as `smoothed`.
    var allowsSmoothed: Bool {
        switch self {
        case .rate, .increase, .delta: true
        default: false
        }
    }
}

/// Functions of one element of an instant vector, evaluated one series at a time and in place: a step whose result is nothing is cleared.
///
/// `arguments` are the scalar arguments without the vector, in order (an optional one that was left out is missing). The evaluator drops the
/// name of the series. Functions of time such as `minute` get a series of the step times in seconds where they were called without
/// argument; `timestamp` gives the step's time (over a plain selector the evaluator finds the samples' own times itself).
enum ElementFunction: String, Sendable, CaseIterable {
    case abs, ceil, floor, round, exp, ln, log2, log10, sqrt, sgn, clamp, deg, rad
    case clampMax = "clamp_max"
    case clampMin = "clamp_min"
    case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
    case histogramAvg = "histogram_avg"
    case histogramCount = "histogram_count"
    case histogramSum = "histogram_sum"
    case histogramStddev = "histogram_stddev"
    case histogramStdvar = "histogram_stdvar"
    case timestamp, minute, hour, month, year
    case daysInMonth = "days_in_month"
    case dayOfMonth = "day_of_month"
    case dayOfWeek = "day_of_week"
    case dayOfYear = "day_of_year"
}

/// Functions that see whole vectors and give a vector.
///
/// They deal with names themselves, by ``FunctionContext/dropName(_:)``. They may give several series with equal labels as long as no two have
/// a value at the same step: the evaluator joins them, or refuses. In a range query (`!context.grid.isInstant`) the order of the result
/// does not matter; in an instant query it is kept as given.
enum VectorFunction: String, Sendable, CaseIterable {
    case vector, absent, sort
    case sortDescending = "sort_desc"
    case sortByLabel = "sort_by_label"
    case sortByLabelDescending = "sort_by_label_desc"
    case histogramQuantile = "histogram_quantile"
    case histogramQuantiles = "histogram_quantiles"
    case histogramFraction = "histogram_fraction"
    case labelReplace = "label_replace"
    case labelJoin = "label_join"
    case startTimestamp = "start_timestamp"
}

/// Functions that give a scalar.
enum ScalarFunction: String, Sendable, CaseIterable {
    case time, pi, scalar
    case maxOf = "max_of"
    case minOf = "min_of"
}

/// The value of one argument over the grid.
enum ArgumentValue: Sendable {
    case scalar(ScalarColumn)
    case vector([StepSeries])
    case string(String)
}

/// What a function needs to know beside its arguments, and where it leaves annotations.
struct FunctionContext: Sendable {
    let grid: StepGrid
    /// Whether names are dropped at the end only (feature `promql-delayed-name-removal`).
    let delaysNameRemoval: Bool
    let features: LanguageFeatures
    /// The call as written, for the positions and the selectors of its arguments; nil inside an aggregation.
    let call: FunctionCall?
    /// The range of text that annotations point to unless they say otherwise: the argument (or aggregated expression).
    var position: SourceRange
    /// Labels of the series that is worked on, in range functions and accumulators; for the metric name in annotations.
    var labels = LabelSet()
    var annotations: QueryAnnotations
    let budget: QueryBudget

    /// Leaves an annotation. `message` is the whole text as Prometheus gives it (`PromQL warning: …`), without the position.
    mutating func annotate(_ severity: QueryAnnotation.Severity, _ message: String, at range: SourceRange? = nil) {
        annotations.add(QueryAnnotation(severity, message, at: range ?? position))
    }

    /// The name of the metric that is worked on, empty where there is none. For annotations.
    var metricName: String { labels.metricName ?? "" }

    /// Drops the metric name (and type and unit) of a series, at once or, where that is enabled, by marking it.
    func dropName(_ series: inout StepSeries) {
        if delaysNameRemoval {
            series.dropsName = true
        } else {
            series.labels = series.labels.droppingMetadata()
        }
    }
}

internal import QueryModel

extension FunctionSignature {
    /// Every function of the language, those behind `promql-experimental-functions` included.
    public static let all: [FunctionSignature] = [
        // Elementwise mathematics.
        FunctionSignature("abs", [.vector], .vector),
        FunctionSignature("acos", [.vector], .vector),
        FunctionSignature("acosh", [.vector], .vector),
        FunctionSignature("asin", [.vector], .vector),
        FunctionSignature("asinh", [.vector], .vector),
        FunctionSignature("atan", [.vector], .vector),
        FunctionSignature("atanh", [.vector], .vector),
        FunctionSignature("ceil", [.vector], .vector),
        FunctionSignature("clamp", [.vector, .scalar, .scalar], .vector),
        FunctionSignature("clamp_max", [.vector, .scalar], .vector),
        FunctionSignature("clamp_min", [.vector, .scalar], .vector),
        FunctionSignature("cos", [.vector], .vector),
        FunctionSignature("cosh", [.vector], .vector),
        FunctionSignature("deg", [.vector], .vector),
        FunctionSignature("exp", [.vector], .vector),
        FunctionSignature("floor", [.vector], .vector),
        FunctionSignature("ln", [.vector], .vector),
        FunctionSignature("log10", [.vector], .vector),
        FunctionSignature("log2", [.vector], .vector),
        FunctionSignature("rad", [.vector], .vector),
        FunctionSignature("round", [.vector, .scalar], variadic: 1, .vector),
        FunctionSignature("sgn", [.vector], .vector),
        FunctionSignature("sin", [.vector], .vector),
        FunctionSignature("sinh", [.vector], .vector),
        FunctionSignature("sqrt", [.vector], .vector),
        FunctionSignature("tan", [.vector], .vector),
        FunctionSignature("tanh", [.vector], .vector),

        // Over ranges.
        FunctionSignature("absent_over_time", [.matrix], .vector),
        FunctionSignature("avg_over_time", [.matrix], .vector),
        FunctionSignature("changes", [.matrix], .vector),
        FunctionSignature("count_over_time", [.matrix], .vector),
        FunctionSignature("delta", [.matrix], .vector),
        FunctionSignature("deriv", [.matrix], .vector),
        FunctionSignature("double_exponential_smoothing", [.matrix, .scalar, .scalar], .vector, isExperimental: true),
        FunctionSignature("first_over_time", [.matrix], .vector),
        FunctionSignature("idelta", [.matrix], .vector),
        FunctionSignature("increase", [.matrix], .vector),
        FunctionSignature("irate", [.matrix], .vector),
        FunctionSignature("last_over_time", [.matrix], .vector),
        FunctionSignature("mad_over_time", [.matrix], .vector, isExperimental: true),
        FunctionSignature("max_over_time", [.matrix], .vector),
        FunctionSignature("min_over_time", [.matrix], .vector),
        FunctionSignature("predict_linear", [.matrix, .scalar], .vector),
        FunctionSignature("present_over_time", [.matrix], .vector),
        FunctionSignature("quantile_over_time", [.scalar, .matrix], .vector),
        FunctionSignature("rate", [.matrix], .vector),
        FunctionSignature("resets", [.matrix], .vector),
        FunctionSignature("stddev_over_time", [.matrix], .vector),
        FunctionSignature("stdvar_over_time", [.matrix], .vector),
        FunctionSignature("sum_over_time", [.matrix], .vector),
        FunctionSignature("ts_of_first_over_time", [.matrix], .vector, isExperimental: true),
        FunctionSignature("ts_of_last_over_time", [.matrix], .vector, isExperimental: true),
        FunctionSignature("ts_of_max_over_time", [.matrix], .vector, isExperimental: true),
        FunctionSignature("ts_of_min_over_time", [.matrix], .vector, isExperimental: true),

        // Dates; without an argument, of the evaluation time.
        FunctionSignature("day_of_month", [.vector], variadic: 1, .vector),
        FunctionSignature("day_of_week", [.vector], variadic: 1, .vector),
        FunctionSignature("day_of_year", [.vector], variadic: 1, .vector),
        FunctionSignature("days_in_month", [.vector], variadic: 1, .vector),
        FunctionSignature("hour", [.vector], variadic: 1, .vector),
        FunctionSignature("minute", [.vector], variadic: 1, .vector),
        FunctionSignature("month", [.vector], variadic: 1, .vector),
        FunctionSignature("year", [.vector], variadic: 1, .vector),

        // Histograms.
        FunctionSignature("histogram_avg", [.vector], .vector),
        FunctionSignature("histogram_count", [.vector], .vector),
        FunctionSignature("histogram_fraction", [.scalar, .scalar, .vector], .vector),
        FunctionSignature("histogram_quantile", [.scalar, .vector], .vector),
        FunctionSignature("histogram_quantiles", [.vector, .string, .scalar, .scalar], variadic: 9, .vector, isExperimental: true),
        FunctionSignature("histogram_stddev", [.vector], .vector),
        FunctionSignature("histogram_stdvar", [.vector], .vector),
        FunctionSignature("histogram_sum", [.vector], .vector),

        // Labels and order.
        FunctionSignature("absent", [.vector], .vector),
        FunctionSignature("info", [.vector, .vector], variadic: 1, .vector, isExperimental: true),
        FunctionSignature("label_join", [.vector, .string, .string, .string], variadic: -1, .vector),
        FunctionSignature("label_replace", [.vector, .string, .string, .string, .string], .vector),
        FunctionSignature("sort", [.vector], .vector),
        FunctionSignature("sort_by_label", [.vector, .string], variadic: -1, .vector, isExperimental: true),
        FunctionSignature("sort_by_label_desc", [.vector, .string], variadic: -1, .vector, isExperimental: true),
        FunctionSignature("sort_desc", [.vector], .vector),

        // Times, types and constants.
        FunctionSignature("end", [], .scalar, isExperimental: true),
        FunctionSignature("max_of", [.scalar, .scalar], .scalar, isExperimental: true),
        FunctionSignature("min_of", [.scalar, .scalar], .scalar, isExperimental: true),
        FunctionSignature("pi", [], .scalar),
        FunctionSignature("range", [], .scalar, isExperimental: true),
        FunctionSignature("scalar", [.vector], .scalar),
        FunctionSignature("start", [], .scalar, isExperimental: true),
        FunctionSignature("start_timestamp", [.vector], .vector, isExperimental: true),
        FunctionSignature("step", [], .scalar, isExperimental: true),
        FunctionSignature("time", [], .scalar),
        FunctionSignature("timestamp", [.vector], .vector),
        FunctionSignature("vector", [.scalar], .vector),
    ]

    /// The function of a name, which is case sensitive, or nil.
    public static func named(_ name: String) -> FunctionSignature? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

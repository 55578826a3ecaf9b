internal import CivilCalendar
internal import QueryModel
internal import TelemetryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

extension ElementFunction {
    /// Computes the function in place at every step of one series.
    func evaluate(_ series: inout StepSeries, _ arguments: [ScalarColumn], _ context: inout FunctionContext) throws(QueryError) {
        switch self {
        case .histogramAvg, .histogramCount, .histogramSum, .histogramStddev, .histogramStdvar:
            ofHistograms(&series.column)
            return
        case .timestamp:
            for step in 0..<series.column.count where series.column.isPresent(step) {
                series.column.setFloat(step, Double(context.grid.time(step)) / 1000)
            }
            series.column.histograms = []
            return
        default: break
        }
        // All others are of floats only.
        series.column.histograms = []
        let values = series.column.values
        switch self {
        case .clamp, .clampMin, .clampMax: clamp(&series.column, arguments)
        case .round: round(&series.column, arguments.first ?? .constant(1))
        default:
            for step in values.indices where !StepColumn.isAbsent(values[step]) { series.column.values[step] = apply(values[step]) }
        }
    }

    /// The functions of a number alone.
    private func apply(_ value: Double) -> Double {
        switch self {
        case .abs: value.magnitude
        case .ceil: value.rounded(.up)
        case .floor: value.rounded(.down)
        case .sqrt: value.squareRoot()
        case .sgn: value < 0 ? -1 : value > 0 ? 1 : value
        case .deg: value * 180 / .pi
        case .rad: value * .pi / 180
        case .minute: Double(CalendarTime.at(seconds: value).minute)
        case .hour: Double(CalendarTime.at(seconds: value).hour)
        case .dayOfWeek: Double(CalendarTime.at(seconds: value).date.dayOfWeek)
        case .dayOfMonth: Double(CalendarTime.at(seconds: value).date.day)
        case .dayOfYear: Double(CalendarTime.at(seconds: value).date.dayOfYear)
        case .daysInMonth: Double(CalendarTime.at(seconds: value).date.daysInMonth)
        case .month: Double(CalendarTime.at(seconds: value).date.month)
        case .year: Double(CalendarTime.at(seconds: value).date.year)
        default: transcendental(self, value)
        }
    }

    private func round(_ column: inout StepColumn, _ nearest: ScalarColumn) {
        for step in 0..<column.count where !StepColumn.isAbsent(column.values[step]) {
            // By the inverse, since that loses fewer digits. Ties go up.
            let inverse = 1 / nearest[step]
            column.values[step] = (column.values[step] * inverse + 0.5).rounded(.down) / inverse
        }
    }

    private func clamp(_ column: inout StepColumn, _ arguments: [ScalarColumn]) {
        for step in 0..<column.count where !StepColumn.isAbsent(column.values[step]) {
            let low = self == .clampMax ? -.infinity : arguments[0][step]
            let high = self == .clampMin ? .infinity : arguments[self == .clampMax ? 0 : 1][step]
            if high < low {
                column.clear(step)
            } else {
                column.values[step] = Double.greater(low, Double.lesser(high, column.values[step]))
            }
        }
    }

    private func ofHistograms(_ column: inout StepColumn) {
        let histograms = column.histograms
        column.removeAll()
        for (step, histogram) in histograms.enumerated() {
            guard let histogram else { continue }
            column.values[step] =
                switch self {
                case .histogramCount: histogram.count
                case .histogramSum: histogram.sum
                case .histogramAvg: histogram.sum / histogram.count
                case .histogramStddev: HistogramEstimate.variance(histogram).squareRoot()
                default: HistogramEstimate.variance(histogram)
                }
        }
    }
}

extension Double {
    /// The greater of two numbers as IEEE 754 `maximum` has it: NaN where either is, except that +Inf beats NaN; +0 above -0.
    static func greater(_ left: Double, _ right: Double) -> Double {
        if left == .infinity || right == .infinity { return .infinity }
        if left.isNaN || right.isNaN { return .nan }
        if left == 0 && right == 0 { return left.sign == .minus ? right : left }
        return left > right ? left : right
    }

    /// The lesser of two numbers: NaN where either is, except that -Inf beats NaN; -0 below +0.
    static func lesser(_ left: Double, _ right: Double) -> Double {
        if left == -.infinity || right == -.infinity { return -.infinity }
        if left.isNaN || right.isNaN { return .nan }
        if left == 0 && right == 0 { return left.sign == .minus ? left : right }
        return left < right ? left : right
    }
}

/// The functions of the mathematical library. Stands outside of the enum, whose cases have the same names.
private func transcendental(_ function: ElementFunction, _ value: Double) -> Double {
    switch function {
    case .exp: exp(value)
    case .ln: log(value)
    case .log2: log2(value)
    case .log10: log10(value)
    case .sin: sin(value)
    case .cos: cos(value)
    case .tan: tan(value)
    case .asin: asin(value)
    case .acos: acos(value)
    case .atan: atan(value)
    // Far from zero as in Prometheus: half the exponential, which overflows before the function itself does.
    case .sinh: abs(value) > 21 ? (value < 0 ? -0.5 : 0.5) * exp(abs(value)) : sinh(value)
    case .cosh: abs(value) > 21 ? 0.5 * exp(abs(value)) : cosh(value)
    case .tanh: tanh(value)
    case .asinh: asinh(value)
    case .acosh: acosh(value)
    case .atanh: atanh(value)
    default: preconditionFailure("BUG: \(function.rawValue) is not a function of one number")
    }
}

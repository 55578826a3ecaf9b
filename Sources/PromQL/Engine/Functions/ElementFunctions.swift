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
    /// Replaces every value of a series by what the function makes of it; steps for which it is not defined are cleared.
    func evaluate(_ series: inout StepSeries, _ arguments: [ScalarColumn], _ context: inout FunctionContext) throws(QueryError) {
        switch self {
        case .round:
            let nearest = arguments.first ?? .constant(1)
            replaceFloats(&series) { value, step in
                let inverse = 1 / nearest[step]
                return (value * inverse + 0.5).rounded(.down) / inverse
            }
        case .clamp: clamp(&series, from: arguments[0], to: arguments[1])
        case .clampMin: clamp(&series, from: arguments[0], to: .constant(.infinity))
        case .clampMax: clamp(&series, from: .constant(-.infinity), to: arguments[0])
        case .histogramAvg, .histogramCount, .histogramSum, .histogramStddev, .histogramStdvar: replaceHistograms(&series)
        case .timestamp:
            for step in 0..<series.column.count where series.column.isPresent(step) {
                series.column.setFloat(step, Double(context.grid.time(step)) / 1000)
            }
            series.column.histograms = []
        case .minute, .hour, .month, .year, .daysInMonth, .dayOfMonth, .dayOfWeek, .dayOfYear:
            replaceFloats(&series) { value, _ in calendarPart(CalendarTime(seconds: value)) }
        default:
            let function = plain
            replaceFloats(&series) { value, _ in function(value) }
        }
    }

    /// Computes on every float; histograms have no place in these functions and go.
    @inline(__always)
    private func replaceFloats(_ series: inout StepSeries, _ function: (_ value: Double, _ step: Int) -> Double) {
        series.column.histograms = []
        for step in series.column.values.indices {
            let value = series.column.values[step]
            if !StepColumn.isAbsent(value) { series.column.values[step] = function(value, step) }
        }
    }

    private func clamp(_ series: inout StepSeries, from lower: ScalarColumn, to upper: ScalarColumn) {
        series.column.histograms = []
        for step in series.column.values.indices {
            let value = series.column.values[step]
            if StepColumn.isAbsent(value) { continue }
            if upper[step] < lower[step] {
                series.column.clear(step)
            } else {
                series.column.values[step] = larger(lower[step], smaller(upper[step], value))
            }
        }
    }

    /// Functions of one number.
    private var plain: (Double) -> Double {
        switch self {
        case .abs: { $0.magnitude }
        case .ceil: { $0.rounded(.up) }
        case .floor: { $0.rounded(.down) }
        case .log2: binaryLogarithm
        case .log10: { binaryLogarithm($0) * (ln2 / ln10) }
        case .sqrt: { $0.squareRoot() }
        case .sgn: { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }
        case .deg: { $0 * 180 / .pi }
        case .rad: { $0 * .pi / 180 }
        default: cLibraryFunction(self)
        }
    }

    private func calendarPart(_ time: CalendarTime) -> Double {
        switch self {
        case .minute: Double(time.minute)
        case .hour: Double(time.hour)
        case .month: Double(time.month)
        case .year: Double(time.year)
        case .daysInMonth: Double(time.daysInMonth)
        case .dayOfMonth: Double(time.day)
        case .dayOfWeek: Double(time.dayOfWeek)
        case .dayOfYear: Double(time.dayOfYear)
        default: preconditionFailure("BUG: \(rawValue) is no part of a date")
        }
    }

    /// Computes on every histogram; floats go.
    private func replaceHistograms(_ series: inout StepSeries) {
        let histograms = series.column.histograms
        series.column.removeAll()
        for (step, histogram) in histograms.enumerated() {
            guard let histogram else { continue }
            let value =
                switch self {
                case .histogramCount: histogram.count
                case .histogramSum: histogram.sum
                case .histogramAvg: histogram.sum / histogram.count
                case .histogramStddev: histogram.estimatedVariance.squareRoot()
                default: histogram.estimatedVariance
                }
            series.column.setFloat(step, value)
        }
    }
}

/// The C library's function of the same name. At file level, where the enum's cases do not hide it.
private func cLibraryFunction(_ function: ElementFunction) -> (Double) -> Double {
    switch function {
    case .exp: { exp($0) }
    case .ln: { log($0) }
    case .sin: { sin($0) }
    case .cos: { cos($0) }
    case .tan: { tan($0) }
    case .asin: { asin($0) }
    case .acos: { acos($0) }
    case .atan: { atan($0) }
    case .sinh: { sinh($0) }
    case .cosh: { cosh($0) }
    case .tanh: { tanh($0) }
    case .asinh: { asinh($0) }
    case .acosh: { acosh($0) }
    case .atanh: { atanh($0) }
    default: preconditionFailure("BUG: \(function.rawValue) is no function of one number")
    }
}

private let ln2 = 0.693147180559945309417232121458176568
private let ln10 = 2.30258509299404568401799145468436421

/// The logarithm to base 2 from the exponent and the logarithm of the fraction, exact for powers of two. Prometheus computes it (and from it the
/// one to base 10) this way, and so the last bits agree.
private func binaryLogarithm(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return log(value) }
    var exponent: Int32 = 0
    let fraction = frexp(value, &exponent)
    if fraction == 0.5 { return Double(exponent - 1) }
    return log(fraction) * (1 / ln2) + Double(exponent)
}

/// The larger of two numbers: +Inf before NaN before all others, 0 before -0.
func larger(_ left: Double, _ right: Double) -> Double {
    if left == .infinity || right == .infinity { return .infinity }
    if left.isNaN || right.isNaN { return .nan }
    if left == 0 && right == 0 { return left.sign == .minus ? right : left }
    return left > right ? left : right
}

/// The smaller of two numbers: -Inf before NaN before all others, -0 before 0.
func smaller(_ left: Double, _ right: Double) -> Double {
    if left == -.infinity || right == -.infinity { return -.infinity }
    if left.isNaN || right.isNaN { return .nan }
    if left == 0 && right == 0 { return left.sign == .minus ? left : right }
    return left < right ? left : right
}

extension NativeHistogram {
    /// The population variance if every observation lay at the middle of its bucket: the geometric mean of exponential bounds, the arithmetic
    /// mean of custom ones, 0 in the zero bucket.
    var estimatedVariance: Double {
        let mean = sum / count
        var variance = KahanSum(0)
        for bucket in allBuckets where bucket.count != 0 {
            let middle: Double
            if usesCustomBuckets {
                middle = (bucket.upper + bucket.lower) / 2
            } else if bucket.lower <= 0 && bucket.upper >= 0 {
                middle = 0
            } else {
                let root = (bucket.upper * bucket.lower).squareRoot()
                middle = bucket.upper < 0 ? -root : root
            }
            let distance = middle - mean
            variance.add(bucket.count * distance * distance)
        }
        return (variance.sum + variance.compensation) / count
    }
}

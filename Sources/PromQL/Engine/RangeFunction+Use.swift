internal import TelemetryModel

extension RangeFunction {
    /// What the function makes of the samples of a window.
    var use: SampleUse.Purpose {
        switch self {
        case .rate, .increase: .increase
        case .countOverTime: .count
        case .sumOverTime: .sum
        case .avgOverTime: .mean
        case .minOverTime: .minimum
        case .maxOverTime: .maximum
        case .presentOverTime: .presence
        case .lastOverTime, .timeOfLastOverTime: .last
        default: .other
        }
    }
}

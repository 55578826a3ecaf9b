internal import TelemetryModel

/// Whether rollups can stand for samples, and which.
extension SampleUse {
    /// Whether rollups give the same result as the samples, bit by bit.
    func isExact(on resolution: RollupResolution) -> Bool {
        let length = resolution.milliseconds
        guard firstEnd % length == 0, step % length == 0 else { return false }
        switch purpose {
        // A bucket that ends with the window has its last sample, with its time.
        case .lookup, .last, .presence: return true
        case .count, .minimum, .maximum: return window % length == 0
        case .sum, .mean, .increase, .other: return false
        }
    }

    /// Whether windows are so much longer than buckets that it matters little where these begin.
    func isCoarse(against resolution: RollupResolution) -> Bool { purpose != .lookup && window >= 12 * resolution.milliseconds }

    /// What of a bucket is needed.
    var roles: [RollupRole] {
        switch purpose {
        case .lookup, .last, .presence, .other: [.last]
        case .count: [.count]
        case .sum: [.sum]
        case .mean: [.sum, .count]
        case .minimum: [.min]
        case .maximum: [.max]
        case .increase: [.first, .last, .resets]
        }
    }
}

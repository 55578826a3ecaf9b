internal import Synchronization

/// How many bytes of entries may be taken in a second: an allowance that grows with time, up to a burst.
///
/// A message that is larger than a whole burst passes once the allowance is whole, and those behind it wait the longer.
final class LogRateLimit: Sendable {
    private struct State {
        var allowance: Double
        /// Nanoseconds since 1970.
        var at: Int64
    }

    let bytesPerSecond: Int
    private let burst: Double
    private let state: Mutex<State>

    init(bytesPerSecond: Int, burstBytes: Int, now: Int64) {
        self.bytesPerSecond = bytesPerSecond
        burst = Double(max(burstBytes, 1))
        state = Mutex(State(allowance: burst, at: now))
    }

    /// Takes bytes off the allowance.
    ///
    /// - Returns: nil where they may be taken, else the seconds after which they may, rounded up.
    func take(_ bytes: Int, now: Int64) -> Int? {
        state.withLock { state in
            // A clock that goes back gives nothing.
            let seconds = max(0, Double(now) - Double(state.at)) / 1e9
            state.allowance = min(burst, state.allowance + seconds * Double(bytesPerSecond))
            state.at = now
            let needed = min(Double(bytes), burst)
            guard state.allowance < needed else {
                state.allowance -= Double(bytes)
                return nil
            }
            return Int(((needed - state.allowance) / Double(bytesPerSecond)).rounded(.up).clamped(to: 1...3600))
        }
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}

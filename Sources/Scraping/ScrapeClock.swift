internal import Foundation
public import TelemetryModel

/// The time that scrape loops live by; tests give their own.
public struct ScrapeClock: Sendable {
    /// Milliseconds since 1970.
    public var now: @Sendable () -> Timestamp
    /// Returns once ``now`` is at least the given time; throws when the task is cancelled.
    public var sleep: @Sendable (_ until: Timestamp) async throws -> Void

    public init(now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (_ until: Timestamp) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    /// The clock of the machine.
    public static let system = ScrapeClock(
        now: { Timestamp(Date().timeIntervalSince1970 * 1000) },
        sleep: { until in
            // Asked again after waking, since the machine's time may be set while asleep.
            while true {
                let left = Double(until) - Date().timeIntervalSince1970 * 1000
                if left <= 0 { return }
                try await Task.sleep(for: .milliseconds(min(left, 60_000)), tolerance: .zero)
            }
        }
    )
}

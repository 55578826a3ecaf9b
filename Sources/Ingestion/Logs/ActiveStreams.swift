internal import Synchronization
internal import TelemetryModel

/// Which streams sent something of late, so that their number can be bounded: a mistake in a sender's labels must not make millions of them.
///
/// A stream counts in the hour in which it sends and in the one after.
final class ActiveStreams: Sendable {
    private struct State {
        var hour: Int64 = 0
        var current: Set<LabelSet> = []
        var previous: Set<LabelSet> = []
    }

    private let state = Mutex(State())
    private let streamsMax: Int

    init(streamsMax: Int) { self.streamsMax = streamsMax }

    /// Streams that count at the moment.
    var count: Int { state.withLock { $0.current.count + $0.previous.count } }

    /// Counts a stream; false where there are as many as may be, and it is none of them.
    ///
    /// - Parameter now: nanoseconds since 1970.
    func admit(_ labels: LabelSet, now: Int64) -> Bool {
        let hour = now / 3_600_000_000_000
        return state.withLock { state in
            if hour != state.hour {
                state.previous = hour == state.hour + 1 ? state.current : []
                state.current = []
                state.hour = hour
            }
            if state.current.contains(labels) { return true }
            if state.previous.remove(labels) == nil, state.current.count + state.previous.count >= streamsMax { return false }
            state.current.insert(labels)
            return true
        }
    }
}

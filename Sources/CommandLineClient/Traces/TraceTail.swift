internal import TelemetryModel

/// Which traces of one answer after another are new.
///
/// Searches overlap in time, as spans arrive late; so every trace comes several times. One is reported once: as soon as its root is
/// there, or when it has been without one for a while.
struct TraceTail: Sendable {
    struct Settings: Sendable, Hashable {
        /// How far back each search reaches, in nanoseconds.
        var overlap: UInt64 = 60_000_000_000
        /// How long a trace may lack its root before it is reported without.
        var patience: UInt64 = 5_000_000_000
    }

    private let settings: Settings
    /// What is older than this is not asked for.
    private let start: UnixNanoseconds
    /// When each trace that was reported was found last.
    private var reported: [TraceID: UnixNanoseconds] = [:]
    /// When each trace that waits for its root was found first.
    private var waiting: [TraceID: UnixNanoseconds] = [:]
    private var hasSearched = false

    /// - Parameter start: where the first search begins.
    init(start: UnixNanoseconds, settings: Settings = .init()) {
        self.start = start
        self.settings = settings
    }

    /// The time of the next search.
    func range(now: UnixNanoseconds) -> PerchClient.TimeSpan {
        let back = now > settings.overlap ? now - settings.overlap : 0
        // The first search reaches back to where the tail begins, later ones as far as spans are late.
        let from = hasSearched ? max(back, min(start, now)) : min(start, now)
        return PerchClient.TimeSpan(start: from, end: now)
    }

    /// Takes the answer of a search.
    ///
    /// - Returns: the traces to report, oldest first.
    mutating func take(_ found: [TraceSummary], now: UnixNanoseconds) -> [TraceSummary] {
        hasSearched = true
        var new: [TraceSummary] = []
        for trace in found {
            if reported[trace.traceID] != nil {
                reported[trace.traceID] = now
                continue
            }
            let since = waiting[trace.traceID] ?? now
            if trace.hasRoot || now >= since && now - since >= settings.patience {
                waiting[trace.traceID] = nil
                reported[trace.traceID] = now
                new.append(trace)
            } else {
                waiting[trace.traceID] = since
            }
        }
        forget(now)
        return new.sorted { ($0.start, $0.traceID) < ($1.start, $1.traceID) }
    }

    /// How many ids are kept in memory.
    var remembered: Int { reported.count + waiting.count }

    /// A trace that no search has found for twice the time that they reach back is not found by a later one either.
    private mutating func forget(_ now: UnixNanoseconds) {
        let age = settings.overlap.multipliedReportingOverflow(by: 2).partialValue
        guard now > age else { return }
        reported = reported.filter { $0.value >= now - age }
        waiting = waiting.filter { $0.value >= now - age }
    }
}

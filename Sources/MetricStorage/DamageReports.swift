internal import Synchronization

/// Tells of damage once, however often it is met.
final class DamageReports: Sendable {
    private struct State: Sendable {
        var files: Set<String> = []
        var known: Set<String> = []
    }

    /// Beyond this, new damage is counted by file only; by then nobody reads line by line.
    private static let reportsMax = 1000
    private let tell: @Sendable (MetricStorageEvent) -> Void
    private let state = Mutex(State())

    init(report: @escaping @Sendable (MetricStorageEvent) -> Void) { tell = report }

    /// The number of files in which damage was found.
    var fileCount: Int { state.withLock { $0.files.count } }

    func report(_ file: String, _ reason: String) {
        let isNew = state.withLock { state in
            state.files.insert(file)
            return state.known.count < DamageReports.reportsMax && state.known.insert(file + "\n" + reason).inserted
        }
        if isNew { tell(.damaged(file: file, reason: reason)) }
    }
}

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
    private let changes: ChangeNotes
    private let state = Mutex(State())

    /// - Parameter changes: takes note that answers are others where damage was met.
    init(changes: ChangeNotes, report: @escaping @Sendable (MetricStorageEvent) -> Void) {
        self.changes = changes
        tell = report
    }

    /// The number of files in which damage was found.
    var fileCount: Int { state.withLock { $0.files.count } }

    func report(_ file: String, _ reason: String) {
        let (isNew, isKnown) = state.withLock { state in
            state.files.insert(file)
            let words = file + "\n" + reason
            guard state.known.count < DamageReports.reportsMax else { return (false, state.known.contains(words)) }
            let isNew = state.known.insert(words).inserted
            return (isNew, !isNew)
        }
        if !isKnown { changes.note(file: file) }
        if isNew { tell(.damaged(file: file, reason: reason)) }
    }
}

internal import Synchronization

/// Tells of damage once, however often it is met.
public final class DamageReports: Sendable {
    private struct State: Sendable {
        var files: Set<String> = []
        var known: Set<String> = []
    }

    /// Beyond this, new damage is counted by file only; by then nobody reads line by line.
    private static let reportsMax = 1000
    private let tell: @Sendable (_ file: String, _ reason: String) -> Void
    private let isMet: @Sendable (_ file: String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - isMet: called where damage is met that was not known in every word, since answers may be others from then on.
    ///   - tell: called once for each damage.
    public init(
        isMet: @escaping @Sendable (_ file: String) -> Void = { _ in }, tell: @escaping @Sendable (_ file: String, _ reason: String) -> Void
    ) {
        self.isMet = isMet
        self.tell = tell
    }

    /// The number of files in which damage was found.
    public var fileCount: Int { state.withLock { $0.files.count } }

    public func report(_ file: String, _ reason: String) {
        let (isNew, isKnown) = state.withLock { state in
            state.files.insert(file)
            let words = file + "\n" + reason
            guard state.known.count < DamageReports.reportsMax else { return (false, state.known.contains(words)) }
            let isNew = state.known.insert(words).inserted
            return (isNew, !isNew)
        }
        if !isKnown { isMet(file) }
        if isNew { tell(file, reason) }
    }
}

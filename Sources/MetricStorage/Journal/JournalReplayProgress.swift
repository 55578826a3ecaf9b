/// How far the reading back of the journal is after a start.
public struct JournalReplayProgress: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case waiting, inProgress, done
    }

    public let state: State
    /// Entries that the journal had at the start.
    public let entries: Int
    /// Those of them that were read back.
    public let entriesRead: Int
}

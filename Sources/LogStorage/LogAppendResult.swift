/// What became of a batch of entries.
public struct LogAppendResult: Sendable, Hashable {
    /// Entries that are durable now.
    public var acceptedEntries = 0
    /// Entries older than the oldest time that is kept.
    public var tooOld = 0
    /// Entries further ahead of the clock than may be.
    public var tooFarInFuture = 0
    /// Entries whose line is longer than may be.
    public var tooLong = 0

    public init() {}

    public var rejectedEntries: Int { tooOld + tooFarInFuture + tooLong }

    /// What to tell the sender; empty where nothing was rejected.
    public var message: String {
        var parts: [String] = []
        if tooOld > 0 { parts.append("\(tooOld) entries are older than the oldest time that is kept") }
        if tooFarInFuture > 0 { parts.append("\(tooFarInFuture) entries are too far in the future") }
        if tooLong > 0 { parts.append("\(tooLong) entries have a line that is too long") }
        return parts.joined(separator: "; ")
    }
}

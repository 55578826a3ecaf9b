internal import Synchronization

/// Counts since the start of the process.
final class TraceCounters: Sendable {
    let spansAppended = Atomic<Int>(0)
    let spansRejected = Atomic<Int>(0)
    let appendsFailed = Atomic<Int>(0)
    let spansReplayed = Atomic<Int>(0)
    let replayMilliseconds = Atomic<Int>(0)
    let seals = Atomic<Int>(0)
    let sealMilliseconds = Atomic<Int>(0)
    let merges = Atomic<Int>(0)
    let mergeMilliseconds = Atomic<Int>(0)
    let shardsDeleted = Atomic<Int>(0)
    let spansDropped = Atomic<Int>(0)
    let scrubbedBytes = Atomic<Int>(0)
    let scrubRounds = Atomic<Int>(0)

    var statistics: TraceStorageStatistics {
        var statistics = TraceStorageStatistics()
        statistics.spansAppended = spansAppended.load(ordering: .relaxed)
        statistics.spansRejected = spansRejected.load(ordering: .relaxed)
        statistics.appendsFailed = appendsFailed.load(ordering: .relaxed)
        statistics.spansReplayed = spansReplayed.load(ordering: .relaxed)
        statistics.replayMilliseconds = replayMilliseconds.load(ordering: .relaxed)
        statistics.seals = seals.load(ordering: .relaxed)
        statistics.sealMilliseconds = sealMilliseconds.load(ordering: .relaxed)
        statistics.merges = merges.load(ordering: .relaxed)
        statistics.mergeMilliseconds = mergeMilliseconds.load(ordering: .relaxed)
        statistics.shardsDeleted = shardsDeleted.load(ordering: .relaxed)
        statistics.spansDropped = spansDropped.load(ordering: .relaxed)
        statistics.scrubbedBytes = scrubbedBytes.load(ordering: .relaxed)
        statistics.scrubRounds = scrubRounds.load(ordering: .relaxed)
        return statistics
    }
}

internal import Synchronization

/// Counts since the start of the process.
final class LogCounters: Sendable {
    let entriesAppended = Atomic<Int>(0)
    let entriesRejected = Atomic<Int>(0)
    let lineBytesAppended = Atomic<Int>(0)
    let appendsFailed = Atomic<Int>(0)
    let entriesReplayed = Atomic<Int>(0)
    let replayMilliseconds = Atomic<Int>(0)
    let seals = Atomic<Int>(0)
    let sealMilliseconds = Atomic<Int>(0)
    let merges = Atomic<Int>(0)
    let mergeMilliseconds = Atomic<Int>(0)
    let entriesDeleted = Atomic<Int>(0)
    let shardsDeleted = Atomic<Int>(0)
    let scrubbedBytes = Atomic<Int>(0)
    let scrubRounds = Atomic<Int>(0)

    var statistics: LogStorageStatistics {
        var statistics = LogStorageStatistics()
        statistics.entriesAppended = entriesAppended.load(ordering: .relaxed)
        statistics.entriesRejected = entriesRejected.load(ordering: .relaxed)
        statistics.lineBytesAppended = lineBytesAppended.load(ordering: .relaxed)
        statistics.appendsFailed = appendsFailed.load(ordering: .relaxed)
        statistics.entriesReplayed = entriesReplayed.load(ordering: .relaxed)
        statistics.replayMilliseconds = replayMilliseconds.load(ordering: .relaxed)
        statistics.seals = seals.load(ordering: .relaxed)
        statistics.sealMilliseconds = sealMilliseconds.load(ordering: .relaxed)
        statistics.merges = merges.load(ordering: .relaxed)
        statistics.mergeMilliseconds = mergeMilliseconds.load(ordering: .relaxed)
        statistics.entriesDeleted = entriesDeleted.load(ordering: .relaxed)
        statistics.shardsDeleted = shardsDeleted.load(ordering: .relaxed)
        statistics.scrubbedBytes = scrubbedBytes.load(ordering: .relaxed)
        statistics.scrubRounds = scrubRounds.load(ordering: .relaxed)
        return statistics
    }
}

internal import Synchronization

/// Counts since the start of the process.
final class StorageCounters: Sendable {
    let samplesAppended = Atomic<Int>(0)
    let histogramsAppended = Atomic<Int>(0)
    let exemplarsAppended = Atomic<Int>(0)
    let samplesRejected = Atomic<Int>(0)
    let appendsFailed = Atomic<Int>(0)
    let samplesReplayed = Atomic<Int>(0)
    let replayMilliseconds = Atomic<Int>(0)
    let isReplaying = Atomic<Bool>(false)
    let entriesToReplay = Atomic<Int>(0)
    let entriesReplayed = Atomic<Int>(0)
    let seals = Atomic<Int>(0)
    let sealMilliseconds = Atomic<Int>(0)
    let merges = Atomic<Int>(0)
    let mergeMilliseconds = Atomic<Int>(0)
    let shardsDeleted = Atomic<Int>(0)
    let scrubbedBytes = Atomic<Int>(0)
    let scrubRounds = Atomic<Int>(0)
    let seriesDropped = Atomic<Int>(0)
    let rollups = Atomic<Int>(0)
    let rollupSamples = Atomic<Int>(0)
    let rollupMilliseconds = Atomic<Int>(0)

    var statistics: MetricStorageStatistics {
        var statistics = MetricStorageStatistics()
        statistics.samplesAppended = samplesAppended.load(ordering: .relaxed)
        statistics.histogramsAppended = histogramsAppended.load(ordering: .relaxed)
        statistics.exemplarsAppended = exemplarsAppended.load(ordering: .relaxed)
        statistics.samplesRejected = samplesRejected.load(ordering: .relaxed)
        statistics.appendsFailed = appendsFailed.load(ordering: .relaxed)
        statistics.samplesReplayed = samplesReplayed.load(ordering: .relaxed)
        statistics.replayMilliseconds = replayMilliseconds.load(ordering: .relaxed)
        statistics.seals = seals.load(ordering: .relaxed)
        statistics.sealMilliseconds = sealMilliseconds.load(ordering: .relaxed)
        statistics.merges = merges.load(ordering: .relaxed)
        statistics.mergeMilliseconds = mergeMilliseconds.load(ordering: .relaxed)
        statistics.scrubbedBytes = scrubbedBytes.load(ordering: .relaxed)
        statistics.scrubRounds = scrubRounds.load(ordering: .relaxed)
        statistics.shardsDeleted = shardsDeleted.load(ordering: .relaxed)
        statistics.seriesDropped = seriesDropped.load(ordering: .relaxed)
        statistics.rollups = rollups.load(ordering: .relaxed)
        statistics.rollupSamples = rollupSamples.load(ordering: .relaxed)
        statistics.rollupMilliseconds = rollupMilliseconds.load(ordering: .relaxed)
        return statistics
    }
}

internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// Writes the rollups of one day to the shard of its month, in place of those that are there.
///
/// The shard's mark for the day says which state of the raw samples the rollups were made of. It goes first and comes back last: whatever
/// happens in between, the day is due again, and what was written of it by then is replaced.
struct RollupWriter {
    /// Samples of rollups that are written in one transaction.
    private static let samplesPerTransaction = 1 << 20

    let resolution: RollupResolution
    let day: Int
    let shard: Shard
    let stepReached: (@Sendable (MetricStorageStep) -> Void)?
    /// Asked now and then.
    let isStopped: () -> Bool

    /// Takes out what is there of the day.
    ///
    /// - Parameter kept: numbers of series whose rollups stay, as their samples are gone; sorted.
    func clear(keeping kept: [UInt32], _ damaged: (String) -> Void) throws {
        let times = RollupResolution.times(ofDay: day)
        try shard.write { try $0.setMark(nil, day: day) }
        let contents = shard.contents
        guard contents.pages.contains(where: { $0.minTime <= times.end && $0.maxTime >= times.start }) else { return }
        let all = SeriesList.subtraction(Array(0..<UInt32(contents.seriesCount)), kept)
        var deletion = try SeriesDeletion(shard: shard, range: times, reason: .replacement, stepReached: stepReached)
        try deletion.delete(contents.series(all, withPagesFrom: times.start, through: times.end))
        for problem in deletion.problems { damaged(problem) }
        try shard.deleteRetiredPages()
    }

    /// Writes the rollups of all series of a selection.
    ///
    /// - Returns: the number of rollup samples; nil where it was stopped.
    func write(_ selection: MetricSelection, mark: RollupMark) throws -> Int? {
        let seal = (shard.contents.pages.map(\.seal).max() ?? 0) + 1
        var order: [(number: UInt32, index: Int)] = []
        try shard.write { transaction in
            var dictionary = try RollupDictionary(reading: transaction)
            try dictionary.add((0..<selection.count).map { selection.labels(at: $0).packed }, transaction)
            for index in 0..<selection.count {
                if let number = dictionary.numbers[selection.labels(at: index).packed] { order.append((number, index)) }
            }
        }
        order.sort { $0.number < $1.number }
        let compressor = try ZstdCompressor(level: 6)
        var next = 0
        var written = 0
        while next < order.count {
            let inTransaction = try write(selection, order, &next, seal: seal, compressor)
            guard let inTransaction else { return nil }
            written += inTransaction
        }
        try shard.write { transaction in
            stepReached?(.rollupWriting)
            try transaction.setMark(mark, day: day)
        }
        stepReached?(.rollupCommitted)
        return written
    }

    private func write(
        _ selection: MetricSelection, _ order: [(number: UInt32, index: Int)], _ next: inout Int, seal: UInt64, _ compressor: ZstdCompressor
    ) throws -> Int? {
        var fold = BucketFold(resolution)
        var columns = SampleColumns()
        var written = 0
        var position = next
        var stops = false
        try shard.write { transaction in
            stepReached?(.rollupWriting)
            var writer = MetricPageWriter(seal: seal, level: 0, transaction: transaction, compressor: compressor)
            var appended = 0
            while position < order.count, appended < RollupWriter.samplesPerTransaction, !stops {
                try selection.read(order[position].index, into: &columns)
                fold.fold(columns)
                for role in RollupRole.allCases where !fold[role].isEmpty {
                    try writer.append(order[position].number + UInt32(role.rawValue), fold[role])
                    appended += fold[role].count
                }
                position += 1
                stops = position % 64 == 0 && isStopped()
            }
            try writer.finish()
            written = writer.samplesWritten
        }
        next = position
        return stops ? nil : written
    }
}

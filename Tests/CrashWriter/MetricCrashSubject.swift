internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import TestSupport

/// Metrics, of which now and then some are deleted.
struct MetricCrashSubject: CrashSubject {
    static let writers = CrashWorkload.writers

    private let storage: MetricStorage
    private let seed: UInt64

    init(
        directory: String, seed: UInt64, latestBatch: @escaping @Sendable () -> Int, passed: @escaping @Sendable (_ step: String) -> Void
    ) throws {
        self.seed = seed
        var options = MetricStorageOptions()
        options.headBytesMax = 64 << 10
        options.runsInBackground = false
        options.stepReached = { passed($0.rawValue) }
        options.report = { if case .damaged(let file, let reason) = $0 { warn("damaged \(file): \(reason)") } }
        storage = try MetricStorage(directory: directory, options: options) { CrashWorkload.clock(batch: latestBatch()) }
    }

    func write(writer: Int, number: Int) throws -> Bool {
        let deletion = CrashWorkload.deletion(seed: seed, writer: writer, number: number)
        var batch = MetricBatch()
        for run in deletion == nil ? CrashWorkload.batch(seed: seed, writer: writer, number: number) : [] {
            batch.beginSeries(run.labels)
            for sample in run.samples { batch.append(timestamp: sample.timestamp, value: sample.value) }
        }
        do {
            if let deletion {
                try storage.delete(
                    [LabelMatcher("__name__", equals: deletion.metric), LabelMatcher("writer", equals: "\(writer)")], in: deletion.range)
            }
            guard try storage.append(batch).rejected.isEmpty else { exit(3) }
        } catch {
            if error.isTemporary { return false }
            throw error
        }
        return true
    }

    func maintain(round: Int) throws {
        if round % 20 == 4 { try storage.flush() } else if round % 3 == 0 { try storage.eraseDeleted() } else { try storage.maintain() }
    }
}

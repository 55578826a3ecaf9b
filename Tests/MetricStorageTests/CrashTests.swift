internal import Foundation
internal import MetricStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// A process that writes is killed at random moments and at chosen steps, again and again over one folder. Whatever it had acknowledged
/// must be there afterwards, and of what it had not, a batch as a whole or nothing. Whatever it had deleted must be gone.
///
/// `PERCH_CRASH_KILLS` sets the number of random kills (default 8).
@Suite(.serialized) struct CrashTests {
    @Test func randomKillsLoseNothingAcknowledged() throws {
        let kills = ProcessInfo.processInfo.environment["PERCH_CRASH_KILLS"].flatMap(Int.init) ?? 8
        let seed = UInt64.random(in: 0...1_000_000)
        var generator = SeededGenerator(seed: seed)
        let run = CrashRun(seed: seed)
        for kill in 0..<kills {
            let milliseconds = Int.random(in: 20...350, using: &generator)
            try run.writeUntilKilled(after: milliseconds)
            try run.verify("kill \(kill) after \(milliseconds) ms, seed \(seed)")
        }
        print("kills \(kills) at random moments, \(run.sampleCount) samples compared at the end, seed \(seed)")
    }

    @Test func killsAtEveryStepLoseNothingAcknowledged() throws {
        let seed: UInt64 = 77
        let run = CrashRun(seed: seed)
        for step in MetricStorageStep.allCases {
            for passes in [1, step == .replaying ? 1 : 3] {
                if step == .replaying {
                    // So that there is something to replay.
                    try run.writeUntilKilled(after: 120_000, step: .journalAppended, passes: 50)
                    try run.verify("killed before replaying, seed \(seed)")
                }
                let started = ContinuousClock.now
                try run.writeUntilKilled(after: 120_000, step: step, passes: step == .journalAppended ? passes * 50 : passes)
                #expect(ContinuousClock.now - started < .seconds(115), "\(step) was never passed")
                try run.verify("killed at \(step), pass \(passes), seed \(seed)")
            }
        }
    }
}

/// One folder and what must be in it.
private final class CrashRun {
    let directory = NSTemporaryDirectory() + "perch-crash-" + UUID().uuidString
    let seed: UInt64
    private var model: [LabelSet: [Timestamp: UInt64]] = [:]
    /// For each writer the first batch that is not in the model.
    private var next = [Int](repeating: 0, count: CrashWorkload.writers)

    init(seed: UInt64) { self.seed = seed }

    /// The number of samples that must be there.
    var sampleCount: Int { model.values.reduce(0) { $0 + $1.count } }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Runs the writer until it is killed or kills itself, and takes what it acknowledged into the model.
    func writeUntilKilled(after milliseconds: Int, step: MetricStorageStep? = nil, passes: Int = 1) throws {
        let arguments = ["metrics", directory, "\(seed)"] + next.map { "\($0)" } + (step.map { [$0.rawValue, "\(passes)"] } ?? [])
        let outcome = try TestProgram("CrashWriter").run(arguments, killedAfter: milliseconds)
        try #require(outcome.wasKilled, "the writer failed by itself: status \(outcome.status)")
        for line in outcome.lines {
            let parts = line.split(separator: " ").compactMap { Int($0) }
            try #require(parts.count == 2 && parts[1] == next[parts[0]], "the writer said \(line)")
            take(writer: parts[0])
        }
    }

    private func take(writer: Int) {
        defer { next[writer] += 1 }
        if CrashWorkload.deletion(seed: seed, writer: writer, number: next[writer]) != nil {
            for (labels, time) in deletedSamples(writer: writer) { remove(labels, time) }
            return
        }
        for run in CrashWorkload.batch(seed: seed, writer: writer, number: next[writer]) {
            for sample in run.samples { model[run.labels, default: [:]][sample.timestamp] = sample.value.bitPattern }
        }
    }

    /// The samples of the model that the deletion that a writer is at concerns.
    private func deletedSamples(writer: Int) -> [(LabelSet, Timestamp)] {
        guard let deletion = CrashWorkload.deletion(seed: seed, writer: writer, number: next[writer]) else { return [] }
        var deleted: [(LabelSet, Timestamp)] = []
        for (labels, samples) in model where labels["__name__"] == deletion.metric && labels["writer"] == "\(writer)" {
            for time in samples.keys where deletion.range.contains(time) { deleted.append((labels, time)) }
        }
        return deleted
    }

    private func remove(_ labels: LabelSet, _ time: Timestamp) {
        model[labels]?[time] = nil
        if model[labels]?.isEmpty == true { model[labels] = nil }
    }

    /// Compares everything. The batch that each writer was at may be there although nobody heard of it; then it is there as a whole.
    func verify(_ comment: String) throws {
        var options = MetricStorageOptions()
        options.runsInBackground = false
        let now = CrashWorkload.clock(batch: (next.max() ?? 0) + 1)
        let storage = try MetricStorage(directory: directory, options: options, clock: { now })
        defer { try? storage.close() }
        let found = try contents(of: storage)
        for writer in 0..<CrashWorkload.writers {
            if CrashWorkload.deletion(seed: seed, writer: writer, number: next[writer]) == nil {
                if hasWhole(batch: next[writer], of: writer, found) { take(writer: writer) }
            } else {
                // A deletion that was not acknowledged is done for some samples or for none; the writer does it again.
                for (labels, time) in deletedSamples(writer: writer) where found[labels]?[time] == nil { remove(labels, time) }
            }
        }
        #expect(found.count == model.count, "\(comment): number of series")
        for (labels, samples) in model where found[labels] != samples {
            let missing = samples.filter { found[labels]?[$0.key] != $0.value }
            let extra = (found[labels] ?? [:]).filter { samples[$0.key] == nil }
            Issue.record("\(comment): \(labels) lacks \(missing.count) and has \(extra.count) too many of \(samples.count) samples")
            return
        }
    }

    private func hasWhole(batch number: Int, of writer: Int, _ found: [LabelSet: [Timestamp: UInt64]]) -> Bool {
        var latest: [LabelSet: [Timestamp: UInt64]] = [:]
        for run in CrashWorkload.batch(seed: seed, writer: writer, number: number) {
            for sample in run.samples { latest[run.labels, default: [:]][sample.timestamp] = sample.value.bitPattern }
        }
        return latest.allSatisfy { labels, samples in samples.allSatisfy { found[labels]?[$0.key] == $0.value } }
    }

    private func contents(of storage: MetricStorage) throws -> [LabelSet: [Timestamp: UInt64]] {
        let selection = try storage.select([], in: .all)
        #expect(selection.warnings.isEmpty)
        var found: [LabelSet: [Timestamp: UInt64]] = [:]
        var columns = SampleColumns()
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            var samples: [Timestamp: UInt64] = [:]
            for (time, value) in zip(columns.timestamps, columns.values) { samples[time] = value.bitPattern }
            if !samples.isEmpty { found[selection.labels(at: index)] = samples }
        }
        return found
    }
}

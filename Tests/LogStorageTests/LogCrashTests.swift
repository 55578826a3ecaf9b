internal import Foundation
internal import LogStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// A process that writes is killed at random moments and at chosen steps, again and again over one folder. Whatever it had acknowledged
/// must be there afterwards, once, and of what it had not, a batch as a whole or nothing.
///
/// `PERCH_CRASH_KILLS` sets the number of random kills (default 5).
@Suite(.serialized) struct LogCrashTests {
    @Test func `kills at random moments lose nothing that was acknowledged`() throws {
        let kills = ProcessInfo.processInfo.environment["PERCH_CRASH_KILLS"].flatMap(Int.init) ?? 5
        let seed = UInt64.random(in: 0...1_000_000)
        var generator = SeededGenerator(seed: seed)
        let run = LogCrashRun(seed: seed)
        for kill in 0..<kills {
            let milliseconds = Int.random(in: 20...350, using: &generator)
            try run.writeUntilKilled(after: milliseconds)
            try run.verify("kill \(kill) after \(milliseconds) ms, seed \(seed)")
        }
        print("kills \(kills) at random moments, \(run.entryCount) entries compared at the end, seed \(seed)")
    }

    @Test func `kills at every step lose nothing that was acknowledged`() throws {
        let seed: UInt64 = 77
        let run = LogCrashRun(seed: seed)
        for step in LogStorageStep.allCases {
            if step == .replaying {
                // So that there is something to replay.
                try run.writeUntilKilled(after: 120_000, step: .journalAppended, passes: 20)
            }
            let started = ContinuousClock.now
            try run.writeUntilKilled(after: 120_000, step: step, passes: step == .journalAppended ? 50 : step == .replaying ? 1 : 2)
            #expect(ContinuousClock.now - started < .seconds(115), "\(step) was never passed")
            try run.verify("killed at \(step), seed \(seed)")
        }
    }
}

/// One folder and what must be in it.
private final class LogCrashRun {
    let directory = NSTemporaryDirectory() + "perch-log-crash-" + UUID().uuidString
    let seed: UInt64
    private var acknowledged: Set<Entry> = []
    /// For each writer the first batch that was not acknowledged.
    private var next = [Int](repeating: 0, count: LogCrashWorkload.writers)

    private struct Entry: Hashable {
        var labels: LabelSet
        var time: Int64
        var line: [UInt8]
    }

    init(seed: UInt64) { self.seed = seed }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var entryCount: Int { acknowledged.count }

    private func entries(writer: Int, number: Int) -> Set<Entry> {
        let batch = LogCrashWorkload.batch(seed: seed, writer: writer, number: number)
        var entries: Set<Entry> = []
        for part in batch.parts {
            for entry in part.entries {
                entries.insert(
                    Entry(labels: part.labels, time: batch.times[entry], line: Array(batch.lines.bytes[batch.lines.range(entry)])))
            }
        }
        return entries
    }

    /// What a deletion takes away.
    private func deleted(_ word: String, writer: Int) -> Set<Entry> {
        acknowledged.filter { $0.labels["writer"] == "\(writer)" && String(decoding: $0.line, as: UTF8.self).contains(word) }
    }

    /// Runs the writer until it is killed or kills itself, and takes note of what it acknowledged.
    func writeUntilKilled(after milliseconds: Int, step: LogStorageStep? = nil, passes: Int = 1) throws {
        let arguments = ["logs", directory, "\(seed)"] + next.map { "\($0)" } + (step.map { [$0.rawValue, "\(passes)"] } ?? [])
        let outcome = try TestProgram("CrashWriter").run(arguments, killedAfter: milliseconds)
        try #require(outcome.wasKilled, "the writer failed by itself: status \(outcome.status)")
        for line in outcome.lines {
            let parts = line.split(separator: " ").compactMap { Int($0) }
            try #require(parts.count == 2 && parts[1] == next[parts[0]], "the writer said \(line)")
            if let word = LogCrashWorkload.deletion(writer: parts[0], number: parts[1]) {
                acknowledged.subtract(deleted(word, writer: parts[0]))
            } else {
                acknowledged.formUnion(entries(writer: parts[0], number: parts[1]))
            }
            next[parts[0]] += 1
        }
    }

    /// Compares everything. The batch that each writer was at may be there although nobody heard of it; then it is there as a whole.
    func verify(_ comment: String) throws {
        var options = LogStorageOptions()
        options.runsInBackground = false
        options.retention = nil
        let now = LogCrashWorkload.clock(batch: (next.max() ?? 0) + 1)
        let storage = try LogStorage(directory: directory, options: options, clock: { now })
        defer { try? storage.close() }
        var found: Set<Entry> = []
        for table in try storage.tables(matching: [], from: .min, to: .max) {
            for entry in try TableReading.entries(table) {
                let isNew = found.insert(Entry(labels: entry.labels, time: entry.time, line: entry.line)).inserted
                #expect(isNew, "\(comment): an entry is there twice")
            }
        }
        for writer in 0..<LogCrashWorkload.writers {
            if let word = LogCrashWorkload.deletion(writer: writer, number: next[writer]) {
                // A deletion that nobody heard of may be done in part; the writer begins with it again.
                for entry in deleted(word, writer: writer) where !found.contains(entry) { acknowledged.remove(entry) }
                continue
            }
            let batch = entries(writer: writer, number: next[writer])
            let there = batch.intersection(found)
            #expect(there.isEmpty || there.count == batch.count, "\(comment): a part of a batch is there")
            guard !there.isEmpty else { continue }
            acknowledged.formUnion(batch)
            next[writer] += 1
        }
        #expect(
            found == acknowledged,
            "\(comment): \(acknowledged.subtracting(found).count) lost, \(found.subtracting(acknowledged).count) unknown")
        #expect(try storage.verify().isEmpty, "\(comment)")
    }
}

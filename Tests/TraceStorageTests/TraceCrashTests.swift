internal import Foundation
internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceStorage

/// A process that writes is killed at random moments and at chosen steps, again and again over one folder. Whatever it had acknowledged
/// must be there afterwards, once, and of what it had not, a batch as a whole or nothing.
///
/// `PERCH_CRASH_KILLS` sets the number of random kills (default 5).
@Suite(.serialized) struct TraceCrashTests {
    @Test func randomKillsLoseNothingAcknowledged() throws {
        let kills = ProcessInfo.processInfo.environment["PERCH_CRASH_KILLS"].flatMap(Int.init) ?? 5
        let seed = UInt64.random(in: 0...1_000_000)
        var generator = SeededGenerator(seed: seed)
        let run = TraceCrashRun(seed: seed)
        for kill in 0..<kills {
            let milliseconds = Int.random(in: 20...350, using: &generator)
            try run.writeUntilKilled(after: milliseconds)
            try run.verify("kill \(kill) after \(milliseconds) ms, seed \(seed)")
        }
        print("kills \(kills) at random moments, \(run.spanCount) spans compared at the end, seed \(seed)")
    }

    @Test func killsAtEveryStepLoseNothingAcknowledged() throws {
        let seed: UInt64 = 77
        let run = TraceCrashRun(seed: seed)
        for step in TraceStorageStep.allCases {
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
private final class TraceCrashRun {
    let directory = NSTemporaryDirectory() + "perch-trace-crash-" + UUID().uuidString
    let seed: UInt64
    private var acknowledged: [SpanBatch] = []
    /// For each writer the first batch that was not acknowledged.
    private var next = [Int](repeating: 0, count: TraceCrashWorkload.writers)

    init(seed: UInt64) { self.seed = seed }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var spanCount: Int { acknowledged.reduce(0) { $0 + $1.spans.count } }

    /// Runs the writer until it is killed or kills itself, and takes note of what it acknowledged.
    func writeUntilKilled(after milliseconds: Int, step: TraceStorageStep? = nil, passes: Int = 1) throws {
        let arguments = ["traces", directory, "\(seed)"] + next.map { "\($0)" } + (step.map { [$0.rawValue, "\(passes)"] } ?? [])
        let outcome = try TestProgram("CrashWriter").run(arguments, killedAfter: milliseconds)
        try #require(outcome.wasKilled, "the writer failed by itself: status \(outcome.status)")
        for line in outcome.lines {
            let parts = line.split(separator: " ").compactMap { Int($0) }
            try #require(parts.count == 2 && parts[1] == next[parts[0]], "the writer said \(line)")
            acknowledged.append(TraceCrashWorkload.batch(seed: seed, writer: parts[0], number: parts[1]))
            next[parts[0]] += 1
        }
    }

    /// Compares everything. The batch that each writer was at may be there although nobody heard of it; then it is there as a whole.
    func verify(_ comment: String) throws {
        var options = TraceStorageOptions()
        options.runsInBackground = false
        let now = TraceCrashWorkload.clock(batch: (next.max() ?? 0) + 1)
        let storage = try TraceStorage(directory: directory, options: options, clock: { now })
        defer { try? storage.close() }
        var found: Set<[UInt64]> = []
        for table in try storage.tables(from: 0, through: .max) {
            let frame = try table.frame()
            for (trace, id) in frame.traceIDs.enumerated() {
                for row in Int(frame.traceStarts[trace])..<Int(frame.traceStarts[trace + 1]) {
                    // Traces of which a part began the day before are in two tables, but no span is.
                    let isNew = found.insert([id.high, id.low, frame.spanIDs[row].bits, frame.starts[row]]).inserted
                    #expect(isNew, "\(comment): a span is there twice")
                }
            }
        }
        for writer in 0..<TraceCrashWorkload.writers {
            let batch = TraceCrashWorkload.batch(seed: seed, writer: writer, number: next[writer])
            let there = batch.spans.filter { found.contains(TraceCrashRun.identity($0)) }
            #expect(there.isEmpty || there.count == batch.spans.count, "\(comment): a part of a batch is there")
            guard !there.isEmpty else { continue }
            acknowledged.append(batch)
            next[writer] += 1
        }
        let expected = Set(acknowledged.flatMap(\.spans).map(TraceCrashRun.identity))
        #expect(found == expected, "\(comment): \(expected.subtracting(found).count) lost, \(found.subtracting(expected).count) unknown")
        #expect(try storage.verify().isEmpty, "\(comment)")
    }

    private static func identity(_ span: SpanRecord) -> [UInt64] {
        [span.traceID.high, span.traceID.low, span.spanID.bits, span.start]
    }
}

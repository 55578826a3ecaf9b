// Writes to a storage until it is killed, and says on standard output what was acknowledged. Started by CrashTests, TraceCrashTests
// and LogCrashTests.
//
// Arguments: the signal (`metrics`, `traces` or `logs`), folder, seed, for each writer the number of its first batch, then optionally the step to die at and
// how often it is passed.

internal import Foundation
internal import Synchronization

func warn(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

func run<Subject: CrashSubject>(_ subject: Subject.Type, _ arguments: [String]) throws -> Never {
    let seed = UInt64(arguments[1]) ?? 0
    let firstBatches = (0..<Subject.writers).map { Int(arguments[2 + $0]) ?? 0 }
    let rest = arguments.dropFirst(2 + Subject.writers)
    let deadlyStep = rest.first
    let passes = Counter(rest.dropFirst().first.flatMap { Int($0) } ?? 1)
    let latestBatch = Counter(firstBatches.max() ?? 0)
    let storage = try Subject(directory: arguments[0], seed: seed, latestBatch: { latestBatch.value.load(ordering: .relaxed) }) { step in
        if step == deadlyStep, passes.value.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
    }
    for writer in 0..<Subject.writers {
        Thread.detachNewThread {
            var number = firstBatches[writer]
            while true {
                if latestBatch.value.load(ordering: .relaxed) < number { latestBatch.value.store(number, ordering: .relaxed) }
                do {
                    guard try storage.write(writer: writer, number: number) else {
                        usleep(500)
                        continue
                    }
                } catch {
                    warn("\(error)")
                    exit(2)
                }
                // One write of a few bytes to a pipe is whole or not there.
                let line = "\(writer) \(number)\n"
                _ = line.utf8CString.withUnsafeBytes { write(1, $0.baseAddress, $0.count - 1) }
                number += 1
            }
        }
    }
    var round = 0
    while true {
        round += 1
        do { try storage.maintain(round: round) } catch {
            warn("maintenance: \(error)")
            exit(4)
        }
        usleep(1000)
    }
}

/// A number that several threads change.
final class Counter: Sendable {
    let value: Atomic<Int>
    init(_ value: Int) { self.value = Atomic(value) }
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "metrics": try run(MetricCrashSubject.self, Array(arguments.dropFirst()))
case "logs": try run(LogCrashSubject.self, Array(arguments.dropFirst()))
case "traces": try run(TraceCrashSubject.self, Array(arguments.dropFirst()))
default:
    warn("usage: CrashWriter metrics|traces|logs FOLDER SEED FIRST... [STEP PASSES]")
    exit(64)
}

// Writes to a metric storage until it is killed, and says on standard output what was acknowledged. Started by CrashTests.
//
// Arguments: folder, seed, for each writer the number of its first batch, then optionally the step to die at and how often it is passed.

internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import TestSupport

let arguments = CommandLine.arguments
let directory = arguments[1]
let seed = UInt64(arguments[2]) ?? 0
let firstBatches = (0..<CrashWorkload.writers).map { Int(arguments[3 + $0]) ?? 0 }
let stepArgument = 3 + CrashWorkload.writers
let deadlyStep = arguments.count > stepArgument ? MetricStorageStep(rawValue: arguments[stepArgument]) : nil
let passes = Atomic<Int>(arguments.count > stepArgument + 1 ? Int(arguments[stepArgument + 1]) ?? 1 : 1)
let latestBatch = Atomic<Int>(firstBatches.max() ?? 0)

var options = MetricStorageOptions()
options.headBytesMax = 64 << 10
options.runsInBackground = false
options.stepReached = { step in
    if step == deadlyStep, passes.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
}
options.report = { event in
    if case .damaged(let file, let reason) = event { FileHandle.standardError.write(Data("damaged \(file): \(reason)\n".utf8)) }
}
let storage = try MetricStorage(directory: directory, options: options) {
    CrashWorkload.clock(batch: latestBatch.load(ordering: .relaxed))
}

for writer in 0..<CrashWorkload.writers {
    Thread.detachNewThread {
        var number = firstBatches[writer]
        var batch = MetricBatch()
        while true {
            if latestBatch.load(ordering: .relaxed) < number { latestBatch.store(number, ordering: .relaxed) }
            batch.removeAll()
            let deletion = CrashWorkload.deletion(seed: seed, writer: writer, number: number)
            for run in deletion == nil ? CrashWorkload.batch(seed: seed, writer: writer, number: number) : [] {
                batch.beginSeries(run.labels)
                for sample in run.samples { batch.append(timestamp: sample.timestamp, value: sample.value) }
            }
            do {
                if let deletion {
                    try storage.delete(
                        [LabelMatcher("__name__", equals: deletion.metric), LabelMatcher("writer", equals: "\(writer)")],
                        in: deletion.range)
                }
                let result = try storage.append(batch)
                guard result.rejected.isEmpty else { exit(3) }
            } catch let error as MetricStorageError where error.isTemporary {
                usleep(500)
                continue
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
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
    do {
        if round % 20 == 4 { try storage.flush() } else if round % 3 == 0 { try storage.eraseDeleted() } else { try storage.maintain() }
    } catch {
        FileHandle.standardError.write(Data("maintenance: \(error)\n".utf8))
        exit(4)
    }
    usleep(1000)
}

// Writes to a log storage until it is killed, and says on standard output what was acknowledged. Started by LogCrashTests.
//
// Arguments: folder, seed, for each writer the number of its first batch, then optionally the step to die at and how often it is passed.

internal import Foundation
internal import LabelMatching
internal import LogStorage
internal import Synchronization
internal import TelemetryModel
internal import TestSupport

let arguments = CommandLine.arguments
let directory = arguments[1]
let seed = UInt64(arguments[2]) ?? 0
let firstBatches = (0..<LogCrashWorkload.writers).map { Int(arguments[3 + $0]) ?? 0 }
let stepArgument = 3 + LogCrashWorkload.writers
let deadlyStep = arguments.count > stepArgument ? LogStorageStep(rawValue: arguments[stepArgument]) : nil
let passes = Atomic<Int>(arguments.count > stepArgument + 1 ? Int(arguments[stepArgument + 1]) ?? 1 : 1)
let latestBatch = Atomic<Int>(firstBatches.max() ?? 0)

var options = LogStorageOptions()
options.headEntriesMax = 400
options.blockEntriesMax = 1000
options.headBytesMax = 512 << 10
options.retention = nil
options.runsInBackground = false
options.stepReached = { step in
    if step == deadlyStep, passes.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
}
options.report = { event in
    if case .damaged(let file, let reason) = event { FileHandle.standardError.write(Data("damaged \(file): \(reason)\n".utf8)) }
}
let storage = try LogStorage(directory: directory, options: options) {
    LogCrashWorkload.clock(batch: latestBatch.load(ordering: .relaxed))
}

for writer in 0..<LogCrashWorkload.writers {
    Thread.detachNewThread {
        var number = firstBatches[writer]
        while true {
            if latestBatch.load(ordering: .relaxed) < number { latestBatch.store(number, ordering: .relaxed) }
            do {
                if let word = LogCrashWorkload.deletion(writer: writer, number: number) {
                    let matcher = LabelMatcher("writer", equals: "\(writer)")
                    try storage.delete(matching: [matcher], from: .min, to: .max) { String(decoding: $0, as: UTF8.self).contains(word) }
                } else {
                    let batch = LogCrashWorkload.batch(seed: seed, writer: writer, number: number)
                    let result = try storage.append(batch)
                    guard result.rejectedEntries == 0, result.acceptedEntries == batch.entryCount else { exit(3) }
                }
            } catch let error as LogStorageError where error.isTemporary {
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
            // Steps are to be passed soon, not much to be written.
            usleep(3000)
        }
    }
}

var round = 0
while true {
    round += 1
    do {
        if round % 20 == 4 { try storage.flush() } else { try storage.maintain() }
    } catch {
        FileHandle.standardError.write(Data("maintenance: \(error)\n".utf8))
        exit(4)
    }
    usleep(1000)
}

// Runs a fixed script of a storage's work again and again; each time another call that changes files goes wrong, in each way there is.
// Compares everything afterwards. Says on standard output what it is at, failures, and at last the counts. Started by FaultTests,
// TraceFaultTests, LogFaultTests and scripts/crash.sh.
//
// Arguments: the signal (`metrics`, `traces` or `logs`), folder, seed, how many of the calls are tried for each kind of fault (`all` for every one), and
// optionally one kind.

internal import Foundation
internal import TestSupport

/// Whole lines at once, so that the last one tells where a trap was.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

let arguments = CommandLine.arguments
guard arguments.count >= 5, let seed = UInt64(arguments[3]), ["metrics", "traces", "logs"].contains(arguments[1]) else {
    say("usage: FaultSweep metrics|traces|logs FOLDER SEED COUNT|all [KIND]")
    exit(64)
}
let directory = arguments[2] + "/storage"
let countMax = Int(arguments[4]) ?? .max
let kinds = Fault.allCases.filter { arguments.count < 6 || $0.rawValue == arguments[5] }

/// - Returns: the number of faults and of failures.
func sweep<Subject: FaultSubject>(_ subject: Subject.Type) throws -> (faults: Int, failures: Int) {
    var generator = SeededGenerator(seed: seed)
    var counts = (faults: 0, failures: 0)
    for syncsEveryAppend in [true, false] {
        let sync = syncsEveryAppend ? "always" : "interval"
        var whole = FaultRun<Subject>(directory: directory, fault: nil, target: 0, seed: seed, syncsEveryAppend: syncsEveryAppend)
        let calls = try whole.run()
        say("calls \(calls) sync \(sync) seed \(seed)")
        for fault in kinds {
            var targets = Array(0..<calls)
            if targets.count > countMax { targets = Array(targets.shuffled(using: &generator).prefix(countMax)) }
            for target in targets {
                say("at \(fault) \(target) sync \(sync)")
                var run = FaultRun<Subject>(
                    directory: directory, fault: fault, target: target, seed: seed, syncsEveryAppend: syncsEveryAppend)
                do { _ = try run.run() } catch {
                    counts.failures += 1
                    say("FAILED \(fault) at call \(target) of \(calls), sync \(sync), seed \(seed): \(error)")
                }
                counts.faults += 1
            }
        }
    }
    return counts
}

let counts =
    switch arguments[1] {
    case "logs": try sweep(LogSubject.self)
    case "traces": try sweep(TraceSubject.self)
    default: try sweep(MetricSubject.self)
    }
say("faults \(counts.faults) failures \(counts.failures) seed \(seed)")
exit(counts.failures == 0 ? 0 : 1)

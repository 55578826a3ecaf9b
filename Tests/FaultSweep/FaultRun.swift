internal import Foundation
internal import MetricStorage
internal import TelemetryModel
internal import TestSupport

/// One passage of the script with one fault in it, and the comparison afterwards.
struct FaultRun {
    /// What a run found wrong.
    struct Failure: Error { let reason: String }

    let directory: String
    let fault: Fault?
    let target: Int
    let seed: UInt64
    private let workload: FaultWorkload
    private let syncsEveryAppend: Bool
    private var expectation = Expectation()
    private var storage: MetricStorage?
    private var latestRuns: [FaultWorkload.Run] = []
    private var number = 0
    private var hasLostPower = false

    init(directory: String, fault: Fault?, target: Int, seed: UInt64, syncsEveryAppend: Bool) {
        self.directory = directory
        self.fault = fault
        self.target = target
        self.seed = seed
        self.syncsEveryAppend = syncsEveryAppend
        workload = FaultWorkload(seed: seed, syncsEveryAppend: syncsEveryAppend)
    }

    /// Runs the script.
    ///
    /// - Returns: how many calls changed files.
    mutating func run() throws -> Int {
        try? FileManager.default.removeItem(atPath: directory)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let disk = FaultyDisk.shared
        disk.begin(folder: directory, fault: fault, target: target)
        defer { disk.end() }
        for step in FaultWorkload.script {
            try take(step)
            if disk.isDead { break }
        }
        let calls = disk.calls
        if disk.isDead {
            try bringBack()
        } else {
            try checkRecovery()
        }
        try reopenAndCompare("after another start")
        storage = nil
        return calls
    }

    private mutating func open() throws {
        let clock = workload.clock
        storage = try MetricStorage(directory: directory, options: workload.options, clock: { clock.now })
        expectation.reopen()
    }

    private mutating func take(_ step: FaultWorkload.Step) throws {
        if case .wait(let milliseconds) = step { return workload.clock.advance(milliseconds) }
        if storage == nil {
            // A storage that could not be opened is tried again, as a supervisor does.
            do { try open() } catch {
                if !FaultyDisk.shared.hasFailed { throw error }
                return
            }
        }
        if step == .maintain || step == .flush { expectation.keptSince = startOfRetention }
        do {
            switch step {
            case .append(let age): try append(workload.batch(number, time: workload.clock.now, age: age))
            case .overwrite: try append(workload.rewritten(latestRuns, number: number))
            case .metadata:
                try storage?.setMetadata(family: "metric_\(number)", MetricMetadata(type: .counter, help: "number \(number)", unit: ""))
            case .sync:
                try storage?.sync()
                expectation.sync()
            case .maintain: try storage?.maintain()
            case .flush: try storage?.flush()
            case .restart:
                defer { storage = nil }
                try storage?.close()
            case .wait: break
            }
        } catch let error as MetricStorageError {
            if !FaultyDisk.shared.hasFailed { throw Failure(reason: "\(step) failed without a fault: \(error)") }
        }
    }

    /// Whole days are deleted.
    private var startOfRetention: Timestamp {
        let day = FaultWorkload.day
        return max(expectation.keptSince, (workload.clock.now - FaultWorkload.retention) / day * day)
    }

    private mutating func append(_ runs: [FaultWorkload.Run]) throws {
        number += 1
        latestRuns = runs
        expectation.begin(runs)
        do {
            let result = try storage?.append(FaultWorkload.metricBatch(runs))
            guard result?.rejected.isEmpty == true else { throw Failure(reason: "samples were rejected") }
            expectation.acknowledge(isDurable: syncsEveryAppend)
        } catch let error as MetricStorageError {
            expectation.refuse()
            throw error
        }
    }

    /// After the end of the process: what it held goes, the files stay as the fault left them, and the next one starts.
    private mutating func bringBack() throws {
        storage = nil
        FaultyDisk.shared.end()
        if let fault, fault.cutsPower {
            hasLostPower = true
            var generator = SeededGenerator(seed: seed &+ UInt64(target))
            try FaultyDisk.shared.losePower(inPieces: fault == .powerCutInPieces, using: &generator)
        }
        try open()
        try compare("after the end of the process")
        expectation.keptSince = startOfRetention
        try storage?.flush()
        try compare("after sealing what was left")
    }

    /// After a fault that passed: the storage serves on and gets everything done by itself.
    private mutating func checkRecovery() throws {
        FaultyDisk.shared.end()
        if storage == nil { try open() }
        try compare("after the fault")
        expectation.keptSince = startOfRetention
        try storage?.flush()
        try compare("after sealing what was left")
        guard let problems = try storage?.verify(), problems.isEmpty else { throw Failure(reason: "verify finds damage") }
    }

    private mutating func reopenAndCompare(_ moment: String) throws {
        try storage?.close()
        storage = nil
        try open()
        try compare(moment)
        let leftovers = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.contains("damaged") }
        if !leftovers.isEmpty { throw Failure(reason: "set aside: \(leftovers)") }
        try storage?.close()
    }

    private func compare(_ moment: String) throws {
        guard let storage else { throw Failure(reason: "the storage is not open \(moment)") }
        if let difference = try expectation.difference(to: storage, afterPowerCut: hasLostPower) {
            throw Failure(reason: "\(moment): \(difference)")
        }
    }
}

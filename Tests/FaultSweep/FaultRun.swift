internal import Foundation
internal import TestSupport

/// One passage of the script with one fault in it, and the comparison afterwards.
struct FaultRun<Subject: FaultSubject> {
    let directory: String
    let fault: Fault?
    let target: Int
    let seed: UInt64
    private var subject: Subject
    private var hasLostPower = false

    init(directory: String, fault: Fault?, target: Int, seed: UInt64, syncsEveryAppend: Bool) {
        self.directory = directory
        self.fault = fault
        self.target = target
        self.seed = seed
        subject = Subject(directory: directory, seed: seed, syncsEveryAppend: syncsEveryAppend)
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
        for step in Subject.script {
            try take(step)
            if disk.isDead { break }
        }
        let calls = disk.calls
        if disk.isDead { try bringBack() } else { try checkRecovery() }
        try reopenAndCompare("after another start")
        subject.drop()
        return calls
    }

    private mutating func take(_ step: FaultStep) throws {
        if case .wait(let milliseconds) = step { return subject.clock.advance(milliseconds) }
        if !subject.isOpen {
            // A storage that could not be opened is tried again, as a supervisor does.
            do { try subject.open() } catch {
                if !FaultyDisk.shared.hasFailed { throw error }
                return
            }
        }
        do { try subject.take(step) } catch let error as Subject.StorageError {
            if !FaultyDisk.shared.hasFailed { throw FaultFailure(reason: "\(step) failed without a fault: \(error)") }
        }
    }

    /// After the end of the process: what it held goes, the files stay as the fault left them, and the next one starts.
    private mutating func bringBack() throws {
        subject.drop()
        FaultyDisk.shared.end()
        if let fault, fault.cutsPower {
            hasLostPower = true
            var generator = SeededGenerator(seed: seed &+ UInt64(target))
            try FaultyDisk.shared.losePower(inPieces: fault == .powerCutInPieces, using: &generator)
        }
        try subject.open()
        try compare("after the end of the process")
        try subject.take(.flush)
        try compare("after sealing what was left")
    }

    /// After a fault that passed: the storage serves on and gets everything done by itself.
    private mutating func checkRecovery() throws {
        FaultyDisk.shared.end()
        if !subject.isOpen { try subject.open() }
        try compare("after the fault")
        try subject.take(.flush)
        try compare("after sealing what was left")
        let problems = try subject.problems()
        if !problems.isEmpty { throw FaultFailure(reason: "verify finds damage: \(problems)") }
    }

    private mutating func reopenAndCompare(_ moment: String) throws {
        try subject.take(.restart)
        try subject.open()
        try compare(moment)
        let leftovers = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.contains("damaged") }
        if !leftovers.isEmpty { throw FaultFailure(reason: "set aside: \(leftovers)") }
        try subject.take(.restart)
    }

    private mutating func compare(_ moment: String) throws {
        if let difference = try subject.difference(afterPowerCut: hasLostPower) {
            throw FaultFailure(reason: "\(moment): \(difference)")
        }
    }
}

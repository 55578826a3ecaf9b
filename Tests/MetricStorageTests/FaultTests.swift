internal import Foundation
internal import Testing

/// A storage whose files fail: each call that changes a file fails, is cut short, or is where the process or the power ends, and
/// afterwards everything is compared. The work is done by the program FaultSweep, in a process whose system calls are watched.
///
/// `PERCH_FAULTS` sets how many calls are tried for each kind of fault (default 3, `all` for every one), `PERCH_FAULT_KIND` chooses one kind.
@Suite struct FaultTests {
    @Test func nothingAcknowledgedIsLostWhateverCallFails() throws {
        let environment = ProcessInfo.processInfo.environment
        let folder = NSTemporaryDirectory() + "perch-faults-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let process = Process()
        process.executableURL = TestPrograms.path("FaultSweep")
        let seed = environment["PERCH_FAULT_SEED"] ?? "\(UInt64.random(in: 0...1_000_000))"
        process.arguments = [folder, seed, environment["PERCH_FAULTS"] ?? "3"] + [environment["PERCH_FAULT_KIND"]].compactMap { $0 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
        process.waitUntilExit()
        for line in lines where !line.hasPrefix("at ") { print(line) }
        for line in lines where line.hasPrefix("FAILED") { Issue.record("\(line)") }
        let last = lines.last ?? "nothing"
        #expect(process.terminationReason == .exit && process.terminationStatus == 0, "it ended with: \(last), seed \(seed)")
        #expect(last.hasPrefix("faults "), "it ended with: \(last), seed \(seed)")
    }
}

public import Foundation

/// A program of this package that a test starts; it lies beside the test program.
public struct TestProgram: Sendable {
    /// Where it is.
    public let path: URL

    public init(_ name: String) {
        path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(name)
    }

    /// How it ended, and what it said on standard output.
    public struct Outcome: Sendable {
        public let lines: [String]
        public let wasKilled: Bool
        /// Of a program that was killed the number of the signal.
        public let status: Int32
    }

    /// Runs the program to its end.
    ///
    /// - Parameter milliseconds: when it is killed, where it has not ended by then; nil for never.
    public func run(_ arguments: [String], killedAfter milliseconds: Int? = nil) throws -> Outcome {
        let process = Process()
        process.executableURL = path
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        if let milliseconds {
            let processID = process.processIdentifier
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                if process.isRunning { kill(processID, SIGKILL) }
            }
        }
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(
            lines: said.split(separator: "\n").map(String.init), wasKilled: process.terminationReason == .uncaughtSignal,
            status: process.terminationStatus)
    }
}

/// What the tests of a storage with faulty files ask of FaultSweep.
///
/// `PERCH_FAULTS` sets how many calls are tried for each kind of fault (default 3, `all` for every one), `PERCH_FAULT_KIND` chooses one kind,
/// `PERCH_FAULT_SEED` the seed.
public enum FaultSweepRun {
    /// Runs the sweep of a signal, and prints its counts.
    ///
    /// - Returns: what failed, a sentence each.
    public static func failures(signal: String) throws -> [String] {
        let environment = ProcessInfo.processInfo.environment
        let folder = NSTemporaryDirectory() + "perch-faults-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seed = environment["PERCH_FAULT_SEED"] ?? "\(UInt64.random(in: 0...1_000_000))"
        let arguments = [signal, folder, seed, environment["PERCH_FAULTS"] ?? "3"] + [environment["PERCH_FAULT_KIND"]].compactMap { $0 }
        let outcome = try TestProgram("FaultSweep").run(arguments)
        for line in outcome.lines where !line.hasPrefix("at ") { print(line) }
        let last = outcome.lines.last ?? "nothing"
        let hasEnded = !outcome.wasKilled && outcome.status == 0 && last.hasPrefix("faults ")
        return outcome.lines.filter { $0.hasPrefix("FAILED") } + (hasEnded ? [] : ["it ended with: \(last), seed \(seed)"])
    }
}

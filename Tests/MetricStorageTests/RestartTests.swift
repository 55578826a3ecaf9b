internal import Foundation
internal import Testing

/// A process that dies with a full head comes back with all of it, and needs no more memory to do so than it had needed.
///
/// `PERCH_RESTART_SERIES` sets the number of series (default 40,000).
@Suite(.serialized) struct RestartTests {
    private func load(_ mode: String, _ directory: String, series: Int) throws -> [String: Int] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("HeadLoader")
        process.arguments = [mode, directory, "\(series)", "4"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationReason == .uncaughtSignal, "the loader failed by itself: status \(process.terminationStatus)")
        var figures: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            figures[String(parts[0])] = Int(parts[1])
        }
        return figures
    }

    @Test func replayNeedsNoMoreMemoryThanRunningDid() throws {
        let series = ProcessInfo.processInfo.environment["PERCH_RESTART_SERIES"].flatMap(Int.init) ?? 40_000
        let directory = NSTemporaryDirectory() + "perch-restart-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let written = try load("write", directory, series: series)
        let read = try load("read", directory, series: series)
        print("restart: \(series) series, written \(written), read back \(read)")
        #expect(read["series"] == series && read["samples"] == series * 4)
        let (peak, peakBefore) = (try #require(read["peak_kib"]), try #require(written["peak_kib"]))
        // A few batches under way in the replay, and the difference from run to run of the allocator.
        #expect(peak <= peakBefore + peakBefore / 10 + 4096)
        // Besides the text of its labels, and with its first samples.
        let perSeries = try #require(written["anonymous_kib"]) * 1024 / series - (try #require(written["label_bytes_per_series"]))
        #expect(perSeries <= 1500)
    }
}

internal import Collector
internal import Foundation
internal import TelemetryModel
internal import Testing

/// The same file through `promtool tsdb create-blocks-from openmetrics` and through an import: the same samples.
@Suite struct ImportCounterpartTests {
    private static let promtool = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { $0 + "/promtool" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private static func promtool(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: promtool ?? "")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    private static func file() -> String {
        var text = "# HELP requests Requests.\n# TYPE requests counter\n"
        let start = 1_795_348_800 - 5 * 86_400
        for series in 0..<20 {
            for step in 0..<400 {
                let time = "\(start + step * 617).\(step % 10)"
                let exemplar = step % 90 == 0 ? " # {trace_id=\"\(step)\"} 1.5 \(time)" : ""
                text += "requests_total{code=\"\(series)\",path=\"/\\\"a\\\\b\"} \(Double(step * series) / 3) \(time)\(exemplar)\n"
            }
        }
        text += "# TYPE odd gauge\nodd NaN \(start)\nodd +Inf \(start + 1)\nodd -Inf \(start + 2)\nodd 1e-300 \(start + 3)\n"
        return text + "# EOF\n"
    }

    /// What `promtool tsdb dump` prints, sorted: labels, value and time of every sample.
    private static func lines(_ samples: [LabelSet: [Timestamp: UInt64]]) -> [String] {
        samples.flatMap { labels, samples in
            let shown = labels.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ")
            return samples.map { "{\(shown)} \(FloatText.general(Double(bitPattern: $0.value))) \($0.key)" }
        }.sorted()
    }

    @Test(.enabled(if: promtool != nil, "promtool is not installed")) func samplesAreThoseOfPromtool() async throws {
        let fixture = try DataDirectoryFixture()
        let path = fixture.root + "/history.om"
        try Self.file().write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try Self.promtool(["tsdb", "create-blocks-from", "openmetrics", path, fixture.root + "/tsdb"]).status == 0)
        // A data directory without a write-ahead log is none to it.
        try FileManager.default.createDirectory(atPath: fixture.root + "/tsdb/wal", withIntermediateDirectories: true)
        let theirs = try Self.promtool(["tsdb", "dump", fixture.root + "/tsdb"])
        #expect(theirs.status == 0)
        let summary = try await StorageImport(
            to: .directory(fixture.data), clock: { DataDirectoryFixture.noon }, remark: { Issue.record("\($0)") }
        ).run(files: [path])
        #expect(summary.samples == 8004)
        #expect(summary.exemplars == 100)
        let ours = Self.lines(try fixture.read(fixture.data))
        #expect(ours.count == 8004)
        let differing = Set(ours).symmetricDifference(theirs.output.split(separator: "\n").map(String.init))
        #expect(differing.isEmpty, "\(differing.sorted().prefix(6))")
    }

    /// A file that one refuses, the other refuses.
    @Test(
        .enabled(if: promtool != nil, "promtool is not installed"),
        arguments: [
            "a 1 1\nb x 2\n# EOF\n", "a 1 1\n", "a 1\n# EOF\n", "a{b=\"c} 1 1\n# EOF\n", "a 1 1\n\n# EOF\n", "a 1 1\n# EOF\na 2 2\n",
            "a 1 1 # {x=\"y\" 1\n# EOF\n",
            "a 1 1\n# EOF\n",
        ])
    func badFilesAreRefusedByBoth(text: String) async throws {
        let fixture = try DataDirectoryFixture()
        let path = fixture.root + "/history.om"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let theirs = try Self.promtool(["tsdb", "create-blocks-from", "openmetrics", path, fixture.root + "/tsdb"])
        let summary = try await StorageImport(
            to: .directory(fixture.data), clock: { DataDirectoryFixture.noon }, remark: { _ in }
        ).run(files: [path])
        #expect((summary.faults == 0) == (theirs.status == 0), "\(text)")
        #expect(summary.faults == 0 || !FileManager.default.fileExists(atPath: fixture.data))
    }
}

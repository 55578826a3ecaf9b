internal import AlertRouting
internal import Foundation
internal import LabelMatching
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Debian's amtool and Perch asked the same about one file.
@Suite("Beside amtool", .serialized)
struct AlertmanagerToolTests {
    private static let program = ["/usr/bin/amtool", "/usr/local/bin/amtool"].first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let file = AlertmanagerScenario.file.replacing("@SINK@", with: "http://127.0.0.1:1")

    private func ask(_ arguments: [String], of file: String) throws -> String {
        let path = NSTemporaryDirectory() + "perch-amtool-" + UUID().uuidString + ".yml"
        try file.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.program))
        process.arguments = ["config", "routes"] + arguments.prefix(1) + ["--config.file=" + path] + arguments.dropFirst()
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return said
    }

    @Test(.enabled(if: program != nil, "no amtool is installed"))
    func `the tree is drawn the same way`() throws {
        let configuration = try RoutingConfiguration(yaml: Self.file, receivers: AlertmanagerScenario.receivers)
        #expect(try ask(["show"], of: Self.file) == "Routing tree:\n" + configuration.treeText + "\n")
    }

    @Test(.enabled(if: program != nil, "no amtool is installed"))
    func `alerts lead to the same receivers`() throws {
        var random = SeededGenerator(seed: UInt64.random(in: 0...1_000_000))
        let configuration = try RoutingConfiguration(yaml: Self.file, receivers: AlertmanagerScenario.receivers)
        for _ in 0..<25 {
            let labels = AlertmanagerScenario.labels(&random).sorted { $0.key < $1.key }
            let arguments = labels.map { MatcherText.text(LabelMatcher($0.key, equals: $0.value)) }
            let set = LabelSet(labels.map { ($0.key, $0.value) })
            let ours = configuration.receivers(for: set).map(\.receiver).joined(separator: ",")
            #expect(
                try ask(["test", "--tree"] + arguments, of: Self.file)
                    == "Matching routes:\n" + configuration.treeText(for: set) + "\n\n" + ours + "\n", "seed \(random.seed): \(set)")
        }
    }
}

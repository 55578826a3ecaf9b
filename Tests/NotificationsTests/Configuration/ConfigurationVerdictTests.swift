import ConfigFile
import Foundation
import Testing

@testable import Notifications

@Suite struct ConfigurationVerdictTests {
    @Test func `the corpus is not small`() {
        #expect(ConfigurationCase.all.count >= 100)
        #expect(ConfigurationCase.all.count { $0.exception == nil } >= 90)
    }

    @Test(arguments: ConfigurationCase.all)
    func `a file is accepted or refused as the corpus says`(file: ConfigurationCase) {
        do throws(ConfigError) {
            _ = try AlertmanagerConfiguration(parsing: file.text, file: "a.yml")
            #expect(file.isValid)
        } catch {
            #expect(!file.isValid, "\(error)")
            #expect(error.file == "a.yml" && error.line > 0 && error.column > 0)
        }
    }

    private static let amtool = "/usr/bin/amtool"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: amtool), "amtool is not installed"))
    func `amtool says the same, but for exceptions with a reason`() throws {
        let folder = NSTemporaryDirectory() + "perch-amtool-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (index, file) in ConfigurationCase.all.enumerated() {
            try file.text.write(toFile: "\(folder)/\(index).yml", atomically: false, encoding: .utf8)
        }
        var verdicts: [Bool] = []
        while verdicts.count < ConfigurationCase.all.count {
            let rest = (verdicts.count..<ConfigurationCase.all.count).map { "\(folder)/\($0).yml" }
            let further = try Self.verdicts(rest)
            try #require(!further.isEmpty)
            verdicts += further
        }
        for (file, isAccepted) in zip(ConfigurationCase.all, verdicts) {
            #expect(
                (isAccepted == file.isValid) == (file.exception == nil), "\(file.name): amtool \(isAccepted ? "accepts" : "refuses") it")
        }
    }

    /// Whether amtool accepts files, up to the first by which it falls over.
    private static func verdicts(_ files: [String]) throws -> [Bool] {
        let process = Process()
        process.executableURL = URL(filePath: amtool)
        process.arguments = ["check-config"] + files
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // Checking 'FILE'  SUCCESS
        return said.components(separatedBy: "Checking '").dropFirst().map { $0.contains("'  SUCCESS") }
    }

    @Test func `no change of a file makes reading fail otherwise than by an error`() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["{", "}", "[", "]", ":", "'", "\n", " ", "- ", "null", "-1", "{{", "9e99", "*a", "&a "]
        for file in ConfigurationCase.all {
            var bytes = Array(file.text.utf8)
            for _ in 0..<3 where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes.replaceSubrange(place..<min(bytes.count, place + Int.random(in: 0...3)), with: (pieces.randomElement() ?? "").utf8)
                do throws(ConfigError) {
                    _ = try AlertmanagerConfiguration(parsing: String(decoding: bytes, as: UTF8.self), file: "a.yml")
                } catch {
                    #expect(error.line > 0)
                }
            }
        }
    }
}

import ConfigFile
import Foundation
import RuleTesting
import Rules

/// Files of rules and of their tests, in folders that say what is to become of them.
enum Corpus {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Data").path

    /// The files of a folder, as `valid/recording`.
    static func names(_ kind: String, _ folders: [String]) -> [String] {
        folders.flatMap { folder in
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/\(kind)/\(folder)")) ?? []
            return files.filter { $0.hasSuffix(".yml") }.sorted().map { "\(folder)/\($0.dropLast(4))" }
        }
    }

    static func path(_ kind: String, _ name: String) -> String { "\(folder)/\(kind)/\(name).yml" }

    static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    /// Runs a file of unit tests.
    static func run(_ path: String) throws -> [UnitTestOutcome] {
        let file = try UnitTestFile.parse(try text(path), file: path)
        var rules: [RuleFile] = []
        var faults: [ConfigError] = []
        var known: Set<String> = []
        for pattern in file.rulePatterns {
            for found in PathPattern((path as NSString).deletingLastPathComponent + "/" + pattern).matchingPaths()
            where known.insert((found as NSString).standardizingPath).inserted {
                do throws(ConfigError) {
                    rules.append(try RuleFile.parse((try? text(found)) ?? "", file: found))
                } catch {
                    faults += error.all
                }
            }
        }
        let run = UnitTestRun(file, ruleFiles: rules, ruleFaults: faults)
        return file.groups.indices.map(run.outcome(of:))
    }
}

/// Debian's promtool, where it is installed.
enum Promtool {
    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { $0 + "/promtool" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Runs it; the output is that of both streams.
    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path ?? "")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

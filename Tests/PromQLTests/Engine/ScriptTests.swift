import Foundation
import PromQL
import QueryTestLanguage
import Testing

/// Runs the scripts of the query test language: our own, and those of the conformance collection where it lies beside the package.
@Suite struct ScriptTests {
    private static let testsFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let conformanceFolder =
        testsFolder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/conformance/promql")

    private static func scripts(in folder: URL) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".test") }.sorted()
    }

    private static let ownScripts = scripts(in: testsFolder.appendingPathComponent("Data"))
    private static let conformanceScripts = scripts(in: conformanceFolder)

    private func run(_ file: URL, _ features: LanguageFeatures) throws {
        var options = EngineOptions()
        options.features = features
        var runner = ScriptRunner(engine: QueryEngine(options: options))
        let outcome = runner.run(try TestScript(reading: String(contentsOf: file, encoding: .utf8)))
        #expect(outcome.evaluations > 0)
        for failure in outcome.failures { Issue.record("\(file.lastPathComponent) \(failure)") }
    }

    @Test(arguments: ownScripts)
    func ownScript(_ name: String) throws {
        let file = Self.testsFolder.appendingPathComponent("Data").appendingPathComponent(name)
        try run(file, LanguageFeatures.all.subtracting([.delayedNameRemoval, .typeAndUnitLabels]))
        try run(file, LanguageFeatures.all.subtracting(.typeAndUnitLabels))
    }

    @Test(.enabled(if: !conformanceScripts.isEmpty, "the conformance collection is not beside the package"), arguments: conformanceScripts)
    func conformanceScript(_ name: String) throws {
        try run(Self.conformanceFolder.appendingPathComponent(name), LanguageFeatures.all.subtracting(.typeAndUnitLabels))
    }
}

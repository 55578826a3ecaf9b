import Foundation
import PromQL
import Testing

/// The scripts in `Data` evaluate every function and every aggregation that there is.
@Suite struct EveryFunctionTests {
    private static func words() throws -> Set<String> {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Data")
        var words: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".test") {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            for line in text.split(separator: "\n") where line.hasPrefix("eval ") {
                words.formUnion(line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
            }
        }
        return words
    }

    @Test func everyFunctionIsEvaluated() throws {
        let words = try Self.words()
        let missing = FunctionSignature.all.map(\.name).filter { !words.contains($0) }
        #expect(missing.isEmpty)
    }

    @Test func everyAggregationIsEvaluated() throws {
        let words = try Self.words()
        let missing = AggregationOperator.allCases.map(\.rawValue).filter { !words.contains($0) }
        #expect(missing.isEmpty)
    }
}

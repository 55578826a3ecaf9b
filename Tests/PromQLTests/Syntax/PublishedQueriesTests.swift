internal import Foundation
internal import PromQL
internal import Testing

/// Every query of the published conformance scripts parses, where they are at hand beside the package.
struct PublishedQueriesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/conformance/promql", directoryHint: .isDirectory).standardizedFileURL

    private static var scripts: [URL] {
        let all = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return all.filter { $0.pathExtension == "test" }.sorted { $0.path < $1.path }
    }

    @Test(.enabled(if: !scripts.isEmpty, "the conformance scripts are not beside the package"))
    func `every query parses and prints to itself`() throws {
        var count = 0
        for script in Self.scripts {
            let lines = try String(contentsOf: script, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated() {
                guard
                    let query = line.wholeMatch(
                        of: /eval(?:_\w+)?\s+(?:instant|range)(?:\s+at\s+\S+|\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+)\s+(.*)/)
                else {
                    continue
                }
                count += 1
                let isRefused = mayFailToParse(lines[(index + 1)...])
                do {
                    let printed = try SyntaxSamples.parser.parse(String(query.1)).description
                    #expect(try SyntaxSamples.parser.parse(printed).description == printed, "\(script.lastPathComponent):\(index + 1)")
                } catch {
                    #expect(isRefused, "\(script.lastPathComponent):\(index + 1): \(error) in \(query.1)")
                }
            }
        }
        #expect(count > 1000)
    }

    /// Whether the script expects of a query that it fails; only then it may fail to parse.
    private func mayFailToParse(_ following: ArraySlice<Substring>) -> Bool {
        for line in following {
            guard line.first?.isWhitespace == true else { return false }
            if line.contains("expect fail") { return true }
        }
        return false
    }
}

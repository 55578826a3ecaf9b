internal import Foundation
internal import QueryModel
internal import Testing
internal import TraceQL

/// Every query of the published list of examples is accepted or refused as the list says.
struct PublishedExamplesTests {
    struct Example {
        var section: String
        var line: Int
        var query: String
    }

    private static func examples() throws -> [Example] {
        let text = try String(contentsOf: Conformance.folder.appending(path: "test_examples.yaml"), encoding: .utf8)
        var examples: [Example] = []
        var section = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let trimmed = line.drop { $0 == " " }
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            if let heading = trimmed.wholeMatch(of: /(\w+):\s*(?:#.*)?/) {
                section = String(heading.1)
            } else if let item = trimmed.wholeMatch(of: /-\s*'((?:[^']|'')*)'\s*(?:#.*)?/) {
                examples.append(Example(section: section, line: index + 1, query: String(item.1).replacing("''", with: "'")))
            } else if let item = trimmed.wholeMatch(of: /-\s*("(?:[^"\\]|\\.)*")\s*(?:#.*)?/) {
                let query = try JSONDecoder().decode(String.self, from: Data(item.1.utf8))
                examples.append(Example(section: section, line: index + 1, query: query))
            } else {
                Issue.record("line \(index + 1) is not understood: \(line)")
            }
        }
        return examples
    }

    @Test(.enabled(if: Conformance.has("test_examples.yaml"), "the published examples are not beside the package"))
    func `examples are accepted or refused as published`() throws {
        var counts: [String: Int] = [:]
        for example in try Self.examples() {
            counts[example.section, default: 0] += 1
            do {
                let query = try TraceQLParser().parse(example.query)
                #expect(example.section == "valid", "line \(example.line) is accepted: \(example.query)")
                let again = try TraceQLParser().parse(query.printed)
                #expect(
                    again.root == query.root && again.hints == query.hints, "line \(example.line): \(example.query) prints \(query.printed)"
                )
            } catch {
                #expect(example.section != "valid", "line \(example.line): \(example.query): \(error)")
            }
        }
        #expect((counts["valid"] ?? 0) > 100 && (counts["parse_fails"] ?? 0) > 50 && (counts["validate_fails"] ?? 0) > 50)
    }
}

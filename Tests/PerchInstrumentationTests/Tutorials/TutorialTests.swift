import Foundation
import Testing

/// The code of the libraries' tutorials, of README.md and of docs/instrumenting.md stands in the files beside this one, so that it is known to compile.
@Suite struct TutorialTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let root = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func pages() throws -> [URL] {
        let sources = root.appendingPathComponent("Sources")
        let libraries = try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil)
        let articles = libraries.map { $0.appendingPathComponent("\($0.lastPathComponent).docc/\($0.lastPathComponent).md") }
        return articles.filter { FileManager.default.fileExists(atPath: $0.path) }
            + [root.appendingPathComponent("README.md"), root.appendingPathComponent("docs/instrumenting.md")]
    }

    /// The lines of each block of Swift.
    private static func blocks(_ page: String) -> [[String]] {
        var blocks: [[String]] = []
        var block: [String]?
        for line in page.components(separatedBy: "\n") {
            let mark = line.trimmingCharacters(in: .whitespaces)
            if let open = block {
                if mark == "```" {
                    blocks.append(open)
                    block = nil
                } else {
                    block?.append(line)
                }
            } else if mark == "```swift" {
                block = []
            }
        }
        return blocks
    }

    /// A line without what stands around code: indentation and a remark at its end.
    private static func code(_ line: String) -> String {
        let line = line.range(of: " // ").map { String(line[..<$0.lowerBound]) } ?? line
        return line.trimmingCharacters(in: .whitespaces)
    }

    /// Code with one blank line wherever there were some, and without those at the ends.
    private static func paragraphs(_ lines: [String]) -> [[String]] {
        lines.map { code($0) }.split(separator: "").map { Array($0) }
    }

    private static func contains(_ file: [String], _ paragraph: [String]) -> Bool {
        guard file.count >= paragraph.count else { return false }
        return (0...file.count - paragraph.count).contains { file[$0..<$0 + paragraph.count].elementsEqual(paragraph) }
    }

    @Test func `all code that is shown compiles`() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix("Tutorial.swift") }
            .map { try String(contentsOf: $0, encoding: .utf8).components(separatedBy: "\n").map { Self.code($0) } }
        let pages = try Self.pages()
        #expect(pages.count == 12)
        #expect(files.count >= 10)
        var count = 0
        for page in pages {
            for block in Self.blocks(try String(contentsOf: page, encoding: .utf8)) where !block[0].contains("swift-tools-version") {
                count += 1
                let paragraphs = Self.paragraphs(block)
                let isShown = files.contains { file in paragraphs.allSatisfy { Self.contains(file, $0) } }
                #expect(
                    isShown,
                    "\(page.lastPathComponent) shows code that stands in no file of \(Self.folder.path):\n\(block.joined(separator: "\n"))")
            }
        }
        #expect(count >= 14)
    }

    /// The products of a manifest that is shown are those that there are.
    @Test func `manifests name products that there are`() throws {
        let manifest = try String(contentsOf: Self.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        var count = 0
        for page in try Self.pages() {
            let text = try String(contentsOf: page, encoding: .utf8)
            for match in text.matches(of: /\.product\(name: "(\w+)", package: "perch"\)/) {
                count += 1
                #expect(manifest.contains("\"\(match.output.1)\""), "\(page.lastPathComponent) names the product \(match.output.1)")
            }
        }
        #expect(count > 0)
    }
}

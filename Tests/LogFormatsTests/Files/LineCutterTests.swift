internal import TestSupport
internal import Testing

@testable internal import LogFormats

@Suite("Lines of files")
struct LineCutterTests {
    private struct Found: Equatable {
        var text: String
        var start: Int64
        var end: Int64
    }

    private func cut(
        _ pieces: [[UInt8]], encoding: TextEncoding = .utf8, max: Int = 1000, at offset: Int64 = 0
    ) -> (lines: [Found], cutter: LineCutter) {
        var cutter = LineCutter(encoding: encoding, lineBytesMax: max, at: offset)
        var lines: [Found] = []
        for piece in pieces {
            cutter.feed(piece) { lines.append(Found(text: String(decoding: $0.text, as: UTF8.self), start: $0.start, end: $0.end)) }
        }
        return (lines, cutter)
    }

    @Test func `lines are given with their places, the last one only when it has ended`() {
        var (lines, cutter) = cut([Array("one\r\n\ntw".utf8), Array("o\nrest".utf8)], at: 10)
        #expect(
            lines == [Found(text: "one", start: 10, end: 15), Found(text: "", start: 15, end: 16), Found(text: "two", start: 16, end: 20)])
        #expect(cutter.hasPartial)
        #expect(cutter.lineStart == 20)
        #expect(cutter.offset == 24)
        cutter.flush { lines.append(Found(text: String(decoding: $0.text, as: UTF8.self), start: $0.start, end: $0.end)) }
        #expect(lines.last == Found(text: "rest", start: 20, end: 24))
        #expect(!cutter.hasPartial)
        #expect(cutter.lineStart == 24)
    }

    @Test func `a line that is too long is cut and the rest of it passed over`() {
        let (lines, cutter) = cut([Array((String(repeating: "x", count: 50) + "\nshort\n").utf8)], max: 8)
        #expect(lines.map(\.text) == ["xxxxxxxx", "short"])
        #expect(cutter.truncatedCount == 1)
        let pieces = Array((String(repeating: "y", count: 50) + "\nshort\nz").utf8).map { [$0] }
        let (drip, dripping) = cut(pieces, max: 8)
        #expect(drip.map(\.text) == ["yyyyyyyy", "short"])
        #expect(dripping.truncatedCount == 1)
        #expect(dripping.lineStart == 57)
    }

    @Test(arguments: TextEncoding.allCases)
    func `encodings become UTF-8`(encoding: TextEncoding) {
        func bytes(_ text: String) -> [UInt8] {
            switch encoding {
            case .utf8: Array(text.utf8)
            case .latin1: text.unicodeScalars.map { UInt8($0.value) }
            case .utf16LittleEndian: text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
            case .utf16BigEndian: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            }
        }
        let mark = encoding == .latin1 ? [] : bytes("\u{feff}")
        // U+010A has a line feed as one of its bytes.
        let text = encoding == .latin1 ? "gr\u{fc}n" : "gr\u{fc}n \u{10a}\u{a00}"
        let stream = mark + bytes(text + "\r\nsecond\n")
        #expect(cut([stream], encoding: encoding).lines.map(\.text) == [text, "second"])
        #expect(cut(stream.map { [$0] }, encoding: encoding).lines.map(\.text) == [text, "second"])
    }

    @Test func `cutting is as splitting, for any text in any pieces`() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<300 {
            let stream = (0..<Int.random(in: 0..<300, using: &generator)).map { _ in
                Array("ab\n".utf8).randomElement(using: &generator) ?? 0
            }
            var pieces: [[UInt8]] = []
            var start = 0
            while start < stream.count {
                let end = min(stream.count, start + Int.random(in: 1...20, using: &generator))
                pieces.append(Array(stream[start..<end]))
                start = end
            }
            let expected = stream.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast().map {
                String(decoding: $0.prefix(16), as: UTF8.self)
            }
            let (lines, cutter) = cut(pieces, max: 16)
            #expect(lines.map(\.text) == Array(expected), "seed \(generator.seed)")
            #expect(cutter.offset == Int64(stream.count))
        }
    }
}

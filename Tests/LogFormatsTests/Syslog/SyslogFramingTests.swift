internal import TestSupport
internal import Testing

@testable internal import LogFormats

@Suite("Framing of syslog")
struct SyslogFramingTests {
    private func messages(
        _ pieces: [[UInt8]], max: Int = 1000
    ) throws -> (messages: [String], truncated: Int, method: SyslogFraming.Method?) {
        var framing = SyslogFraming(messageBytesMax: max)
        var messages: [String] = []
        for piece in pieces { try framing.feed(piece) { messages.append(String(decoding: $0[$1], as: UTF8.self)) } }
        framing.finish { messages.append(String(decoding: $0[$1], as: UTF8.self)) }
        return (messages, framing.truncatedCount, framing.method)
    }

    @Test func `the method is seen from the first bytes`() throws {
        #expect(try messages([Array("5 <1>ab7 <2>defg".utf8)]) == (["<1>ab", "<2>defg"], 0, .octetCounting))
        #expect(try messages([Array("<1>ab\n<2>cd\r\n\n<3>e".utf8)]) == (["<1>ab", "<2>cd\r", "<3>e"], 0, .lines))
        #expect(try messages([Array("2026-11-28 text\n".utf8)]) == (["2026-11-28 text"], 0, .lines))
        #expect(try messages([Array("5 apples\n".utf8)]) == (["5 apples"], 0, .lines))
        #expect(try messages([Array("<1>a\0<2>b\0".utf8)]) == (["<1>a", "<2>b"], 0, .lines))
    }

    @Test func `messages are the same however the bytes are cut`() throws {
        var generator = SeededGenerator(seed: 71)
        for counted in [true, false] {
            let texts = (0..<50).map { "<\($0)>" + String(repeating: "x", count: Int.random(in: 1..<200, using: &generator)) }
            let stream = Array(texts.map { counted ? "\($0.utf8.count) \($0)" : $0 + "\n" }.joined().utf8)
            for _ in 0..<50 {
                var pieces: [[UInt8]] = []
                var start = 0
                while start < stream.count {
                    let end = min(stream.count, start + Int.random(in: 1...60, using: &generator))
                    pieces.append(Array(stream[start..<end]))
                    start = end
                }
                let found = try messages(pieces, max: 100)
                #expect(found.messages == texts.map { String($0.prefix(100)) })
                #expect(found.truncated == texts.count { $0.utf8.count > 100 })
            }
        }
    }

    @Test func `a length that is none ends the connection`() {
        #expect(throws: LogFormatError.self) { try messages([Array("5 <1>abxyz 4".utf8)]) }
        #expect(throws: LogFormatError.self) { try messages([Array("5 <1>ab99999999999 x".utf8)]) }
    }

    @Test func `whatever comes, memory is bounded`() throws {
        var generator = SeededGenerator(seed: 72)
        for _ in 0..<300 {
            var framing = SyslogFraming(messageBytesMax: 64)
            for _ in 0..<20 {
                let alphabet = Array("019 <>\nx\0".utf8)
                let piece = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
                do { try framing.feed(piece) { #expect($1.count <= 64 && $1.upperBound <= $0.count) } } catch { break }
                #expect(framing.pendingBytes <= 64 + 40 + 12)
            }
        }
    }
}

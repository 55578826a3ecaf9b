internal import TestSupport
internal import Testing

@testable internal import LogFormats

@Suite("Entries of files")
struct EntryAssemblerTests {
    private func assemble(
        _ lines: [String], _ format: LineFormat = .auto, _ multiline: MultilineRule? = nil, max: Int = 1000
    ) -> (texts: [String], entries: [EntryAssembler.Entry], assembler: EntryAssembler) {
        var assembler = EntryAssembler(format: format, multiline: multiline, entryBytesMax: max)
        var entries: [EntryAssembler.Entry] = []
        var start: Int64 = 0
        for (index, line) in lines.enumerated() {
            let end = start + Int64(line.utf8.count) + 1
            assembler.take(.init(text: Array(line.utf8)[...], start: start, end: end), now: Int64(index)) { entries.append($0) }
            start = end
        }
        return (entries.map { String(decoding: $0.text, as: UTF8.self) }, entries, assembler)
    }

    @Test func `lines of Docker are undone, with their time and stream`() {
        let found = assemble([
            #"{"log":"hello \"you\"\n","stream":"stderr","time":"2026-11-28T12:00:00.5Z","attrs":{"a":"b"}}"#,
            #"{"log":"first ","stream":"stdout","time":"2026-11-28T12:00:01Z"}"#,
            #"{"log":"between\n","stream":"stderr","time":"2026-11-28T12:00:02Z"}"#,
            #"{"log":"second\r\n","stream":"stdout","time":"2026-11-28T12:00:03Z"}"#,
        ])
        #expect(found.texts == ["hello \"you\"", "between", "first second"])
        #expect(found.entries.map(\.time) == [1_795_867_200_500_000_000, 1_795_867_202_000_000_000, 1_795_867_201_000_000_000])
        #expect(found.entries.map(\.stream) == [.standardError, .standardError, .standardOutput])
        #expect(found.assembler.pendingStart == nil)
    }

    @Test func `lines of other runtimes are undone, parts joined by stream`() {
        let found = assemble([
            "2026-11-28T12:00:00.000000001Z stdout F whole line", "2026-11-28T12:00:01Z stdout P part one, ",
            "2026-11-28T12:00:02+01:00 stderr F other",
            "2026-11-28T12:00:03Z stdout P part two, ", "2026-11-28T12:00:04Z stdout F end", "2026-11-28T12:00:05Z stdout F ",
            "2026-11-28T12:00:06Z stdout P open",
        ])
        #expect(found.texts == ["whole line", "other", "part one, part two, end", ""])
        #expect(found.entries.first?.time == 1_795_867_200_000_000_001)
        #expect(found.assembler.pendingStart != nil)
    }

    @Test func `what only looks like a container's line is text`() {
        let lines = [
            "2026-11-28T12:00:00Z stdout X text", "2026-11-28T12:00:00Z nowhere F text", "2026-11-28 12:00:00 INFO text",
            #"{"log":"no time"}"#,
            #"{"log":"#, "plain",
        ]
        #expect(assemble(lines).texts == lines)
        let named = assemble(lines, .cri)
        #expect(named.texts == lines)
        #expect(named.assembler.malformedCount == lines.count)
    }

    @Test func `lines are joined from a start, by continuation and up to an end`() {
        let lines = ["Error: a", "  at b", "  at c", "Error: d", "done"]
        let start = MultilineRule(.start) { !$0.starts(with: " ".utf8) }
        var found = assemble(lines, .raw, start)
        #expect(found.texts == ["Error: a\n  at b\n  at c", "Error: d"])
        #expect(found.assembler.pendingStart == Int64("Error: a\n  at b\n  at c\nError: d\n".utf8.count))
        var rest: [String] = []
        found.assembler.flush(before: 4) { rest.append(String(decoding: $0.text, as: UTF8.self)) }
        #expect(rest == [], "it was added to at 4")
        found.assembler.flush(before: 5) { rest.append(String(decoding: $0.text, as: UTF8.self)) }
        #expect(rest == ["done"])
        #expect(
            assemble(lines + ["x"], .raw, MultilineRule(.continuation) { $0.starts(with: " ".utf8) }).texts == [
                "Error: a\n  at b\n  at c", "Error: d", "done",
            ])
        #expect(assemble(lines, .raw, MultilineRule(.end) { $0.starts(with: "done".utf8) }).texts == [lines.joined(separator: "\n")])
    }

    @Test func `entries are bounded in lines and bytes`() {
        let never = MultilineRule(.start, linesMax: 3) { _ in false }
        #expect(assemble(["a", "b", "c", "d", "e", "f", "g"], .raw, never).texts == ["a\nb\nc", "d\ne\nf"])
        let found = assemble(["aaaa", "bbbb", "cccc"], .raw, never, max: 6)
        #expect(found.texts == ["aaaa\nb"])
        #expect(found.assembler.truncatedCount == 1)
    }

    @Test func `paths on nodes of Kubernetes name the container`() {
        let names = ContainerPath.Names(namespace: "shop", pod: "cart-7d9f", container: "server")
        #expect(ContainerPath.names("/var/log/pods/shop_cart-7d9f_0a1b/server/0.log") == names)
        let id = String(repeating: "0a", count: 32)
        #expect(ContainerPath.names("/var/log/containers/cart-7d9f_shop_server-\(id).log") == names)
        for path in ["/var/log/app.log", "/var/log/pods/x/server/0.log", "/var/log/containers/a_b_c.log", "", "/", "pods"] {
            #expect(ContainerPath.names(path) == nil)
        }
    }

    @Test func `whatever a line holds, it becomes an entry or part of one`() {
        var generator = SeededGenerator(seed: 9)
        let seeds = [
            #"{"log":"a\u00e9\n","stream":"stdout","time":"2026-11-28T12:00:00Z"}"#, "2026-11-28T12:00:00.5+01:00 stdout P text",
        ].map { Array($0.utf8) }
        for seed in seeds {
            for length in 0...seed.count { check(Array(seed.prefix(length))) }
            for _ in 0..<2000 {
                var bytes = seed
                for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator) }
                check(bytes)
            }
        }
    }

    private func check(_ bytes: [UInt8]) {
        for format in LineFormat.allCases {
            var assembler = EntryAssembler(format: format)
            var count = 0
            assembler.take(.init(text: bytes[...], start: 0, end: Int64(bytes.count)), now: 0) { _ in count += 1 }
            assembler.flush { _ in count += 1 }
            #expect(count == 1)
            #expect(assembler.pendingStart == nil)
        }
    }
}

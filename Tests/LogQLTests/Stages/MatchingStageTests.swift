internal import LinearRegex
internal import TestSupport
internal import Testing

@testable internal import LogQL

struct MatchingStageTests {
    private func pattern(
        _ pattern: String, _ line: String, stream: [String: String] = [:], wanted: WantedLabels = .all
    ) throws -> [String: String] {
        let stage = try PatternStage(pattern)
        return StageRun(line, stream: stream, wanted: wanted) { stage.run(on: &$0) }.labels
    }

    private func filter(_ pattern: String, _ line: String) throws -> Bool {
        let filter = try PatternFilter(pattern)
        return Array(line.utf8).withUnsafeBytes { filter.matches($0) }
    }

    @Test func `captures are what stands between the literals`() throws {
        let line = #"10.0.0.1 - - [x] "GET /a HTTP/1.1" 200"#
        #expect(
            try pattern(#"<ip> - <_> "<method> <path> <_>" <status>"#, line)
                == ["ip": "10.0.0.1", "method": "GET", "path": "/a", "status": "200"])
        #expect(try pattern("<a> <a1>x", "1 2x3") == ["a": "1", "a1": "2"])
        #expect(try pattern("level=<level>", "level=") == ["level": ""])
    }

    @Test func `a missing literal gives the rest of the line to the capture before it`() throws {
        #expect(try pattern("<a> - <b>: <c>", "x - y") == ["a": "x", "b": "y"])
        #expect(try pattern("GET <a>", "PUT x") == [:])
        #expect(try pattern("<a>", "") == [:])
    }

    @Test func `captures are renamed where taken and left out where not wanted`() throws {
        #expect(try pattern("<app> <b>", "x y", stream: ["app": "s"]) == ["app_extracted": "x", "b": "y"])
        #expect(try pattern("<a> <b>", "x y", wanted: .only("b")) == ["b": "y"])
    }

    @Test(arguments: [
        ("", "parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL"),
        ("abc <_>", "at least one capture is required"), ("<a><b>", "found consecutive capture '<a><b>': invalid expression"),
        ("<a><_>", "found consecutive capture '<a><_>': invalid expression"), ("<a> <a>", "duplicate capture name (a): invalid expression"),
    ])
    func `patterns for extraction are checked`(text: String, message: String) {
        #expect(throws: StageError(message)) { try PatternStage(text) }
    }

    @Test func `pattern filters match to the end of the line, and no capture is empty`() throws {
        #expect(try filter("GET <_> 200", "GET /api 200"))
        #expect(try !filter("GET /api", "GET /api 200"))
        #expect(try !filter("<_> bar", "foo bar baz"))
        #expect(try filter("<_> baz", "foo bar baz"))
        #expect(try !filter("foo <_>", "foo "))
        #expect(try !filter("<_> bar <_>", " bar "))
        #expect(try filter("<_>bar<_>", " bar "))
        #expect(try filter("", ""))
        #expect(try !filter("", "x"))
        #expect(try filter("<_>", "x"))
        #expect(try filter("<1a>", "<1a>"))
        #expect(throws: StageError("named captures are not allowed: found '<verb>'")) { try filter("<verb> x", "") }
    }

    @Test func `named groups of a regular expression become labels`() throws {
        let stage = try RegexpStage(#"(?P<method>\w+) (?P<path>\S+)(?: (?P<code>\d+))?( x)?"#)
        #expect(
            StageRun("> GET /a", stream: ["path": "s"]) { stage.run(on: &$0) }.labels == [
                "method": "GET", "path_extracted": "/a", "code": "",
            ])
        #expect(StageRun("-") { stage.run(on: &$0) }.labels == [:])
        #expect(throws: StageError("at least one named capture must be supplied")) { try RegexpStage("(a)") }
        #expect(throws: StageError("at least one named capture must be supplied")) { try RegexpStage("a") }
        #expect(throws: StageError("error parsing regexp: missing closing ): `(`")) { try RegexpStage("(") }
    }

    @Test func `colours are taken out`() throws {
        let stage = try DecolorizeStage()
        #expect(StageRun("\u{1b}[31mred\u{1b}[0m \u{1b}[1;32mgreen\u{1b}[m") { stage.run(on: &$0) }.line == "red green")
        #expect(StageRun("plain [31m") { stage.run(on: &$0) }.line == "plain [31m")
    }

    @Test func `a line matches where each literal is found behind the one before it, with something between`() throws {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<2000 {
            let literals = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                (0..<Int.random(in: 1...2, using: &generator)).map { _ in Character(["a", "b"].randomElement(using: &generator) ?? "a") }
            }
            let isOpen = Bool.random(using: &generator)
            let text = literals.map { "<_>" + String($0) }.joined() + (isOpen ? "<_>" : "")
            let line = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                Character(["a", "b", "c"].randomElement(using: &generator) ?? "a")
            }
            #expect(
                try filter(text, String(line)) == naive(literals, isOpen: isOpen, line),
                "seed \(generator.seed): \(text) on \(String(line))")
        }
    }

    private func naive(_ literals: [[Character]], isOpen: Bool, _ line: [Character]) -> Bool {
        var rest = line[...]
        for literal in literals {
            guard let start = rest.indices.first(where: { rest[$0...].starts(with: literal) }), start > rest.startIndex else {
                return false
            }
            rest = rest[(start + literal.count)...]
        }
        return isOpen != rest.isEmpty
    }
}

internal import TestSupport
internal import Testing

@testable internal import LogQL

struct LogfmtStageTests {
    private func run(
        _ line: String, stream: [String: String] = [:], wanted: WantedLabels = .all, isStrict: Bool = false, keepsEmpty: Bool = false
    ) -> StageRun {
        var stage = LogfmtStage(isStrict: isStrict, keepsEmpty: keepsEmpty)
        return StageRun(line, stream: stream, wanted: wanted) { stage.run(on: &$0) }
    }

    @Test func `pairs become labels`() {
        let run = run(#"  level=info msg="a \"b\"\tc" n=1.5  path=/x/y?z done empty= e2="" 2x=y a.b=c "#)
        #expect(run.labels == ["level": "info", "msg": "a \"b\"\tc", "n": "1.5", "path": "/x/y?z", "_2x": "y", "a_b": "c"])
        #expect(run.error == nil)
    }

    @Test func `pairs without a value are kept where that is asked for`() {
        #expect(run(#"a= b c="" d=1"#, keepsEmpty: true).labels == ["a": "", "b": "", "c": "", "d": "1"])
    }

    @Test func `of equal names the first one counts, and taken ones get a suffix`() {
        #expect(run("a=1 a=2 app=x", stream: ["app": "s"]).labels == ["a": "1", "app_extracted": "x"])
    }

    @Test func `what cannot be read is stepped over, unless reading is strict`() {
        let line = #"a=1 =x b="c" d=e=f g=1 "h i" j="k\q" l=2"#
        #expect(run(line).labels == ["a": "1", "b": "c", "g": "1", "l": "2"])
        #expect(run(line).error == nil)
        let strict = run(line, isStrict: true)
        #expect(strict.labels == ["a": "1"])
        #expect(strict.error == "LogfmtParserErr")
        #expect(strict.details == "logfmt syntax error at pos 5 : unexpected '='")
    }

    @Test(arguments: [
        (#"a="b"#, "logfmt syntax error at pos 5 : unterminated quoted value"), (#"a"b"#, "logfmt syntax error at pos 2 : unexpected '\"'"),
        ("a=b=c", "logfmt syntax error at pos 4 : unexpected '='"), (#"a="\x""#, "logfmt syntax error at pos 7 : invalid quoted value"),
        ("\u{fffd}=1", "logfmt syntax error at pos 4 : invalid key"),
    ])
    func `a strict reader says where the fault is`(line: String, details: String) {
        #expect(run(line, isStrict: true).details == details)
    }

    @Test func `what is no UTF-8 becomes blanks`() {
        var stage = LogfmtStage()
        #expect(StageRun(Array("a=x".utf8) + [0xff] + Array("y b=\u{fffd}".utf8)) { stage.run(on: &$0) }.labels == ["a": "x y", "b": " "])
    }

    @Test func `only what is wanted is extracted, and nothing behind it is looked at`() {
        #expect(run("a=1 b=2 c=3", wanted: .only("a", "c")).labels == ["a": "1", "c": "3"])
        #expect(run(#"a=1 ="#, wanted: .only("a"), isStrict: true).error == nil)
        #expect(run("a=1", wanted: .nothing).labels == [:])
    }

    @Test func `expressions name the pairs that are wanted`() throws {
        var stage = try LogfmtExpressionStage([("code", "status"), ("x", #""a.b""#), ("missing", "no"), ("app", "b")])
        let run = StageRun("status=200 a_b=1 other=2 status=500 b=7 b=8", stream: ["app": "s"]) { stage.run(on: &$0) }
        // As in Loki, a name with a point is never that of a pair, since those are made fit first.
        #expect(run.labels == ["code": "500", "x": "", "missing": "", "app_extracted": "7"])
        #expect(run.error == nil)
        var strict = try LogfmtExpressionStage([("a", "a")], isStrict: true)
        #expect(StageRun("a=1 =", { strict.run(on: &$0) }).error == "LogfmtParserErr")
    }

    @Test(arguments: ["", "a-b", "1a", "a b", #""a" b"#])
    func `an expression that is none is refused`(expression: String) {
        #expect(throws: StageError.self) { try LogfmtExpressionStage([("x", expression)]) }
    }

    @Test func `random pairs are read as they were written`() {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<300 {
            var expected: [String: String] = [:]
            var words: [String] = []
            for index in 0..<Int.random(in: 0...6, using: &generator) {
                let value = String(
                    (0..<Int.random(in: 1...6, using: &generator)).map { _ in "ab1 \"=\\\té/.".randomElement(using: &generator) ?? "x" })
                let isPlain = !value.contains { " \"=\\\t".contains($0) }
                let quoted = value.map { $0 == "\"" ? "\\\"" : $0 == "\\" ? "\\\\" : $0 == "\t" ? "\\t" : String($0) }.joined()
                words.append("k\(index)=" + (isPlain && Bool.random(using: &generator) ? value : "\"\(quoted)\""))
                expected["k\(index)"] = value
            }
            let line = words.joined(separator: [" ", "  ", "\t"].randomElement(using: &generator) ?? " ")
            #expect(run(line, isStrict: true).labels == expected, "seed \(generator.seed): \(line)")
        }
    }

    @Test func `damaged lines never trap`() {
        var generator = SeededGenerator(seed: 12)
        let line = Array(#"level=info msg="a \"b\"\u00e9\ud83d\ude00" n=1.5 é=x d=e=f "q" last"#.utf8)
        let run = { (bytes: [UInt8]) in
            var plain = LogfmtStage(isStrict: bytes.count.isMultiple(of: 2), keepsEmpty: true)
            var expressions = try LogfmtExpressionStage([("x", "msg"), ("y", "n")])
            _ = StageRun(bytes) { plain.run(on: &$0) }
            _ = StageRun(bytes) { expressions.run(on: &$0) }
        }
        checkTruncationNeverTraps(line, mustThrow: false, decode: run)
        checkDamageNeverTraps(line, rounds: 3000, using: &generator, decode: run)
    }
}

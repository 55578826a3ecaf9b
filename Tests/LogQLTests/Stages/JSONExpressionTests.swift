internal import Testing

@testable internal import LogQL

struct JSONExpressionTests {
    private func run(
        _ line: String, stream: [String: String] = [:], _ expressions: (name: String, expression: String)...
    ) throws -> StageRun {
        var stage = try JSONExpressionStage(expressions)
        return StageRun(line, stream: stream) { stage.run(on: &$0) }
    }

    private let line = #"{"a":{"b":[{"c":"x\n"},2,[3,4]],"d e":true,"o":{"p" : 1}},"n":null,"w\u0061":"z"}"#

    @Test func `values are found at the end of their path`() throws {
        let run = try run(
            line, ("c", "a.b[0].c"), ("two", "a.b[1]"), ("four", "a.b[2][1]"), ("list", "a.b[2]"), ("quoted", #"a["d e"]"#),
            ("object", "a.o"),
            ("null", "n"), ("escaped", "wa"), ("root", #"["wa"]"#))
        #expect(
            run.labels == [
                "c": "x\n", "two": "2", "four": "4", "list": "[3,4]", "quoted": "true", "object": #"{"p" : 1}"#, "null": "", "escaped": "z",
                "root": "z",
            ])
        #expect(run.error == nil)
    }

    @Test func `what is not there is an empty label, unless the line has a label of that name`() throws {
        let run = try run(line, stream: ["app": "s"], ("x", "a.q"), ("y", "a.b[9]"), ("app", "q"), ("z", "n.m"))
        #expect(run.labels == ["x": "", "y": "", "z": ""])
    }

    @Test func `a name that is taken gets a suffix`() throws {
        #expect(try run(line, stream: ["app": "s"], ("app", "wa")).labels == ["app_extracted": "z"])
    }

    @Test func `a line that starts as no JSON is an error without details`() throws {
        let run = try run("x", ("a", "b"))
        #expect(run.error == "JSONParserErr")
        #expect(run.details == nil)
        #expect(run.labels == [:])
        #expect(try self.run("", ("a", "b")).error == nil)
    }

    @Test func `elements of an array at the start are reached by number`() throws {
        #expect(try run(#"[ {"a":1}, {"a":2} ]"#, ("x", "[1].a")).labels == ["x": "2"])
    }

    @Test(arguments: [
        ("", "syntax error: unexpected $end, expecting FIELD or LSB"), (".a", "syntax error: unexpected DOT, expecting FIELD or LSB"),
        ("a..b", "syntax error: unexpected token, expecting FIELD"), ("a[", "syntax error: unexpected $end, expecting STRING or INDEX"),
        ("a[1", "syntax error: unexpected $end, expecting RSB"), ("a[1.5]", "cannot use float as array index"),
        ("a[1x]", "non-integer value: x"), ("a-b", "unexpected char -"), ("a b", "syntax error: unexpected FIELD"),
    ])
    func `an expression that is none is refused`(expression: String, message: String) {
        #expect(throws: StageError("cannot parse expression [\(expression)]: \(message)")) { try JSONExpressionStage([("x", expression)]) }
    }

    @Test func `unpack makes labels of strings and the line of the entry`() {
        var stage = UnpackStage()
        let packed = StageRun(#"{"a":"1","b":2,"app":"x","c-d":"4","_entry":"the \"line\""}"#, stream: ["app": "s"]) { stage.run(on: &$0) }
        #expect(packed.labels == ["a": "1", "app_extracted": "x", "c_d": "4"])
        #expect(packed.line == #"the "line""#)
        let plain = StageRun(#"{"a":"1"}"#) { stage.run(on: &$0) }
        #expect(plain.labels == [:])
        #expect(plain.line == #"{"a":"1"}"#)
        let wrong = StageRun("x") { stage.run(on: &$0) }
        #expect(wrong.error == "JSONParserErr")
        #expect(wrong.details == "expecting json object(6), but it is not")
        let broken = StageRun(#"{"a":"1","_entry":"x""#) { stage.run(on: &$0) }
        #expect(broken.labels == [:])
        #expect(broken.details == JSONFault.malformedArray.rawValue)
    }
}

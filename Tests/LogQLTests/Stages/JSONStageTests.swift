internal import TestSupport
internal import Testing

@testable internal import LogQL

struct JSONStageTests {
    private func run(
        _ line: String, stream: [String: String] = [:], metadata: [String: String] = [:], wanted: WantedLabels = .all
    ) -> StageRun {
        var stage = JSONStage()
        return StageRun(line, stream: stream, metadata: metadata, wanted: wanted) { stage.run(on: &$0) }
    }

    @Test func `strings, numbers and truth values become labels, nulls and arrays do not`() {
        let run = run(#"{"s":"x","n":-1.50e3,"t":true,"f":false,"z":null,"a":[1,{"b":2}]}"#)
        #expect(run.labels == ["s": "x", "n": "-1.50e3", "t": "true", "f": "false"])
        #expect(run.error == nil)
    }

    @Test func `names of nested values are joined and made fit`() {
        let run = run(#"{"a":{"b":{"c.d":1},"2x":2},"2x":3,"söö":4," k ":5,"":6,"e":{"":7,"f":8}}"#)
        #expect(run.labels == ["a_b_c_d": "1", "a_2x": "2", "_2x": "3", "s__": "4", "k": "5", "e": "7", "e_f": "8"])
    }

    @Test func `escapes are undone, and what is no UTF-8 becomes blanks`() {
        let run = run(#"{"a":"x\n\"\\\/\tA\u00e9\ud83d\ude00","b":"bad \q","c\u0064":"1","d":"\ufffd!"}"#)
        #expect(run.labels == ["a": "x\n\"\\/\tAé😀", "b": "", "cd": "1", "d": " !"])
        var stage = JSONStage()
        #expect(StageRun(Array(#"{"a":""#.utf8) + [0xff, 0x78] + Array(#""}"#.utf8)) { stage.run(on: &$0) }.labels == ["a": " x"])
    }

    @Test func `of equal names the first one counts`() {
        #expect(run(#"{"a":1,"a":2,"b":{"c":3},"b_c":4}"#).labels == ["a": "1", "b_c": "3"])
    }

    @Test func `a name that the stream or the metadata has gets a suffix`() {
        let run = run(#"{"app":"x","m":"y","n":{"o":1}}"#, stream: ["app": "s", "n_o": "s"], metadata: ["m": "z"])
        #expect(run.labels == ["app_extracted": "x", "m_extracted": "y", "n_o_extracted": "1"])
    }

    @Test(arguments: [
        ("", JSONFault.malformedObject), ("x", .malformedObject), ("[1]", .malformedObject), ("{", .malformed), ("{a:1}", .malformedObject),
        (#"{"a"}"#, .malformed), (#"{"a":}"#, .unknownValue), (#"{"a":1"#, .malformedArray), (#"{"a":"x}"#, .malformedString),
        (#"{"a":1 "b":2}"#, .malformedObject), (#"{"a":[1}"#, .malformedArray), (#"{"a":{"b":1}"#, .malformedArray),
        (#"{"a":{"b":1"#, .malformedObject), (#"{"a":tru}"#, .unknownValue), (#"{"\q":1}"#, .malformedEscape),
        (#"{"a":1,"#, .malformedArray),
    ])
    func `a line that is no object is an error`(line: String, fault: JSONFault) {
        let run = run(line)
        #expect(run.error == "JSONParserErr")
        #expect(run.details == fault.rawValue)
    }

    @Test func `what stands before the fault is kept, and what follows the object does not matter`() {
        #expect(run(#"{"a":1,"b":"#).labels == ["a": "1"])
        let run = run(#" {"a":1} trailing"#)
        #expect(run.labels == ["a": "1"])
        #expect(run.error == nil)
    }

    @Test func `only what is wanted is extracted, and nothing behind it is looked at`() {
        #expect(run(#"{"a":1,"b":{"c":2,"d":3},"e":4}"#, wanted: .only("b_c", "e")).labels == ["b_c": "2", "e": "4"])
        let early = run(#"{"a":1,"broken"#, wanted: .only("a"))
        #expect(early.labels == ["a": "1"])
        #expect(early.error == nil)
        #expect(run(#"{"a":1}"#, wanted: .nothing).labels == [:])
    }

    @Test func `keys are kept as they stand where they are asked for`() {
        var stage = JSONStage(capturesPaths: true)
        let run = StageRun(#"{"a.b":{"c d":1},"app":2}"#, stream: ["app": "s"]) { stage.run(on: &$0) }
        #expect(run.labels == ["a_b_c_d": "1", "app_extracted": "2"])
        #expect(stage.paths[Array("a_b_c_d".utf8)] == [Array("a.b".utf8), Array("c d".utf8)])
        #expect(stage.paths[Array("app_extracted".utf8)] == [Array("app".utf8)])
    }

    @Test func `objects that are nested too deep are an error`() {
        let line = String(repeating: #"{"a":"#, count: 500) + "1" + String(repeating: "}", count: 500)
        #expect(run(line).details == JSONFault.nestedTooDeep.rawValue)
    }

    @Test func `random objects give the labels that they were made of`() {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<300 {
            var expected: [String: String] = [:]
            let text = object(prefix: "", depth: 0, &expected, &generator)
            let run = run(text)
            #expect(run.labels == expected, "seed \(generator.seed): \(text)")
            #expect(run.error == nil, "seed \(generator.seed): \(text)")
        }
    }

    private func object(prefix: String, depth: Int, _ expected: inout [String: String], _ generator: inout SeededGenerator) -> String {
        var members: [String] = []
        for index in 0..<Int.random(in: 0...4, using: &generator) {
            let key = "k\(index)"
            let name = prefix.isEmpty ? key : prefix + "_" + key
            let blank = ["", " ", "\t"].randomElement(using: &generator) ?? ""
            let value: String
            switch Int.random(in: 0..<(depth < 4 ? 6 : 5), using: &generator) {
            case 0:
                let text = String(
                    (0..<Int.random(in: 0...6, using: &generator)).map { _ in "a\"\\\n{}[],:é".randomElement(using: &generator) ?? "x" })
                expected[name] = text
                value = "\"" + text.map { $0 == "\"" ? "\\\"" : $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : String($0) }.joined() + "\""
            case 1:
                value = String(Int.random(in: -1000...1000, using: &generator))
                expected[name] = value
            case 2:
                value = Bool.random(using: &generator) ? "true" : "false"
                expected[name] = value
            case 3: value = "null"
            case 4: value = #"["]",{"x":[1]}]"#
            default: value = object(prefix: name, depth: depth + 1, &expected, &generator)
            }
            members.append("\(blank)\"\(key)\"\(blank):\(blank)\(value)\(blank)")
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    @Test func `damaged lines never trap`() {
        var generator = SeededGenerator(seed: 11)
        let line = Array(#"{"a":"x\u00e9\n","b":{"c":[1,{"d":"]"}],"e":null},"f":-1.5,"g":true,"_entry":"z"}"#.utf8)
        let run = { (bytes: [UInt8]) in
            var json = JSONStage(capturesPaths: true)
            var unpack = UnpackStage()
            var expressions = try JSONExpressionStage([("x", "b.c[1].d"), ("y", "b"), ("z", "g")])
            _ = StageRun(bytes) { json.run(on: &$0) }
            _ = StageRun(bytes) { unpack.run(on: &$0) }
            _ = StageRun(bytes) { expressions.run(on: &$0) }
        }
        checkTruncationNeverTraps(line, mustThrow: false, decode: run)
        checkDamageNeverTraps(line, rounds: 3000, using: &generator, decode: run)
    }
}

internal import TelemetryModel
internal import Testing

@testable internal import LogQL

/// The labels of a line while stages work on it.
struct LineContextTests {
    private func context(wanted: WantedLabels = .all) -> LineContext {
        var context = LineContext(wanted: wanted)
        context.begin(LabelPlaces(["app": "shop", "level": "info"]))
        context.begin(time: 5, line: Array("a line".utf8), in: 2..<6)
        return context
    }

    private func labels(_ context: LineContext, _ grouping: LabelGrouping = .all) -> LabelSet {
        var (order, packed): ([Int], [UInt8]) = ([], [])
        context.writeLabels(grouping, order: &order, to: &packed)
        return LabelSet(canonical: packed)
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func addMetadata(_ name: String, _ value: String, to context: inout LineContext) {
        bytes(name).withUnsafeBytes { name in bytes(value).withUnsafeBytes { context.addMetadata(name, $0) } }
    }

    @Test func `what is parsed comes before metadata, and that before the stream`() {
        var context = context()
        addMetadata("level", "debug", to: &context)
        addMetadata("node", "n1", to: &context)
        #expect(labels(context) == ["app": "shop", "level": "info", "level_extracted": "debug", "node": "n1"])
        #expect(context.isTaken(bytes("level")) && context.isTaken(bytes("node")) && !context.isTaken(bytes("status")))
        context.set(bytes("node"), to: bytes("n2"))
        context.set(bytes("app"), to: bytes("other"))
        #expect(labels(context) == ["app": "other", "level": "info", "level_extracted": "debug", "node": "n2"])
        // The stream's name stays taken, whatever became of it.
        context.delete(bytes("app"))
        #expect(context.isTaken(bytes("app")) && !context.isTaken(bytes("node")))
        #expect(labels(context) == ["level": "info", "level_extracted": "debug", "node": "n2"])
        var order: [Int] = []
        let categorized = context.categorized(order: &order)
        #expect(categorized.stream == ["level": "info"] && categorized.metadata == ["level_extracted": "debug"])
        #expect(categorized.parsed == ["node": "n2"])
    }

    @Test func `the next line begins with the labels of the stream`() {
        var context = context()
        context.set(bytes("app"), to: bytes("other"))
        context.delete(bytes("level"))
        context.setError(.json, details: "why")
        context.setLine { $0.append(1) }
        context.begin(time: 6, line: bytes("next"), in: 0..<4)
        #expect(labels(context) == ["app": "shop", "level": "info"])
        #expect(!context.hasError && context.time == 6 && context.line.count == 4)
    }

    @Test func `an error stands among the labels, and keeps them from being grouped`() {
        var context = context()
        context.set(bytes("__a__"), to: bytes("1"))
        context.setError(.json, details: "why")
        let all: LabelSet = ["__a__": "1", "__error__": "JSONParserErr", "__error_details__": "why", "app": "shop", "level": "info"]
        #expect(labels(context) == all)
        #expect(labels(context, .by([bytes("app")])) == all)
        #expect(labels(context, .none) == all)
        context.resetError()
        #expect(labels(context, .by([bytes("app")])) == ["app": "shop"])
        #expect(labels(context, .without([bytes("app"), bytes("__a__")])) == ["level": "info"])
        #expect(labels(context, .none).isEmpty)
    }

    @Test func `parsers are done when all that is wanted was found`() {
        var context = context(wanted: .names([bytes("a"), bytes("b")], keepsErrors: false))
        #expect(!context.isSatisfied && context.isWanted(bytes("a")) && !context.isWanted(bytes("c")))
        context.set(bytes("a"), to: bytes("1"))
        context.set(bytes("a"), to: bytes("2"))
        #expect(!context.isSatisfied && !context.isWanted(bytes("a")))
        context.delete(bytes("a"))
        #expect(!context.isWanted(bytes("a")))
        context.set(bytes("b"), to: [])
        #expect(context.isSatisfied)
        context.begin(time: 7, line: [], in: 0..<0)
        #expect(!context.isSatisfied)
    }

    @Test func `numbers of labels are told apart by their bytes`() {
        var table = LabelTable()
        let keys = (0..<500).map { bytes("key \($0 % 100)") }
        let numbers = keys.map { table.number(of: $0) }
        #expect(numbers == (0..<500).map { Int32($0 % 100) })
        #expect(table.keys == Array(keys.prefix(100)))
    }

    @Test func `texts are found wherever they stand`() {
        for needle in ["a", "ab", "\"a\"", "zebra", "é", "aab"] {
            let search = LiteralSearch(bytes(needle))
            for line in ["", "a", "xxab", "abxx", "\"a\"", "the zebra", "zebr", "café", "aaab", "aaaab", "aXaYab"] {
                let isThere = line.utf8.indices.contains { line.utf8[$0...].starts(with: needle.utf8) }
                #expect(bytes(line).withUnsafeBytes { search.isIn($0) } == isThere, "\(needle) in \(line)")
            }
        }
        #expect(bytes("x").withUnsafeBytes { LiteralSearch([]).isIn($0) })
    }
}

/// What an expression needs a line to have.
struct PatternLiteralsTests {
    @Test(arguments: [
        ("error", ["error"]), ("error.*time.ut", ["error", "time", "ut"]), ("a+bc", ["bc"]), ("abc?d", ["ab"]), ("abc*de", ["ab", "de"]),
        (#"x\.yz\d+ms"#, ["x.yz", "ms"]), ("^GET /api$", ["GET /api"]), ("a|bcd", []), ("(?i)error", []), ("err[ou]r", []), ("ab{2}c", []),
        (#"\x41bcd"#, []), (#"\pLabc"#, []), (#"abc\"#, []), ("é+abc", []), ("", []), ("ab+?cd", ["ab", "cd"]), ("a**bc", ["bc"]),
    ])
    func `texts that a match needs are those plain to see`(pattern: String, literals: [String]) {
        #expect(PatternLiterals.required(by: pattern).map { String(decoding: $0, as: UTF8.self) } == literals)
    }
}

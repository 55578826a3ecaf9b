internal import Relabeling
internal import TelemetryModel
internal import Testing

@Suite("Relabelling actions")
struct RelabelRulesTests {
    static let page: LabelSet = ["__name__": "up", "a": "foo", "b": "bar", "c": "baz"]

    private func apply(_ rule: RelabelRule, to labels: LabelSet = page) throws -> LabelSet? {
        try RelabelRules([rule]).apply(to: labels)
    }

    @Test func `no rules leave labels alone`() {
        #expect(RelabelRules().apply(to: Self.page) == Self.page)
    }

    @Test func `replace fills groups into the value`() throws {
        let rule = RelabelRule(sourceLabels: ["a"], regex: "f(.*)", targetLabel: "d", replacement: "ch${1}-ch${1}")
        #expect(try apply(rule)?["d"] == "choo-choo")
    }

    @Test func `replace joins its sources by the separator`() throws {
        let rule = RelabelRule(sourceLabels: ["a", "missing", "b"], separator: "_", targetLabel: "d")
        #expect(try apply(rule)?["d"] == "foo__bar")
    }

    @Test func `replace fills groups into the name, and a name that comes out empty changes nothing`() throws {
        let named = RelabelRule(sourceLabels: ["a", "b"], regex: "(.*);(.*)", targetLabel: "${1}_x", replacement: "$2")
        #expect(try apply(named)?["foo_x"] == "bar")
        let empty = RelabelRule(sourceLabels: ["missing"], regex: "(.*)", targetLabel: "$1", replacement: "v")
        #expect(try apply(empty) == Self.page)
    }

    @Test func `replace without a match changes nothing, with an empty value removes`() throws {
        #expect(try apply(RelabelRule(sourceLabels: ["a"], regex: "fo", targetLabel: "a", replacement: "x")) == Self.page)
        #expect(try apply(RelabelRule(sourceLabels: ["a"], targetLabel: "b", replacement: ""))?["b"] == nil)
    }

    @Test func `a constant replacement reads dollar signs`() throws {
        #expect(try apply(RelabelRule(targetLabel: "price", replacement: "5$$"))?["price"] == "5$")
        #expect(try apply(RelabelRule(targetLabel: "d", replacement: "static"))?["d"] == "static")
    }

    @Test func `a dot matches a line break`() throws {
        let rule = RelabelRule(action: .keep, sourceLabels: ["text"], regex: "one.two")
        #expect(try apply(rule, to: ["text": "one\ntwo"]) != nil)
    }

    @Test func `keep and drop look at the whole text`() throws {
        #expect(try apply(RelabelRule(action: .keep, sourceLabels: ["a"], regex: "fo")) == nil)
        #expect(try apply(RelabelRule(action: .keep, sourceLabels: ["a"], regex: "fo+")) == Self.page)
        #expect(try apply(RelabelRule(action: .drop, sourceLabels: ["a"], regex: "fo+")) == nil)
        #expect(try apply(RelabelRule(action: .drop, sourceLabels: ["a", "b"], regex: "foo;bar")) == nil)
    }

    @Test func `keepequal and dropequal compare two labels`() throws {
        let labels: LabelSet = ["port": "80", "same": "80", "other": "81"]
        #expect(try apply(RelabelRule(action: .keepequal, sourceLabels: ["port"], targetLabel: "same"), to: labels) == labels)
        #expect(try apply(RelabelRule(action: .keepequal, sourceLabels: ["port"], targetLabel: "other"), to: labels) == nil)
        #expect(try apply(RelabelRule(action: .dropequal, sourceLabels: ["port"], targetLabel: "same"), to: labels) == nil)
        #expect(try apply(RelabelRule(action: .dropequal, sourceLabels: ["port"], targetLabel: "other"), to: labels) == labels)
    }

    @Test func `labelmap copies, labeldrop and labelkeep thin out`() throws {
        let mapped = try apply(
            RelabelRule(action: .labelmap, regex: "__meta_(.+)", replacement: "my_$1"), to: ["__meta_zone": "z1", "job": "j"])
        #expect(mapped == ["__meta_zone": "z1", "job": "j", "my_zone": "z1"])
        #expect(try apply(RelabelRule(action: .labeldrop, regex: "a|b")) == ["__name__": "up", "c": "baz"])
        #expect(try apply(RelabelRule(action: .labelkeep, regex: "a|__name__")) == ["__name__": "up", "a": "foo"])
    }

    @Test func `lowercase and uppercase map letter by letter`() throws {
        let labels: LabelSet = ["a": "FooÄß"]
        #expect(try apply(RelabelRule(action: .lowercase, sourceLabels: ["a"], targetLabel: "low"), to: labels)?["low"] == "fooäß")
        #expect(try apply(RelabelRule(action: .uppercase, sourceLabels: ["a"], targetLabel: "up"), to: labels)?["up"] == "FOOÄß")
    }

    /// Computed with Python: `int.from_bytes(md5(text).digest()[8:], "big") % modulus`.
    @Test(arguments: [
        ("", 1_000_000 as UInt64, "544958"), ("foo", 1000, "696"), ("10.0.0.1:9100", 8, "5"),
        (String(repeating: "a", count: 55), 1_000_000_007, "75449243"), (String(repeating: "a", count: 56), 1_000_000_007, "761064446"),
        (String(repeating: "a", count: 130), 1_000_000_007, "685629207"),
    ])
    func `hashmod divides the lower half of MD5`(text: String, modulus: UInt64, expected: String) throws {
        let rule = RelabelRule(action: .hashmod, sourceLabels: ["a"], modulus: modulus, targetLabel: "shard")
        #expect(try apply(rule, to: ["a": text, "z": "z"])?["shard"] == expected)
    }

    @Test func `rules run in order and stop at a drop`() throws {
        let rules = try RelabelRules([
            RelabelRule(sourceLabels: ["a"], targetLabel: "d"),
            RelabelRule(action: .keep, sourceLabels: ["d"], regex: "foo"),
            RelabelRule(action: .labeldrop, regex: "[abc]"),
        ])
        #expect(rules.apply(to: Self.page) == ["__name__": "up", "d": "foo"])
        #expect(rules.apply(to: ["a": "other"]) == nil)
    }
}

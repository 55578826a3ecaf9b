internal import ConfigFile
internal import TargetDiscovery
internal import TelemetryModel
internal import Testing

@Suite("Files of targets")
struct TargetFileTests {
    @Test func readsYAML() throws {
        let groups = try TargetFile.parse("- targets: [a:1, b:2]\n  labels: {rack: 7}\n- targets: []\n", path: "t.yml")
        #expect(
            groups == [
                TargetGroup(
                    source: "t.yml:0", targets: [["__address__": "a:1"], ["__address__": "b:2"]],
                    labels: ["__meta_filepath": "t.yml", "rack": "7"]
                ),
                TargetGroup(source: "t.yml:1", targets: [], labels: ["__meta_filepath": "t.yml"]),
            ]
        )
        #expect(try TargetFile.parse("", path: "t.yml").isEmpty)
    }

    @Test func readsJSON() throws {
        let text = #"[{"targets": ["a:1"], "labels": {"owner": "\ud83d\ude80 \"x\"\/\\ud83d", "n": "\u00e9"}}]"#
        let groups = try TargetFile.parse(text, path: "t.json")
        #expect(groups.first?.labels["owner"] == "\u{1F680} \"x\"/\\ud83d")
        #expect(groups.first?.labels["n"] == "é")
    }

    @Test(arguments: [
        ("targets: [a:1]\n", "t.yml:1:1: expected a list, found a mapping"),
        ("- a:1\n", "t.yml:1:3: expected a target group with targets and labels, found \"a:1\""),
        ("- target: [a:1]\n", "t.yml:1:3: unknown key \"target\" in [0]; did you mean \"targets\"?"),
        ("- targets: [a:1]\n  labels: {x: [y]}\n", "t.yml:2:15: expected a string, found a list"),
        ("- targets: [[a:1]]\n", "t.yml:1:13: expected a string, found a list"),
    ])
    func faultsHavePlaces(_ text: String, _ message: String) {
        let error = #expect(throws: ConfigError.self) { try TargetFile.parse(text, path: "t.yml") }
        #expect(error?.description == message)
    }

    @Test(arguments: [
        ("a.yml", true), ("dir/*.json", true), ("*.yaml", true), ("a*b.YML", true), ("dir/a.txt", false), ("d*r/a.yml", false),
        ("a.yml/", false), ("", false), ("yml", false),
    ])
    func patternsMayHaveAStarInTheLastPart(_ pattern: String, _ isAcceptable: Bool) {
        #expect(TargetFile.isAcceptable(pattern: pattern) == isAcceptable)
    }
}

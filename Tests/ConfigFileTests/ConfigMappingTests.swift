internal import ConfigFile
internal import Testing

/// A small typed document to read.
private struct Sample: ConfigDecodable, Equatable {
    var name: String
    var interval: ConfigDuration
    var tags: [String]

    init(config node: ConfigNode) throws(ConfigError) {
        self = try node.mapping { (mapping) throws(ConfigError) in
            Sample(
                name: try mapping.required("name"),
                interval: try mapping.optional("interval", default: ConfigDuration(milliseconds: 1)),
                tags: try mapping.optional("tags", default: [])
            )
        }
    }

    init(name: String, interval: ConfigDuration, tags: [String]) {
        self.name = name
        self.interval = interval
        self.tags = tags
    }
}

private func read(_ text: String) throws -> Sample { try Sample(config: ConfigDocument(parsing: text, file: "f.yml").root) }

private func faults(_ text: String) -> [String] {
    do throws(any Error) {
        _ = try read(text)
        return []
    } catch let error as ConfigError {
        return error.all.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

@Suite("Configuration mappings")
struct ConfigMappingTests {
    @Test func readsTypedValues() throws {
        let sample = try read("name: x\ninterval: 1m\ntags: [a, b]\n")
        #expect(sample == Sample(name: "x", interval: ConfigDuration(milliseconds: 60_000), tags: ["a", "b"]))
    }

    @Test func refusesUnknownKeysAllAtOnceWithTheNearestKnownOne() {
        #expect(
            faults("name: x\nintervall: 1m\ncolour: red\n") == [
                "f.yml:2:1: unknown key \"intervall\"; did you mean \"interval\"?",
                "f.yml:3:1: unknown key \"colour\"",
            ]
        )
    }

    @Test func namesTheSlipWhereARequiredKeyIsMissing() {
        #expect(faults("nmae: x\n") == ["f.yml:1:1: unknown key \"nmae\"; did you mean \"name\"?"])
        #expect(faults("tags: []\n") == ["f.yml:1:1: the key \"name\" is missing"])
        #expect(faults("") == ["f.yml:1:1: the key \"name\" is missing"])
    }

    @Test func refusesDuplicateKeys() {
        #expect(faults("name: x\nname: y\n") == ["f.yml:1:1: the key \"name\" is given more than once in this mapping"])
    }

    @Test func pointsIntoNestedValues() {
        #expect(
            faults("name: x\ntags:\n  - a\n  - [b]\n  - {}\n") == [
                "f.yml:4:5: expected a string, found a list",
                "f.yml:5:5: expected a string, found a mapping",
            ])
        #expect(faults("- name: x\n") == ["f.yml:1:1: expected a mapping, found a list"])
        #expect(faults("name: x\ntags: a\n") == ["f.yml:2:7: expected a list, found a string"])
    }

    @Test func followsAliasesAndMergesMappings() throws {
        let text = """
            base: &base {interval: 5s, name: base}
            more: &more {tags: [z], interval: 9s}
            one: {<<: *base, name: own}
            two:
              <<: [*base, *more]
            """
        let document = try ConfigDocument(parsing: text, file: "f.yml")
        let (one, two) = try document.root.mapping { (mapping) throws(ConfigError) in
            let pair = (try mapping.required("one", as: Sample.self), try mapping.required("two", as: Sample.self))
            _ = mapping.remaining()
            return pair
        }
        #expect(one == Sample(name: "own", interval: ConfigDuration(milliseconds: 5_000), tags: []))
        #expect(two == Sample(name: "base", interval: ConfigDuration(milliseconds: 5_000), tags: ["z"]))
    }

    @Test(arguments: [
        ("name: x\n<<: 5\n", "f.yml:2:5: the merge key << takes a mapping or a list of mappings"),
        ("name: *x\n", "f.yml:1:7: not valid YAML: found undefined alias"),
        ("? [a]\n: b\n", "f.yml:1:3: a key must be a word, not a list or a mapping"),
        ("name: x\n---\nname: y\n", "f.yml:2:1: a second YAML document starts here; only one is allowed"),
    ])
    func refusesWhatGoRefuses(_ text: String, _ message: String) {
        #expect(faults(text) == [message])
    }

    @Test func brokenYAMLHasAPlace() {
        let error = #expect(throws: ConfigError.self) { try ConfigDocument(parsing: "a: b\n  c: d\n", file: "f.yml") }
        #expect(error?.line == 2)
        #expect(error?.message.hasPrefix("not valid YAML: ") == true)
        let tab = #expect(throws: ConfigError.self) { try ConfigDocument(parsing: "a:\n\tb: c\n", file: "f.yml") }
        #expect(tab?.line == 2)
        let control = #expect(throws: ConfigError.self) { try ConfigDocument(parsing: "a: b\nc: \u{1}\n", file: "f.yml") }
        #expect(control?.line == 2 && control?.column == 4)
    }

    @Test func anEmptyDocumentIsNothing() throws {
        for text in ["", "# only a comment\n", "---\n", "~"] {
            let document = try ConfigDocument(parsing: text, file: "f.yml")
            #expect(document.root.kind == .nothing)
            #expect(try document.root.mapping { (mapping) in mapping.remaining().count } == 0)
        }
    }

    @Test func aliasesCannotExplode() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
        }
        let error = #expect(throws: ConfigError.self) { try ConfigDocument(parsing: text, file: "f.yml") }
        #expect(error?.message.contains("aliases") == true)
    }

    @Test func deepNestingIsAnErrorNotACrash() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: ConfigError.self) { try ConfigDocument(parsing: text, file: "f.yml") }
        let blocks = (0..<2_000).map { String(repeating: " ", count: $0) + "- \n" }.joined()
        _ = try? ConfigDocument(parsing: blocks, file: "f.yml")
    }
}

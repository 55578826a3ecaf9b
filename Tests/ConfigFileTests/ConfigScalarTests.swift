internal import ConfigFile
internal import Testing

/// Reads one value under the key `k`.
private func value<Value>(_ text: String, _ read: (ConfigNode) throws(ConfigError) -> Value) throws -> Value {
    let document = try ConfigDocument(parsing: "k: \(text)\n", file: "f.yml")
    return try document.root.mapping { (mapping) throws(ConfigError) in try mapping.required("k", reading: read) }
}

@Suite("Configuration scalars")
struct ConfigScalarTests {
    @Test(arguments: [
        ("0", 0), ("15s", 15_000), ("1h30m", 5_400_000), ("100ms", 100), ("1m500ms", 60_500), ("1y", 31_536_000_000),
        ("1w2d", 777_600_000), ("\"5m\"", 300_000), ("292y", 9_208_512_000_000), ("0s", 0),
    ])
    func durationsAreReadAsPrometheusWritesThem(_ text: String, _ milliseconds: Int64) throws {
        #expect(try value(text) { (node) throws(ConfigError) in try node.duration() }.milliseconds == milliseconds)
    }

    @Test(arguments: ["15", "1m1h", "1s1s", "-5s", "s", "1.5s", "1 s", "five", "\"\"", "1S", "5mss"])
    func otherTextIsNoDuration(_ text: String) {
        let error = #expect(throws: ConfigError.self) { try value(text) { (node) throws(ConfigError) in try node.duration() } }
        #expect(error?.description.hasPrefix("f.yml:1:4: expected a duration such as \"15s\", found ") == true)
    }

    @Test(arguments: ["293y", "99999999999999999999s", "292y52w"])
    func durationsBeyondTheRangeAreRefused(_ text: String) {
        let error = #expect(throws: ConfigError.self) { try value(text) { (node) throws(ConfigError) in try node.duration() } }
        #expect(error?.message.hasSuffix("is out of range: at most 292 years") == true)
    }

    @Test(arguments: ["1h30m", "15s", "100ms", "1d", "1m500ms", "2w", "1y", "3d12h"])
    func durationsPrintAsTheyAreRead(_ text: String) {
        #expect(ConfigDuration(parsing: text)?.description == text)
    }

    @Test(arguments: [
        ("10MB", 10_485_760), ("512KiB", 524_288), ("1.5KB", 1_536), ("0", 0), ("7B", 7), ("2GiB", 2_147_483_648),
        ("1EB", 1_152_921_504_606_846_976),
    ])
    func sizesArePowersOf1024(_ text: String, _ bytes: Int64) throws {
        #expect(try value(text) { (node) throws(ConfigError) in try node.byteSize() }.bytes == bytes)
    }

    @Test(arguments: ["10", "MB", "-1MB", "10mb", "10XB", "1.2.3MB", "8EB", "99999999999999999999EB", ".B", "10 MB"])
    func otherTextIsNoSize(_ text: String) {
        #expect(throws: ConfigError.self) { try value(text) { (node) throws(ConfigError) in try node.byteSize() } }
    }

    @Test(arguments: [("true", true), ("yes", true), ("On", true), ("false", false), ("NO", false), ("off", false)])
    func booleansHaveTheSpellingsOfYAML11(_ text: String, _ expected: Bool) throws {
        #expect(try value(text) { (node) throws(ConfigError) in try node.bool() } == expected)
    }

    @Test(arguments: [
        ("12", 12), ("-3", -3), ("0x1F", 31), ("0o17", 15), ("010", 8), ("0b11", 3), ("1_000", 1000), ("+5", 5), ("1e6", 1_000_000),
        ("2.0", 2),
    ])
    func wholeNumbers(_ text: String, _ expected: Int) throws {
        #expect(try value(text) { (node) throws(ConfigError) in try node.int() } == expected)
    }

    @Test(arguments: ["1.5", "\"12\"", "x", "[1]", "--1", "0x", "9223372036854775808"])
    func otherTextIsNoWholeNumber(_ text: String) {
        #expect(throws: ConfigError.self) { try value(text) { (node) throws(ConfigError) in try node.int() } }
    }

    @Test(arguments: [("1.5", 1.5), ("-2", -2), ("1e3", 1000), (".inf", Double.infinity), (".5", 0.5), ("1_0.5", 10.5)])
    func numbers(_ text: String, _ expected: Double) throws {
        #expect(try value(text) { (node) throws(ConfigError) in try node.double() } == expected)
    }

    @Test(arguments: ["nan", "inf", "0x1p3", "e5", "{}", "\"1\""])
    func otherTextIsNoNumber(_ text: String) {
        #expect(throws: ConfigError.self) { try value(text) { (node) throws(ConfigError) in try node.double() } }
    }

    @Test(arguments: [
        ("5", "5"), ("true", "true"), ("\"null\"", "null"), ("'~'", "~"), ("!!str 12", "12"), ("a b", "a b"), ("\"a\\nb\"", "a\nb"),
    ])
    func everyScalarIsAString(_ text: String, _ expected: String) throws {
        #expect(try value(text) { (node) throws(ConfigError) in try node.string() } == expected)
    }

    @Test(arguments: ["", "~", "null", "!!null ''"])
    func nothingCountsAsAbsent(_ text: String) {
        let error = #expect(throws: ConfigError.self) { try value(text) { (node) throws(ConfigError) in try node.string() } }
        #expect(error?.message == "k must not be empty")
    }

    @Test func wrongTypesSayWhatWasFound() {
        let cases: [(String, String)] = [
            ("[1]", "f.yml:1:4: expected a duration such as \"15s\", found a list"),
            ("{a: 1}", "f.yml:1:4: expected a duration such as \"15s\", found a mapping"),
            ("soon", "f.yml:1:4: expected a duration such as \"15s\", found \"soon\""),
        ]
        for (text, message) in cases {
            let error = #expect(throws: ConfigError.self) { try value(text) { (node) throws(ConfigError) in try node.duration() } }
            #expect(error?.description == message)
        }
    }

    @Test func numbersHaveRanges() {
        let error = #expect(throws: ConfigError.self) { try value("70000") { (node) throws(ConfigError) in try node.int(in: 1...65_535) } }
        #expect(error?.description == "f.yml:1:4: expected a number from 1 to 65535, found 70000")
    }
}

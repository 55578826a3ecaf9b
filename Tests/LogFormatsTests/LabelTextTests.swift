internal import LogFormats
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Labels as text")
struct LabelTextTests {
    private func read(_ text: String, _ kind: LogStreamText = .selector) throws -> [String] { try Self.read(Array(text.utf8), kind) }

    private static func read(_ text: [UInt8], _ kind: LogStreamText) throws -> [String] {
        var fields = LogFields()
        try text.withUnsafeBufferPointer { try kind.read($0, into: &fields) }
        return (0..<fields.count).map { fields.names.string($0) + "=" + fields.values.string($0) }
    }

    @Test func `selectors are read with all that Go's strings may hold`() throws {
        #expect(try read("{}") == [])
        #expect(try read(" { a = \"b\" , c='d',e=`f\\n` , } ") == ["a=b", "c=d", "e=f\\n"])
        #expect(try read(#"{_x1="\n\t\\\"\'\x41\101\u00e4\U0001f985"}"#) == ["_x1=\n\t\\\"'AAä🦅"])
        #expect(try read(#"{"k8s.pod"="a"}"#) == ["k8s.pod=a"])
    }

    @Test func `JSON objects are read`() throws {
        #expect(try read(#"{"a":"b","c d":"\u00e4"}"#, .json) == ["a=b", "c d=ä"])
    }

    @Test(
        arguments: [
            ("", "expected { (byte 0)"), ("{", "expected the name of a label (byte 1)"), ("{a}", "expected = behind"),
            ("{a=b}", "in quotes"),
            ("{a=\"b}", "never closed (byte 3)"), ("{a=\"b\" c=\"d\"}", "expected a comma"), ("{1a=\"b\"}", "the name of a label"),
            ("{a=\"\\q\"}", "unknown escape"), ("{a=\"\\ud800\"}", "no character"), ("{a=\"\\400\"}", "beyond a byte"), ("{} x", "the end"),
            ("{a=\"\\", "never closed"), ("{a.b=\"c\"}", "expected = behind"),
        ])
    func `what is no selector is refused with its place`(text: String, reason: String) {
        let error = #expect(throws: LogFormatError.self) { try read(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func `JSON with other values, and texts that are too long, are refused`() {
        #expect(throws: LogFormatError.self) { try read(#"{"a":5}"#, .json) }
        #expect(throws: LogFormatError.self) { try read("{a=\"\(String(repeating: "x", count: 70_000))\"}") }
    }

    @Test func `damaged texts never trap`() {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        let text = Array(#"{abc="\n\x41\u00e4ä", "d.e"='f', g=`h`}"#.utf8)
        checkTruncationNeverTraps(text) { _ = try Self.read($0, .selector) }
        checkDamageNeverTraps(text, rounds: 3000, using: &generator) { _ = try Self.read($0, .selector) }
        checkDamageNeverTraps(Array(#"{"a":"b\u00e4","c":"d"}"#.utf8), rounds: 3000, using: &generator) { _ = try Self.read($0, .json) }
    }
}

@Suite("Times of entries")
struct LogTimeTests {
    private func any(_ text: String) -> Int64? { Array(text.utf8).withUnsafeBufferPointer { LogTime.any($0) } }

    @Test(
        arguments: [
            ("1700000000", 1_700_000_000_000_000_000), ("1700000000.5", 1_700_000_000_500_000_000),
            ("1700000000.123456789", 1_700_000_000_123_456_789), ("1700000000123", 1_700_000_000_123_000_000),
            ("1700000000123.5", 1_700_000_000_123_500_000), ("1700000000123456", 1_700_000_000_123_456_000),
            ("1700000000123456789", 1_700_000_000_123_456_789), ("1.7e9", 1_700_000_000_000_000_000), ("-1", -1_000_000_000),
            ("-1.5", -1_500_000_000), ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
            ("2023-11-14 22:13:20.25+00:00", 1_700_000_000_250_000_000), ("2023-11-14T23:13:20,250+0100", 1_700_000_000_250_000_000),
            ("2023-11-14T22:13:20", 1_700_000_000_000_000_000), ("2023-11-14", 1_699_920_000_000_000_000),
        ] as [(String, Int64)])
    func `times are read as senders write them`(text: String, time: Int64) { #expect(any(text) == time) }

    @Test(
        arguments: [
            "", "x", "2023-13-14T22:13:20Z", "9999-01-01T00:00:00Z", "1e30", "--1", "1.2.3", "99999999999999999999", "2023-", "nan", "-",
            "1.",
        ])
    func `other text is no time`(text: String) {
        if text == "1." { #expect(any(text) == 1_000_000_000) } else { #expect(any(text) == nil) }
    }

    @Test func `no text traps`() {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for text in ["2023-11-14T22:13:20.123456789+01:00", "1700000000.123456789", "-9223372036854775808.5"] {
            checkDamageNeverTraps(Array(text.utf8), rounds: 3000, using: &generator) { bytes in
                _ = bytes.withUnsafeBufferPointer { LogTime.any($0) }
            }
        }
    }
}

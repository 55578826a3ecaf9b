internal import TestSupport
internal import Testing

@testable internal import LogQL

struct ConversionTests {
    private func duration(_ text: String) throws -> Int64 {
        try Array(text.utf8).withUnsafeBytes { try DurationText.parse($0) }
    }

    private func size(_ text: String) throws -> UInt64 {
        try Array(text.utf8).withUnsafeBytes { try ByteSizeText.parse($0) }
    }

    private func number(_ text: String) throws -> Double {
        try Array(text.utf8).withUnsafeBytes { try NumberText.parse($0) }
    }

    @Test(
        arguments: [
            ("0", 0), ("5s", 5_000_000_000), ("1h30m", 5_400_000_000_000), ("1.5h", 5_400_000_000_000), ("-5s", -5_000_000_000),
            ("+500ms", 500_000_000), ("1ns", 1), ("1us", 1000), ("1µs", 1000), ("1μs", 1000), (".5s", 500_000_000), ("1.s", 1_000_000_000),
            ("2m3.5s", 123_500_000_000), ("9223372036854775807ns", .max), ("-9223372036854775808ns", .min), ("0.000000001s", 1),
            ("3.000000000000000000000000000001s", 3_000_000_000),
        ] as [(String, Int64)])
    func `durations are read as Go reads them`(text: String, nanoseconds: Int64) throws {
        #expect(try duration(text) == nanoseconds)
    }

    @Test(arguments: [
        ("", #"time: invalid duration """#), ("x", #"time: invalid duration "x""#), ("1d", #"time: unknown unit "d" in duration "1d""#),
        ("5", #"time: missing unit in duration "5""#), ("-", #"time: invalid duration "-""#), (".s", #"time: invalid duration ".s""#),
        ("9223372036854775808ns", #"time: invalid duration "9223372036854775808ns""#), ("3000000h", #"time: invalid duration "3000000h""#),
        ("1s2", #"time: missing unit in duration "1s2""#), ("1S", #"time: unknown unit "S" in duration "1S""#),
    ])
    func `a text that is no duration is named in Go's words`(text: String, message: String) {
        #expect(throws: ConversionFault(message)) { try duration(text) }
    }

    @Test func `seconds are a number`() throws {
        #expect(try Array("1m0.25s".utf8).withUnsafeBytes { try DurationText.parseSeconds($0) } == 60.25)
    }

    @Test(
        arguments: [
            ("1KB", 1000), ("1KiB", 1024), ("1.5KB", 1500), ("1024", 1024), ("2Kb", 2000), ("2,048", 2048), ("1.5B", 1),
            ("25MB", 25_000_000),
            ("1PiB", 1_125_899_906_842_624), ("1 mib", 1_048_576), ("3e", 3_000_000_000_000_000_000), ("0", 0), ("7 k", 7000),
            ("1GI", 1_073_741_824),
        ] as [(String, UInt64)])
    func `sizes are read with their units`(text: String, bytes: UInt64) throws {
        #expect(try size(text) == bytes)
    }

    @Test(arguments: [
        ("1XB", "unhandled size name: xb"), ("", #"strconv.ParseFloat: parsing "": invalid syntax"#),
        ("1.2.3", #"strconv.ParseFloat: parsing "1.2.3": invalid syntax"#), ("16EiB", "too large: 16EiB"),
        ("1kbb", "unhandled size name: kbb"),
        ("1 5", "unhandled size name: 5"),
    ])
    func `a text that is no size is named`(text: String, message: String) {
        #expect(throws: ConversionFault(message)) { try size(text) }
    }

    @Test(arguments: [
        ("1", 1), ("-0.5", -0.5), ("+2", 2), ("1.", 1), (".25", 0.25), ("1e3", 1000), ("1E-2", 0.01), ("inf", .infinity),
        ("-Infinity", -.infinity),
        ("0x1p4", 16), ("0x1.8p1", 3), ("123456789012345678901234567890", 1.2345678901234568e29), ("5e-324", .leastNonzeroMagnitude),
        ("1e-400", 0),
        ("0.1", 0.1), ("3.141592653589793", 3.141592653589793),
    ])
    func `numbers are read as Go reads them`(text: String, value: Double) throws {
        #expect(try number(text) == value)
    }

    @Test func `not a number is one`() throws {
        #expect(try number("NaN").isNaN)
    }

    @Test(arguments: ["", "x", "1x", "--1", "1e", ".", "-", "1_000", "0x1", "+nan", "1 ", "e1", "1.2.3", "١"])
    func `a text that is no number is refused`(text: String) {
        #expect(throws: ConversionFault("strconv.ParseFloat: parsing \"\(text)\": invalid syntax")) { try number(text) }
    }

    @Test func `numbers beyond the range are refused as such`() {
        #expect(throws: ConversionFault("strconv.ParseFloat: parsing \"1e400\": value out of range")) { try number("1e400") }
    }

    @Test func `doubles are read back from their text`() throws {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<3000 {
            let value =
                Bool.random(using: &generator)
                ? Double(bitPattern: generator.next()) : Double(Int.random(in: -9999...9999, using: &generator)) / 100
            guard value.isFinite else { continue }
            #expect(try number(value.description) == value, "seed \(generator.seed)")
        }
    }

    @Test func `random text never traps`() {
        var generator = SeededGenerator(seed: 14)
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                Array("0123456789.,-+eEpxXsmhnuµkKiIbB _".utf8).randomElement(using: &generator) ?? 0
            }
            text.withUnsafeBytes { bytes in
                _ = try? NumberText.parse(bytes)
                _ = try? DurationText.parse(bytes)
                _ = try? ByteSizeText.parse(bytes)
            }
        }
    }
}

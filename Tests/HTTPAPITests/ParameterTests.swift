internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct ParameterTests {
    private func parameters(_ text: String) -> FormParameters {
        var parameters = FormParameters()
        parameters.add(encoded: text.utf8)
        return parameters
    }

    @Test func formsAreDecoded() {
        let form = parameters("a=1+2&match%5B%5D=x%3D%22%C3%A9%22&match[]=y&&empty=&flag&broken=%zz%4&=nameless&a=second")
        #expect(form["a"] == "1 2")
        #expect(form.all("match[]") == ["x=\"é\"", "y"])
        #expect(form["empty"] == nil && form["flag"] == nil && form["missing"] == nil)
        #expect(form.all("flag") == [""])
        #expect(form["broken"] == "%zz%4")
        #expect(parameters("a=%ff")["a"] == "\u{fffd}")
    }

    @Test(
        arguments: [
            ("0", 0), ("1.5", 1_500), ("1.0005", 1_001), ("-1", -1_000), ("1e3", 1_000_000), ("1700000000.123", 1_700_000_000_123),
            ("1.7e12", 1_700_000_000_000_000), ("1e300", .max), ("-1e300", .min), ("Inf", .max), ("-Inf", .min),
            ("1970-01-01T00:00:01Z", 1_000), ("1970-01-01T00:00:01.25Z", 1_250), ("2015-06-03T13:21:58.555Z", 1_433_337_718_555),
            ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T23:30:00-00:30", 0), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("-292273086-05-16T16:47:06Z", .min), ("292277025-08-18T07:12:54.999999999Z", .max),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ] as [(String, Timestamp)])
    func timesAreParsed(text: String, expected: Timestamp) throws {
        #expect(try parameters("t=" + text.replacing("+", with: "%2B")).time("t") == expected)
    }

    @Test(arguments: [
        "x", "NaN", "1s", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-01 00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:00:00", "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00Zx",
    ])
    func wrongTimesAreRefused(text: String) {
        #expect(throws: APIFailure.self) { try parameters("t=" + text).time("t") }
    }

    @Test(
        arguments: [
            ("1", 1_000), ("0.5", 500), ("15s", 15_000), ("1h30m", 5_400_000), ("-3", -3_000), ("0", 0), ("0.0001", 0), ("0.29", 290),
            ("1d", 86_400_000),
        ] as [(String, Int64)])
    func durationsAreParsed(text: String, expected: Int64) throws {
        #expect(try parameters("d=" + text).duration("d") == expected)
    }

    @Test(arguments: ["x", "NaN", "1e300", "Inf", "1m1h", "5x"])
    func wrongDurationsAreRefused(text: String) {
        #expect(throws: APIFailure.self) { try parameters("d=" + text).duration("d") }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_500, "1970-01-01T00:00:01.5Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_164_800_010, "2024-02-29T00:00:00.01Z"), (253_402_300_799_000, "9999-12-31T23:59:59Z"),
        ] as [(Timestamp, String)])
    func timesAreWrittenAndRead(time: Timestamp, expected: String) throws {
        #expect(timeText(time) == expected)
        #expect(try parameters("t=" + expected).time("t") == time)
    }
}

import CivilCalendar
import Testing

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_500, "1970-01-01T00:00:01.5Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_164_800_010, "2024-02-29T00:00:00.01Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func timesAreWrittenAndReadBack(milliseconds: Int64, text: String) {
        #expect(RFC3339.text(CivilTime(milliseconds: milliseconds)) == text)
        #expect(RFC3339.parse(text)?.millisecondsSince1970 == milliseconds)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1_000_000, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"), (4_107_542_399_999_999_999, "2100-02-28T23:59:59.999Z"),
        ] as [(Int64, String)])
    func aFixedNumberOfDigitsCutsOff(nanoseconds: Int64, text: String) {
        #expect(RFC3339.text(CivilTime(nanoseconds: nanoseconds), fraction: .digits(3)) == text)
    }

    @Test func yearsBeyondFourDigits() {
        #expect(RFC3339.text(CivilTime(seconds: 253_402_300_800)) == "10000-01-01T00:00:00Z")
        #expect(RFC3339.text(CivilTime(seconds: -62_167_219_201)) == "-0001-12-31T23:59:59Z")
    }

    @Test(
        arguments: [
            ("2026-11-22T23:05:24+01:00", 1_795_385_124), ("2026-11-22T23:05:24-00:30", 1_795_390_524),
            ("2026-11-22T22:05:24,999999999999Z", 1_795_385_124),
        ] as [(String, Int)])
    func zonesAndLongFractions(text: String, seconds: Int) { #expect(RFC3339.parse(text)?.secondsSince1970 == seconds) }

    @Test(arguments: ["2026-11-22t22:05:24Z", "2026-11-22T22:05:24z", "2026-11-22 22:05:24Z"])
    func smallLettersAndSpacesOnlyWhereAllowed(text: String) {
        #expect(RFC3339.parse(text) == nil)
        #expect(RFC3339.parse(text, isStrict: false)?.secondsSince1970 == 1_795_385_124)
    }

    @Test(
        arguments: [
            "", "2026-11-22", "2026-11-22T22:05:24", "2026-11-22T24:00:00Z", "2026-11-22T22:60:00Z", "2026-11-22T22:05:60Z",
            "2026-02-30T00:00:00Z", "2026-11-22T22:05:24.Z", "2026-11-22T22:05:24+0100", "2026-11-22T22:05:24+24:00",
            "2026-11-22T22:05:24Zx", "2026-11-22T2:05:24Z",
        ])
    func whatIsNoTimeIsRefused(text: String) { #expect(RFC3339.parse(text, isStrict: false) == nil) }
}

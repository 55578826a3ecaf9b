internal import GoTemplate
internal import TestSupport
internal import Testing

/// Times by the layouts of Go.
struct TimeTests {
    private let time = GoTime(seconds: 1_136_214_245, nanosecond: 123_456_789, zone: .fixed(offsetSeconds: -7 * 3600, abbreviation: "MST"))

    @Test(arguments: [
        ("Mon Jan _2 15:04:05 MST 2006", "Mon Jan  2 08:04:05 MST 2006"),
        ("Monday, 02-Jan-06 15:04:05 MST", "Monday, 02-Jan-06 08:04:05 MST"),
        ("2006-01-02T15:04:05Z07:00", "2006-01-02T08:04:05-07:00"),
        ("2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T08:04:05.123456789-07:00"),
        ("3:04PM 03:4:5 pm", "8:04AM 08:4:5 am"), ("Jan January 1 01 2 02 _2 002 __2", "Jan January 1 01 2 02  2 002   2"),
        (".000 .000000 .99 ,999", ".123 .123456 .12 ,123"),
        ("-0700 -07:00 -07 -07:00:00 Z0700", "-0700 -07:00 -07 -07:00:00 -0700"), ("06 2006 _2006", "06 2006 _2006"),
        ("Month Monet", "Month Monet"), ("", ""),
        ("15h04m05.0009s", "08h04m05.0009s"),
    ])
    func `layouts are written`(layout: String, text: String) {
        #expect(time.format(layout) == text)
    }

    @Test func `a zone without offset is a Z, and zeros are left out where nines stand`() {
        let time = GoTime(seconds: 0, nanosecond: 500_000_000)
        #expect(time.format("2006-01-02T15:04:05.999Z07:00") == "1970-01-01T00:00:00.5Z")
        #expect(GoTime(seconds: 0).format("05.999") == "00")
        #expect(time.description == "1970-01-01 00:00:00.5 +0000 UTC")
        #expect(GoTime.zero.description == "0001-01-01 00:00:00 +0000 UTC")
    }

    @Test(
        arguments: [
            ("2006-01-02", "2023-11-14", 1_699_920_000), ("2006-01-02T15:04:05Z07:00", "2023-11-14T22:13:20Z", 1_700_000_000),
            ("2006-01-02T15:04:05Z07:00", "2023-11-14T23:13:20.5+01:00", 1_700_000_000),
            ("02 Jan 06 15:04 MST", "14 Nov 23 22:13 UTC", 1_699_999_980),
            ("Jan _2 2006 3:04PM", "Nov  4 2023 11:59PM", 1_699_142_340), ("15:04", "12:30", -62_135_551_800),
            ("02/Jan/2006:15:04:05 -0700", "14/Nov/2023:22:13:20 -0100", 1_700_003_600),
            ("2006 002", "2023 318", 1_699_920_000), ("Monday January 2 2006", "tuesday NOVEMBER 14 2023", 1_699_920_000),
            ("05", "59", -62_135_596_741),
        ] as [(String, String, Int64)])
    func `layouts are read`(layout: String, text: String, seconds: Int64) throws {
        let time = try #require(GoTime(parsing: text, layout: layout))
        #expect(time.seconds == seconds)
    }

    @Test(arguments: [
        ("2006-01-02", "2023-02-30"), ("2006-01-02", "2023-13-01"), ("2006-01-02", "2023-1-02"), ("2006-01-02", "2023-01-02x"),
        ("15:04", "24:00"), ("Jan", "Foo"),
        ("MST", "x"), ("-0700", "0700"), (".000", ".12"), ("2006 002", "2023 366"), ("3PM", "13PM"),
    ])
    func `what does not fit a layout is no time`(layout: String, text: String) {
        #expect(GoTime(parsing: text, layout: layout) == nil)
    }

    @Test func `zones change their offsets`() throws {
        let berlin = GoTimeZone(
            name: "Europe/Berlin",
            periods: [
                .init(start: .min, offsetSeconds: 3600, abbreviation: "CET"),
                .init(start: 1_679_792_400, offsetSeconds: 7200, abbreviation: "CEST"),
                .init(start: 1_698_541_200, offsetSeconds: 3600, abbreviation: "CET"),
            ])
        #expect(GoTime(seconds: 1_679_792_399, zone: berlin).format("15:04:05 MST") == "01:59:59 CET")
        #expect(GoTime(seconds: 1_679_792_400, zone: berlin).format("15:04:05 -0700") == "03:00:00 +0200")
        #expect(GoTime(parsing: "2023-07-01 12:00", layout: "2006-01-02 15:04", zone: berlin)?.seconds == 1_688_205_600)
        #expect(GoTime(parsing: "2023-12-01 12:00", layout: "2006-01-02 15:04", zone: berlin)?.seconds == 1_701_428_400)
        #expect(GoTime(parsing: "2023-07-01 12:00 CEST", layout: "2006-01-02 15:04 MST", zone: berlin)?.seconds == 1_688_205_600)
    }

    @Test func `what is written is read back`() throws {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        let layouts = [
            "2006-01-02T15:04:05.000000000Z07:00", "Mon, 02 Jan 2006 15:04:05.999999999 -0700", "2006-002 3:04:05.000000000 PM -07:00:00",
        ]
        for _ in 0..<1000 {
            let zone = GoTimeZone.fixed(offsetSeconds: Int.random(in: -23 * 60...23 * 60, using: &generator) * 60, abbreviation: "")
            let time = GoTime(
                seconds: .random(in: -60_000_000_000...250_000_000_000, using: &generator),
                nanosecond: .random(in: 0...999_999_999, using: &generator), zone: zone)
            let layout = layouts.randomElement(using: &generator) ?? ""
            #expect(GoTime(parsing: time.format(layout), layout: layout) == time, "seed \(generator.seed): \(layout)")
        }
    }

    @Test func `random layouts and texts never trap`() {
        var generator = SeededGenerator(seed: 22)
        let pieces = [
            "2006", "01", "_2", "15", "3", "PM", ".000", ",999", "Z07:00", "-0700", "MST", "Jan", "x", " ", "-", "12", "Mon", "002", "é",
            "99999999999",
        ]
        for _ in 0..<3000 {
            let layout = (0..<Int.random(in: 0...6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            let text = (0..<Int.random(in: 0...6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            _ = GoTime(parsing: text, layout: layout)
            _ = GoTime(seconds: Int64(bitPattern: generator.next()), zone: .fixed(offsetSeconds: 3600, abbreviation: "X")).format(layout)
        }
    }
}

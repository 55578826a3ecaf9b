internal import Testing

@testable internal import CommandLineClient

struct ArgumentTests {
    private let now: Int64 = 1_700_000_000_000

    @Test(
        arguments: [
            ("now", 1_700_000_000_000), ("now-5m", 1_699_999_700_000), ("now+90", 1_700_000_090_000), ("1234", 1_234_000),
            ("1234.5", 1_234_500),
            ("-1", -1000), ("2023-11-14T22:13:20Z", 1_700_000_000_000), ("2023-11-14T23:13:20.5+01:00", 1_700_000_000_500),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("1969-12-31T23:59:59.999Z", -1),
        ] as [(String, Int64)])
    func `times are read`(text: String, expected: Int64) throws {
        #expect(try TimeArgument.time(text, now: now, option: "--at") == expected)
    }

    @Test(arguments: ["", "tomorrow", "now-", "nowish", "now-0s", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "1e300", "nan"])
    func `what is no time is refused with the option named`(text: String) {
        let error = #expect(throws: ClientError.self) { try TimeArgument.time(text, now: now, option: "--at") }
        #expect(error?.status == .usage)
        #expect(error?.message.hasPrefix("--at: ") == true)
    }

    @Test(arguments: [("5m", 300_000), ("1h30m", 5_400_000), ("15", 15_000), ("0.5", 500), ("7d", 604_800_000)] as [(String, Int64)])
    func `durations are read`(text: String, expected: Int64) throws {
        #expect(try TimeArgument.duration(text, option: "--step") == expected)
    }

    @Test(arguments: ["", "0", "0s", "-5", "5x", "inf", "1e300", "300y"])
    func `what is no duration is refused`(text: String) {
        #expect(throws: ClientError.self) { try TimeArgument.duration(text, option: "--step") }
    }

    @Test func `the terminal is judged by its environment`() {
        let window = (width: 120, height: 40)
        #expect(
            Terminal(environment: ["LANG": "en_GB.UTF-8"], window: window)
                == Terminal(width: 120, height: 40, hasColor: true, isWindow: true))
        #expect(Terminal(environment: [:], window: nil) == Terminal(width: 80, height: 24, hasColor: false))
        #expect(!Terminal(environment: ["NO_COLOR": "1"], window: window).hasColor)
        #expect(Terminal(environment: ["NO_COLOR": ""], window: window).hasColor)
        #expect(!Terminal(environment: ["TERM": "dumb"], window: window).hasUnicode)
        #expect(!Terminal(environment: ["LC_ALL": "POSIX", "LANG": "C.UTF-8"], window: window).hasUnicode)
        #expect(Terminal(environment: ["LC_ALL": "", "LANG": "de_DE.utf8@euro"], window: window).hasUnicode)
        #expect(Terminal(environment: ["COLUMNS": "33"], window: window).width == 33)
    }
}

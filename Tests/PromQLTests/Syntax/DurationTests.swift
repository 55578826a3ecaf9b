internal import PromQL
internal import QueryModel
internal import Testing

struct DurationTests {
    @Test(
        arguments: [
            ("0", 0), ("0s", 0), ("1ms", 1), ("90s", 90_000), ("1h30m", 5_400_000), ("1d", 86_400_000), ("1w", 604_800_000),
            ("1y", 31_536_000_000), ("1y2w3d4h5m6s7ms", 33_019_506_007), ("292y", 9_208_512_000_000),
        ] as [(String, Int64)])
    func `durations are read`(text: String, milliseconds: Int64) throws { #expect(try PromQLDuration.parse(text) == milliseconds) }

    @Test(arguments: [
        ("", "empty duration string"), ("1", "not a valid duration string: \"1\""), ("m", "not a valid duration string: \"m\""),
        ("1m1h", "not a valid duration string: \"1m1h\""), ("1m1m", "not a valid duration string: \"1m1m\""),
        ("1h-5m", "unknown unit \"h-\" in duration \"1h-5m\""), ("5x", "unknown unit \"x\" in duration \"5x\""),
        ("-5m", "not a valid duration string: \"-5m\""), ("300y", "duration out of range"),
        ("1.5h", "unknown unit \".\" in duration \"1.5h\""),
    ])
    func `what is no duration is refused`(text: String, message: String) {
        let error = #expect(throws: QueryError.self) { try PromQLDuration.parse(text) }
        #expect(error?.message == message)
    }

    @Test(
        arguments: [
            (0, "0s"), (1, "1ms"), (1500, "1s500ms"), (5_400_000, "1h30m"), (604_800_000, "1w"), (691_200_000, "8d"),
            (31_536_000_000, "1y"),
            (31_622_400_000, "366d"), (-300_000, "-5m"),
        ] as [(Int64, String)])
    func `durations are printed`(milliseconds: Int64, text: String) { #expect(PromQLDuration.text(milliseconds: milliseconds) == text) }
}

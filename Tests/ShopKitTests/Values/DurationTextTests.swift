internal import ShopKit
internal import Testing

@Suite struct DurationTextTests {
    @Test func `durations are read as people write them`() {
        #expect(DurationText.parse("60s") == .seconds(60))
        #expect(DurationText.parse("250ms") == .milliseconds(250))
        #expect(DurationText.parse("1.5m") == .seconds(90))
        #expect(DurationText.parse("2h") == .seconds(7200))
        #expect(DurationText.parse("45") == .seconds(45))
    }

    @Test(arguments: ["", "s", "x", "-5s", "5w", "nans", "infd", "1e30d", "5 s"])
    func `what is no duration is refused`(text: String) { #expect(DurationText.parse(text) == nil) }
}

internal import LogQL
internal import Testing

@testable internal import HTTPAPI

@Suite struct LokiParameterTests {
    private static let now: Int64 = 1_700_000_000_000_000_000
    private static let hour: Int64 = 3_600_000_000_000

    private func parameters(_ pairs: KeyValuePairs<String, String>) -> FormParameters {
        var parameters = FormParameters()
        parameters.add(encoded: TestConnection.form(pairs.map { ($0.key, $0.value) }).utf8)
        return parameters
    }

    private func message(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch let failure as APIFailure {
            return failure.kind == .badData ? failure.message : "\(failure.kind): \(failure.message)"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("1700000000", 1_700_000_000_000_000_000), ("1700000000.25", 1_700_000_000_250_000_000), ("12.0", 12_000_000_000),
        ("1700000000000000001", 1_700_000_000_000_000_001), ("17000000000", 17_000_000_000), ("0", 0), ("-5", -5_000_000_000),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000), ("2023-11-14T22:13:20.000000001Z", 1_700_000_000_000_000_001),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000_000_000_000), ("4000000000", 4_000_000_000_000_000_000), ("9999999999", Int64.max),
        ("99999999999999.5", Int64.max), ("0000-01-01T00:00:00Z", Int64.min), ("9999-01-01T00:00:00Z", Int64.max),
    ])
    func `times are seconds, nanoseconds or RFC 3339`(text: String, nanoseconds: Int64) throws {
        #expect(try parameters(["time": text]).logTime("time") == nanoseconds)
    }

    @Test(arguments: [
        ("yesterday", #"strconv.ParseInt: parsing "yesterday": invalid syntax"#),
        ("99999999999999999999", #"strconv.ParseInt: parsing "99999999999999999999": value out of range"#),
        ("2023-13-14T22:13:20Z", #"strconv.ParseInt: parsing "2023-13-14T22:13:20Z": invalid syntax"#),
        ("1.2.3", #"strconv.ParseInt: parsing "1.2.3": invalid syntax"#),
    ])
    func `what is no time is refused in Loki's words`(text: String, reason: String) {
        #expect(message { _ = try parameters(["time": text]).logTime("time") } == reason)
        #expect(message { _ = try parameters(["start": text]).logRange(now: 0) } == "could not parse 'start' parameter: " + reason)
        #expect(message { _ = try parameters(["end": text]).logRange(now: 0) } == "could not parse 'end' parameter: " + reason)
    }

    @Test func `a range is the last hour unless told otherwise`() throws {
        let (now, hour) = (LokiParameterTests.now, LokiParameterTests.hour)
        #expect(try parameters([:]).logRange(now: now) == LogRange(start: now - hour, end: now))
        #expect(try parameters(["since": "5m"]).logRange(now: now) == LogRange(start: now - hour / 12, end: now))
        #expect(try parameters(["end": "1600000000"]).logRange(now: now).start == 1_600_000_000_000_000_000 - hour)
        // An end to come leaves the hour before now.
        #expect(try parameters(["end": "1800000000"]).logRange(now: now) == LogRange(start: now - hour, end: 1_800_000_000_000_000_000))
        #expect(try parameters(["start": "1", "since": "5m"]).logRange(now: now).start == 1_000_000_000)
        #expect(
            message { _ = try parameters(["since": "x"]).logRange(now: now) }
                == #"could not parse 'since' parameter: not a valid duration string: "x""#)
        #expect(
            message { _ = try parameters(["start": "20", "end": "10"]).orderedLogRange(now: now) }
                == "end timestamp must not be before or equal to start time")
        #expect(try parameters(["start": "10", "end": "10"]).orderedLogRange(now: now).length == 0)
    }

    @Test func `a step is a 250th of the range unless told otherwise`() throws {
        let hour = LogRange(start: 0, end: LokiParameterTests.hour)
        #expect(try parameters([:]).logStep(hour) == 14_000_000_000)
        #expect(try parameters([:]).logStep(LogRange(start: 0, end: 10)) == 1_000_000_000)
        #expect(try parameters(["step": "15"]).logStep(hour) == 15_000_000_000)
        #expect(try parameters(["step": "0.5"]).logStep(hour) == 500_000_000)
        #expect(try parameters(["step": "60000ms"]).logStep(hour) == 60_000_000_000)
        #expect(try parameters(["step": "1m"]).logStep(hour) == 60_000_000_000)
        for step in ["0", "-1", "0s"] {
            #expect(
                message { _ = try parameters(["step": step]).logStep(hour) }
                    == "zero or negative query resolution step widths are not accepted. Try a positive integer")
        }
        #expect(
            message { _ = try parameters(["step": "0.3"]).logStep(hour) }
                == "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter")
        #expect(message { _ = try parameters(["step": "x"]).logStep(hour) } == #"cannot parse "x" to a valid duration"#)
        #expect(
            message { _ = try parameters(["step": "1e300"]).logStep(hour) }
                == #"cannot parse "1e300" to a valid duration. It overflows int64"#)
        #expect(message { _ = try parameters(["step": "1"]).logStep(LogRange(start: .min, end: .max)) } != nil)
    }

    @Test func `counts, directions, intervals and delays`() throws {
        #expect(try parameters([:]).logLimit() == 100)
        #expect(try parameters(["limit": "7"]).logLimit() == 7)
        for limit in ["0", "-3"] {
            #expect(message { _ = try parameters(["limit": limit]).logLimit() } == "limit must be a positive value")
        }
        #expect(message { _ = try parameters(["limit": "x"]).logLimit() } == #"strconv.Atoi: parsing "x": invalid syntax"#)
        #expect(
            message { _ = try parameters(["limit": "99999999999"]).logLimit() } == "limit value 99999999999 is out of range [0, 4294967295]"
        )
        #expect(try parameters([:]).logDirection() == .backward)
        #expect(try parameters(["direction": "FORWARD"]).logDirection() == .forward)
        #expect(try parameters(["direction": "backward"]).logDirection() == .backward)
        #expect(message { _ = try parameters(["direction": "up"]).logDirection() } == "invalid direction 'up'")
        #expect(try parameters(["interval": "5s"]).logInterval() == 5_000_000_000)
        #expect(message { _ = try parameters(["interval": "-1"]).logInterval() } == "interval must be >= 0")
        #expect(try parameters([:]).tailDelay() == 0)
        #expect(try parameters(["delay_for": "5"]).tailDelay() == 5)
        #expect(message { _ = try parameters(["delay_for": "6"]).tailDelay() } == "delay_for can't be greater than 5")
        #expect(message { _ = try parameters(["delay_for": "-1"]).tailDelay() } == "delay_for value -1 is out of range [0, 4294967295]")
    }
}

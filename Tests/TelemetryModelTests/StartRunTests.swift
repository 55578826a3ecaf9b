import TelemetryModel
import Testing

@Suite struct StartRunTests {
    private func run(_ first: Timestamp, _ last: Timestamp, _ start: Timestamp) -> StartRun {
        StartRun(samples: TimeRange(start: first, end: last), start: start)
    }

    @Test func samplesOutsideOfAllRunsHaveNoStart() {
        let runs = [run(20, 40, 5), run(60, 60, 55)]
        #expect(runs.starts(of: [10, 20, 30, 40, 50, 60, 70]) == [0, 5, 5, 5, 0, 55, 0])
        #expect([StartRun]().starts(of: [1, 2]) == [0, 0])
        #expect(runs.starts(of: []) == [])
    }

    @Test func theLaterOfOverlappingRunsHolds() {
        #expect([run(0, 100, 1), run(40, 60, 2)].starts(of: [0, 40, 60, 61]) == [1, 2, 2, 1])
        #expect([run(40, 60, 2), run(0, 100, 1)].starts(of: [0, 40, 60, 61]) == [1, 1, 1, 1])
    }
}

internal import Testing

@testable internal import ShopLoad

@Suite struct SummaryTests {
    @Test func `a page says what became of all visits`() {
        var summary = Summary()
        for number in 1...100 {
            summary.moved("browse", in: .milliseconds(number))
            summary.moved("order", in: .milliseconds(number * 20), problem: number > 90 ? "503" : number > 88 ? "402" : nil)
            summary.visited(number > 90 ? .failed : number > 40 ? .browsed : .bought, in: .milliseconds(number * 100))
        }
        summary.turnAway()
        #expect(
            summary.text(steps: ["browse", "look", "order"], elapsed: .seconds(61)) == """
                100 visits in 61.0 s, 1 turned away
                  bought                 40    40 %
                  browsed                50    50 %
                  refused                 0     0 %
                  failed                 10    10 %
                  a visit took 5.1 s (p50), 9.9 s (p99)
                step                  count       p50       p99  problems
                  browse                100     51 ms     99 ms
                  order                 100     1.0 s     2.0 s  10 × 503, 2 × 402
                """)
    }

    @Test func `no visits make a page, too`() {
        #expect(Summary().text(steps: ["browse"], elapsed: .seconds(1)).hasPrefix("0 visits in 1.0 s\n  bought                  0     0 %"))
    }

    @Test func `quantiles of many times are about right in bounded memory`() throws {
        var sample = Summary.Sample()
        for number in 0..<50_000 { sample.add(.milliseconds(number)) }
        let median = try #require(sample.quantile(0.5)) / .milliseconds(1)
        #expect((22_000...28_000).contains(median))
    }
}

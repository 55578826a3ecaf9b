internal import TelemetryModel
internal import Testing

@testable internal import CommandLineClient

struct TraceDiffTests {
    private static let before = """
        1 - checkout POST_/checkout 0 312
        2 1 cart GET_/cart 4 24
        3 2 cart SELECT 8 20
        4 1 payments charge 30 290
        5 4 payments validate 32 36
        6 1 audit log 30 100
        """
    private static let after = """
        11 - checkout POST_/checkout 0 520
        12 1 lost orphan 1 2
        13 11 cart GET_/cart 4 26
        14 13 cart SELECT 8 20
        15 13 cart SELECT 20 24
        16 11 payments charge 30 500 declined
        17 16 fraud score 40 450
        18 17 fraud rules 50 60
        """

    private func diff(_ a: String, _ b: String) -> TraceDiff { TraceDiff(TraceNotation.tree(a), TraceNotation.tree(b)) }

    @Test func `spans are paired by service, name and place`() {
        let diff = diff(TraceDiffTests.before, TraceDiffTests.after)
        let rows = diff.rows.map { row in
            String(repeating: ".", count: row.branch.depth) + "\(row.first.map { diff.first.spans[$0].spanID.bits } ?? 0)"
                + "/\(row.second.map { diff.second.spans[$0].spanID.bits } ?? 0)"
        }
        #expect(rows == ["1/11", ".2/13", "..3/14", "..0/15", ".4/16", "..5/0", "..0/17", "...0/18", ".6/0", "0/12"])
        #expect(!diff.isAlike)
        #expect(self.diff(TraceDiffTests.before, TraceDiffTests.before).isAlike)
    }

    @Test func `the picture has both times, the change, and sums by service`() {
        let text = TraceDiffRenderer(terminal: Terminal(width: 80), diff: diff(TraceDiffTests.before, TraceDiffTests.after)).render()
        #expect(
            text == """
                A  5b8aa5a2d2c872e8321cf37308d69df2  22:40:28  312ms  6 spans
                B  5b8aa5a2d2c872e8321cf37308d69df2  22:40:28  520ms  8 spans  1 error

                  SPAN                         A      B   CHANGE
                  checkout POST /checkout  312ms  520ms   +208ms       +67%
                  ├ cart GET /cart          20ms   22ms     +2ms       +10%
                  │ ├ cart SELECT           12ms   12ms      ±0s
                + │ └ cart SELECT              -    4ms    added
                ! ├ ✗ payments charge      260ms  470ms   +210ms  now fails
                - │ ├ payments validate      4ms      -  removed
                + │ └ fraud score              -  410ms    added
                + │   └ fraud rules            -   10ms    added
                - └ audit log               70ms      -  removed
                + lost orphan                  -    1ms    added

                SERVICE   SPANS  ERRORS  SELF TIME A      B  CHANGE
                fraud     0 → 2       0           0s  410ms  +410ms
                payments  2 → 1   0 → 1        260ms   60ms  -200ms
                audit     1 → 0       0         70ms     0s   -70ms
                checkout      1       0         32ms   28ms    -4ms
                cart      2 → 3       0         20ms   22ms    +2ms
                lost      0 → 1       0           0s    1ms    +1ms

                4 spans added, 2 spans removed, 1 span now failing; in all +208ms (+67%)

                """)
    }

    @Test func `large traces show what differs and count the rest`() {
        var lines = ["1 - a root 0 1000"]
        for number in 2...80 { lines.append("\(number) 1 a step\(number) 0 10") }
        let before = lines.joined(separator: "\n")
        lines[40] = "41 1 a step41 0 500"
        let text = TraceDiffRenderer(terminal: Terminal(width: 80), diff: diff(before, lines.joined(separator: "\n"))).render()
        #expect(text.contains("├ a step41"))
        #expect(text.contains("+490ms"))
        #expect(text.contains("⋯ 39 spans alike"))
        #expect(text.contains("same spans; in all ±0s"))
        #expect(text.split(separator: "\n").count < 14)
        let all = TraceDiffRenderer(terminal: Terminal(width: 80), diff: diff(before, before), isAll: true).render()
        #expect(all.contains("step80"))
    }

    @Test func `JSON has every span of both`() {
        let json = TraceDiffRenderer(terminal: Terminal(), diff: diff("1 - a x 0 1", "2 - a x 0 2 bad")).json()
        #expect(
            json == """
                {"a":{"durationNanos":"1000000","spans":1,"startTimeUnixNano":"1795819228125000000","traceID":"5b8aa5a2d2c872e8321cf37308d69df2"},\
                "b":{"durationNanos":"2000000","spans":1,"startTimeUnixNano":"1795819228125000000","traceID":"5b8aa5a2d2c872e8321cf37308d69df2"},\
                "isAlike":false,"services":[{"errors":[0,1],"selfNanos":["1000000","2000000"],"service":"a","spans":[1,1]}],\
                "spans":[{"a":{"durationNanos":"1000000","isError":false,"spanID":"0000000000000001"},\
                "b":{"durationNanos":"2000000","isError":true,"spanID":"0000000000000002"},"change":"same","depth":0,"name":"x","service":"a"}]}

                """)
    }

    @Test func `ten thousand spans are compared`() {
        var chain = "1 - a n 0 1"
        for number in 2...10_000 { chain += "\n\(number) \(number - 1) a n 0 1" }
        let diff = diff(chain, chain)
        #expect(diff.rows.count == 10_000)
        #expect(diff.isAlike)
        #expect(!TraceDiffRenderer(terminal: Terminal(width: 80), diff: diff).render().isEmpty)
    }
}

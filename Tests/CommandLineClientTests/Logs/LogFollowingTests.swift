internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import CommandLineClient

@Suite struct LogFollowingTests {
    private func entry(_ seconds: Int64, _ line: String = "x", stream: LabelSet = ["a": "b"]) -> LogEntry {
        LogEntry(time: seconds * 1_000_000_000, line: line, stream: stream)
    }

    @Test func `equal lines are reported as often as the server has them`() {
        var following = LogFollowing(start: 0)
        #expect(following.take([entry(1), entry(1)]).count == 2)
        following.reconnected()
        #expect(following.take([entry(1), entry(1)]).isEmpty)
        #expect(following.take([entry(1)]).count == 1)
        #expect(following.take([entry(1, "y"), entry(1, stream: ["a": "c"])]).count == 2)
    }

    @Test func `a connection begins before the newest line, never before the first one began`() {
        var following = LogFollowing(start: 100_000_000_000)
        #expect(following.nextStart == 100_000_000_000)
        _ = following.take([entry(110)])
        #expect(following.nextStart == 100_000_000_000)
        _ = following.take([entry(150)])
        #expect(following.nextStart == 120_000_000_000)
    }

    @Test func `lines from before those that it began with are not brought by a later connection`() {
        var following = LogFollowing(start: 0, limit: 2)
        #expect(following.take([entry(10, "b")]).count == 1)
        // Nobody knows yet whether there were more.
        #expect(following.nextStart == 0)
        #expect(following.take([entry(11, "c")]).count == 1)
        #expect(following.nextStart == 10_000_000_000)
        following.reconnected()
        #expect(following.take([entry(10, "b"), entry(11, "c"), entry(12, "d"), entry(13, "e")]).count == 2)
        #expect(following.nextStart == 10_000_000_000)
    }

    @Test func `memory does not grow with the lines`() {
        var following = LogFollowing(start: 0)
        for second in Int64(0)..<200_000 { _ = following.take([entry(second)]) }
        #expect(following.remembered < 10_000)
    }

    /// A server that keeps lines, some of which come late, and a client whose connections end at random moments.
    @Test(arguments: 0..<30)
    func `no line is lost or doubled, whenever connections end`(round: Int) {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededGenerator(seed: seed)
        var stored: [LogEntry] = []
        var following = LogFollowing(start: 0)
        var reported: [LogEntry] = []
        var isConnected = false
        var sent = 0
        for now in Int64(100)..<600 {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                // As late as the overlap allows.
                stored.append(entry(now - Int64.random(in: 0...8, using: &random), "line \(Int.random(in: 0...2, using: &random))"))
            }
            if !isConnected, Int.random(in: 0..<4, using: &random) == 0 {
                isConnected = true
                let start = following.nextStart
                reported += following.take(LogEntry.inOrder(stored.filter { $0.time >= start }))
                sent = stored.count
            } else if isConnected {
                // What was sent last may be lost with the connection.
                let upTo = Int.random(in: sent...stored.count, using: &random)
                reported += following.take(Array(stored[sent..<upTo]))
                sent = upTo
                if Int.random(in: 0..<10, using: &random) == 0 {
                    isConnected = false
                    following.reconnected()
                }
            }
        }
        if !isConnected {
            let start = following.nextStart
            reported += following.take(LogEntry.inOrder(stored.filter { $0.time >= start }))
        } else {
            reported += following.take(Array(stored[sent...]))
        }
        func key(_ entry: LogEntry) -> String { "\(entry.time) \(entry.line)" }
        #expect(reported.map(key).sorted() == stored.map(key).sorted(), "seed \(seed)")
    }
}

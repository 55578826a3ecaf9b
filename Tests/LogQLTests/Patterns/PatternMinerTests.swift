internal import TestSupport
internal import Testing

@testable internal import LogQL

struct PatternMinerTests {
    private let second: Int64 = 1_000_000_000

    private func mine(_ lines: [String], level: String = "", limits: PatternLimits = PatternLimits()) -> [MinedPattern] {
        var miner = PatternMiner(stepNanoseconds: second, limits: limits)
        for line in lines { miner.add(Array(line.utf8)[...], time: 0, level: level.utf8) }
        return miner.patterns
    }

    @Test func `what differs between lines becomes a gap`() {
        let found = mine(["user 17 logged in from 10.0.0.1", "user 18 logged in from 10.0.0.2", "user bob logged in from 10.0.0.1"])
        #expect(found.map(\.pattern) == ["user <_> logged in from <_>"])
        #expect(found.map(\.count) == [3])
    }

    @Test func `lines of another shape are another pattern`() {
        let found = mine([
            "GET /a/1 took 5 ms", "GET /a/2 took 7 ms", "connection to db-1 was lost", "connection to db-2 was lost", "GET /a/3 took 9 ms",
        ])
        #expect(found.map(\.pattern) == ["GET <_> took <_> ms", "connection to <_> was lost"])
        #expect(found.map(\.count) == [3, 2])
    }

    @Test func `values of logfmt differ as a whole, and times always do`() {
        let found = mine([
            #"ts=2026-01-01T00:00:00Z level=info msg="request done" path=/a/1 duration=5ms"#,
            #"ts=2026-01-01T00:00:01Z level=info msg="request done" path=/a/2 duration=7ms"#,
        ])
        #expect(found.map(\.pattern) == [#"ts=<_> level=info msg="request done" path=<_> duration=<_>"#])
    }

    @Test func `of JSON only the message counts`() {
        let found = mine([
            #"{"id":1,"msg":"user 1 was added to group"}"#, #"{"msg":"user 2 was added to group","id":7}"#,
            #"{"other":"no message at all"}"#,
        ])
        #expect(found.map(\.pattern) == ["<_>user <_> was added to group<_>"])
    }

    @Test func `marks are tokens of their own`() {
        #expect(mine(["a (x1, y1) b c", "a (z2, w2) b c"]).map(\.pattern) == ["a (<_>, <_>) b c"])
        #expect(mine(["start [1] end of it", "start [22] end of it"]).map(\.pattern) == ["start [<_>] end of it"])
    }

    @Test func `lines with few or very many tokens are left out`() {
        #expect(mine(["a b c", "", "x"]).isEmpty)
        #expect(mine([String(repeating: "a ", count: 90)]).isEmpty)
        #expect(mine([String(repeating: "abcdef ", count: 500)]).isEmpty)
    }

    @Test func `lines are counted by level and step`() {
        var miner = PatternMiner(stepNanoseconds: 10 * second)
        for (time, level) in [(0, "info"), (9, "info"), (10, "info"), (-1, "info"), (5, "error"), (3, "info")] {
            miner.add(Array("one line of text \(time)".utf8)[...], time: Int64(time) * second, level: level.utf8)
        }
        let info = miner.patterns.first { $0.level == "info" }
        #expect(info?.samples == [.init(time: -10 * second, count: 1), .init(time: 0, count: 3), .init(time: 10 * second, count: 1)])
        #expect(miner.patterns.first { $0.level == "error" }?.count == 1)
    }

    @Test func `words without digits tell lines apart until there are too many of them`() {
        let words = (0..<40).map { index in String((0..<3).map { Character(["p", "q", "r", "s"][(index >> (2 * $0)) & 3]) }) }
        let found = mine(words.map { "the state became \($0) just now" })
        #expect(found.count == PatternLimits().branchesMax)
        #expect(found.first?.pattern == "the state became <_> just now")
        #expect(found.first?.count == 40 - PatternLimits().branchesMax + 1)
    }

    @Test func `the order in which lines come does not matter to their counts`() {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        let times = (0..<200).map { _ in Int64.random(in: -20...20, using: &generator) }
        var miner = PatternMiner(stepNanoseconds: second)
        for time in times { miner.add(Array("a line that is known".utf8)[...], time: time * second, level: "".utf8) }
        let expected = Dictionary(grouping: times) { $0 }.sorted { $0.key < $1.key }.map {
            MinedPattern.Sample(time: $0.key * second, count: $0.value.count)
        }
        #expect(miner.patterns.map(\.samples) == [expected], "seed \(generator.seed)")
    }

    @Test func `what several miners found is joined`() {
        let one = mine(["a b c d 1", "a b c d 2"])
        let two = mine(["a b c d 3", "a b c d 4"])
        let joined = PatternMiner.merged(one + two)
        #expect(joined.map(\.pattern) == ["a b c d <_>"])
        #expect(joined.map(\.count) == [4])
    }

    @Test func `a pattern matches the lines that it was made of`() throws {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        let templates = [
            "alpha request # took # ms", "beta user=# did # things", "gamma [#] closed (code: #)", "delta # of # parts are ready",
        ]
        for _ in 0..<20 {
            var lines: [[String]] = templates.map { _ in [] }
            var miner = PatternMiner(stepNanoseconds: second)
            for _ in 0..<60 {
                let kind = Int.random(in: 0..<templates.count, using: &generator)
                let line = templates[kind].split(separator: "#", omittingEmptySubsequences: false)
                    .joined(separator: String(Int.random(in: 0...9999, using: &generator)))
                lines[kind].append(line)
                miner.add(Array(line.utf8)[...], time: 0, level: "x".utf8)
            }
            let patterns = miner.patterns
            #expect(patterns.reduce(0) { $0 + $1.count } == 60, "seed \(generator.seed)")
            for group in lines where !group.isEmpty {
                let fitting = try patterns.filter { pattern in
                    let filter = try PatternFilter(pattern.pattern)
                    return group.allSatisfy { line in Array(line.utf8).withUnsafeBytes { filter.matches($0) } }
                }
                #expect(fitting.map(\.count) == [group.count], "seed \(generator.seed): \(patterns.map(\.pattern))")
            }
        }
    }

    @Test func `memory is bounded by the number of patterns, whatever the lines are`() {
        var limits = PatternLimits()
        limits.patternsMax = 20
        var generator = SeededGenerator(seed: 41)
        var miner = PatternMiner(stepNanoseconds: second, limits: limits)
        for _ in 0..<3000 {
            let words = (0..<Int.random(in: 4...12, using: &generator)).map { _ in
                String((0..<4).map { _ in Character(["a", "b", "c", "d", "e"].randomElement(using: &generator) ?? "a") })
            }
            miner.add(Array(words.joined(separator: " ").utf8)[...], time: 0, level: "l\(Int.random(in: 0...30, using: &generator))".utf8)
        }
        #expect(miner.patterns.count <= 20 * 17)
        // What is common again and again is found nevertheless.
        for index in 0..<50 { miner.add(Array("a well known line number \(index)".utf8)[...], time: 0, level: "l0".utf8) }
        #expect(miner.patterns.contains { $0.pattern == "a well known line number <_>" && $0.count == 50 })
    }

    @Test func `random bytes never trap`() {
        var generator = SeededGenerator(seed: 42)
        var miner = PatternMiner(stepNanoseconds: 1)
        let pieces = ["{", "}", "\"", "msg", ":", "=", " ", "  ", "a", "1", "\\", ",", "é", "<_>", "ts=", "[", "\u{7f}"].map {
            Array($0.utf8)
        }
        for _ in 0..<5000 {
            var line = (0..<Int.random(in: 0...20, using: &generator)).flatMap { _ in pieces.randomElement(using: &generator) ?? [] }
            if Bool.random(using: &generator) { line.append(UInt8.random(in: 0...255, using: &generator)) }
            miner.add(line[...], time: Int64(bitPattern: generator.next()), level: "x".utf8)
        }
        #expect(miner.patterns.allSatisfy { $0.count > 0 && !$0.pattern.isEmpty })
    }
}

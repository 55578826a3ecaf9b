internal import Foundation
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import CommandLineClient

struct TraceTailTests {
    private func found(_ id: UInt64, start: UInt64 = 0, root: String = "shop") -> TraceSummary {
        TraceSummary(
            traceID: TraceID(high: 0, low: id), rootService: root, rootName: root.isEmpty ? "" : "op", start: start,
            durationMilliseconds: 1, matched: 1, spans: [], services: [:])
    }

    private static let second: UInt64 = 1_000_000_000

    @Test func `a trace comes once, the oldest first`() {
        var tail = TraceTail(start: 0)
        #expect(tail.take([found(2, start: 9), found(1, start: 5)], now: 100).map(\.traceID.low) == [1, 2])
        #expect(tail.take([found(2, start: 9), found(3, start: 7), found(1, start: 5)], now: 200).map(\.traceID.low) == [3])
        #expect(tail.take([found(1), found(2), found(3)], now: 300).isEmpty)
    }

    @Test func `a trace without a root waits for it, but not for ever`() {
        var tail = TraceTail(start: 0)
        #expect(tail.take([found(1, root: ""), found(2, root: "")], now: 10 * TraceTailTests.second).isEmpty)
        #expect(tail.take([found(1), found(2, root: "")], now: 12 * TraceTailTests.second).map(\.traceID.low) == [1])
        #expect(tail.take([found(1), found(2, root: "")], now: 15 * TraceTailTests.second).map(\.traceID.low) == [2])
        #expect(tail.take([found(1), found(2)], now: 16 * TraceTailTests.second).isEmpty)
    }

    @Test func `searches reach back as far as spans are late, never before the start`() {
        var tail = TraceTail(start: 1000 * TraceTailTests.second)
        #expect(tail.range(now: 1010 * TraceTailTests.second).start == 1000 * TraceTailTests.second)
        _ = tail.take([], now: 1010 * TraceTailTests.second)
        #expect(tail.range(now: 1020 * TraceTailTests.second).start == 1000 * TraceTailTests.second)
        let later = tail.range(now: 2000 * TraceTailTests.second)
        #expect(later == PerchClient.TimeSpan(start: 1940 * TraceTailTests.second, end: 2000 * TraceTailTests.second))
    }

    @Test func `what is long gone is forgotten, what is still found is not`() {
        var tail = TraceTail(start: 0)
        for step in 0..<500 {
            let now = UInt64(step) * TraceTailTests.second
            let new = tail.take([found(7)] + (0..<10).map { found(UInt64(1000 + step * 10 + $0)) }, now: now)
            #expect(new.count == (step == 0 ? 11 : 10))
        }
        #expect(tail.remembered <= 1 + 121 * 10)
    }

    // MARK: Command

    /// Answers of a server one after the other; the last stays. Nil is a server that is not there.
    private func run(
        _ answers: [String?], _ options: TraceTailCommand.Options = .init()
    ) async -> (CommandStatus, CapturedOutput, [[String: String]]) {
        let asked = Mutex<[[String: String]]>([])
        let clock = Mutex<Int64>(1_700_000_000_000)
        let client = PerchClient(baseURL: "http://test") { (request: PerchClient.Request) async throws(ClientError) in
            let number = asked.withLock {
                $0.append(Dictionary(request.parameters.map { ($0.name, $0.value) }) { first, _ in first })
                return $0.count - 1
            }
            guard let answer = answers[min(number, answers.count - 1)] else {
                throw ClientError("cannot reach http://test: connection refused")
            }
            return PerchClient.Response(status: answer.hasPrefix("{") ? 200 : 400, body: Data(answer.utf8))
        }
        let captured = CapturedOutput()
        let command = TraceTailCommand(
            client: client, options: options, terminal: Terminal(),
            surroundings: .init(
                now: { clock.withLock { $0 } },
                sleep: { milliseconds in
                    clock.withLock { $0 += milliseconds }
                    return asked.withLock { $0.count } < answers.count
                }))
        let status = await command.run(output: captured.output)
        return (status, captured, asked.withLock { $0 })
    }

    private static func answer(_ ids: Int...) -> String {
        let traces = ids.map {
            "{\"traceID\":\"\($0)\",\"rootServiceName\":\"shop\",\"rootTraceName\":\"op\",\"startTimeUnixNano\":\"17\",\"durationMs\":\($0)}"
        }
        return "{\"traces\":[\(traces.joined(separator: ","))]}"
    }

    @Test func `new traces are printed as they come`() async {
        let (status, captured, asked) = await run([TraceTailTests.answer(), TraceTailTests.answer(1), TraceTailTests.answer(1, 2)])
        #expect(status == .success)
        #expect(
            captured.result == """
                00000000000000000000000000000001  00:00:00     1ms  shop op
                00000000000000000000000000000002  00:00:00     2ms  shop op

                """)
        #expect(captured.remarks == "waiting for traces that match {}; Ctrl-C ends it\n")
        #expect(asked.map { $0["start"] } == ["1700000000", "1700000000", "1700000000"])
        #expect(asked.map { $0["end"] } == ["1700000001", "1700000002", "1700000004"])
    }

    @Test func `a server that goes away is asked again, over all the time that it was gone`() async {
        let answers: [String?] = [TraceTailTests.answer()] + [String?](repeating: nil, count: 60) + [TraceTailTests.answer(1)]
        let (status, captured, asked) = await run(answers, .init(format: .json))
        #expect(status == .success)
        #expect(captured.remarks == "cannot reach http://test: connection refused; trying again\nhttp://test answers again\n")
        #expect(captured.result.hasPrefix(#"{"durationMs":1,"#))
        #expect(asked.last?["start"] == "1700000000")
    }

    @Test func `a wrong query or a server that was never there end it`() async {
        let (wrong, captured, _) = await run(["invalid TraceQL query: 1:3: parse error: x"], .init(query: "{ bad }"))
        #expect(wrong == .usage)
        #expect(captured.remarks == "error: 1:3: parse error: x\n  { bad }\n    ^\n")
        #expect(await run([nil]).0 == .failure)
        #expect(await run([TraceTailTests.answer()], .init(interval: "0")).0 == .usage)
    }
}

internal import LogQL
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import HTTPAPI

@Suite struct TailQueueTests {
    private func entry(_ time: Int64, _ line: String = "x") -> TailEntry {
        let labels: LabelSet = ["app": "a"]
        return TailEntry(time: time, labels: LogLabels(stream: labels, metadata: [:], parsed: [:], all: labels), line: Array(line.utf8))
    }

    private func all(_ queue: inout TailQueue, now: Int64 = .max) -> (times: [Int64], dropped: [Int64]) {
        var (times, dropped): ([Int64], [Int64]) = ([], [])
        while let frame = queue.next(now: now) {
            times += frame.entries.map(\.time)
            dropped += frame.dropped.map(\.time)
        }
        return (times, dropped)
    }

    @Test func `without a delay entries go out as they came, in frames of bounded size`() {
        var limits = TailQueue.Limits()
        limits.frameEntriesMax = 3
        limits.frameBytesMax = 200
        var queue = TailQueue(limits: limits)
        queue.take(new: [entry(5), entry(3), entry(9), entry(1)], mayBeFound: false)
        #expect(queue.next(now: 0)?.entries.map(\.time) == [5, 3, 9])
        #expect(queue.next(now: 0)?.entries.map(\.time) == [1])
        #expect(queue.next(now: 0) == nil && !queue.isWaiting)
        let long = String(repeating: "y", count: 150)
        queue.take(new: [entry(1, long), entry(2, long)], mayBeFound: false)
        #expect(queue.next(now: 0)?.entries.count == 1)
        #expect(queue.next(now: 0)?.entries.count == 1)
    }

    @Test func `with a delay entries wait, and go out by time`() {
        var queue = TailQueue(delay: 10)
        queue.take(new: [entry(100), entry(95)], mayBeFound: false)
        #expect(queue.next(now: 104) == nil && queue.isWaiting)
        queue.take(new: [entry(98), entry(90), entry(98, "z")], mayBeFound: false)
        #expect(all(&queue, now: 105).times == [90, 95])
        #expect(all(&queue, now: 108).times == [98, 98])
        #expect(all(&queue, now: 110).times == [100])
        #expect(queue.next(now: .min) == nil)
    }

    @Test func `what has no room is dropped, and told of up to a limit`() {
        var limits = TailQueue.Limits()
        limits.entriesMax = 2
        limits.droppedMax = 3
        var queue = TailQueue(limits: limits)
        queue.take(new: (1...8).map { entry($0) }, mayBeFound: false)
        #expect(queue.droppedCount == 6)
        let (times, dropped) = all(&queue)
        #expect(times == [1, 2] && dropped == [3, 4, 5])
        queue.drop(DroppedEntry(time: 7, labels: [:]))
        #expect(queue.next(now: 0)?.dropped.map(\.time) == [7])
    }

    @Test func `what was found comes out once, and as often as it was found`() {
        var queue = TailQueue()
        queue.take(found: [entry(1), entry(1), entry(2)])
        queue.take(new: [entry(2), entry(1), entry(3)], mayBeFound: true)
        queue.take(new: [entry(1), entry(1)], mayBeFound: true)
        #expect(all(&queue).times == [1, 1, 2, 3, 1])
        queue.forgetFound()
        queue.take(new: [entry(2)], mayBeFound: true)
        #expect(all(&queue).times == [2])
    }

    /// Whatever comes and whenever it is taken, each entry goes out or is dropped, once; with a delay by time among those that wait.
    @Test(arguments: 0..<20)
    func `no entry is lost or doubled`(round: Int) {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededGenerator(seed: seed)
        var limits = TailQueue.Limits()
        limits.entriesMax = Int.random(in: 1...50, using: &random)
        limits.frameEntriesMax = Int.random(in: 1...10, using: &random)
        limits.droppedMax = .max
        var queue = TailQueue(limits: limits, delay: round % 2 == 0 ? 0 : 20)
        var (given, got): ([Int64], [Int64]) = ([], [])
        for now in Int64(0)..<400 {
            let entries = (0..<Int.random(in: 0...3, using: &random)).map { _ in entry(now - Int64.random(in: 0...40, using: &random)) }
            given += entries.map(\.time)
            queue.take(new: entries, mayBeFound: false)
            if Bool.random(using: &random), let frame = queue.next(now: now) {
                if round % 2 == 1 { #expect(frame.entries.allSatisfy { $0.time <= now - 20 }, "seed \(seed)") }
                got += frame.entries.map(\.time) + frame.dropped.map(\.time)
            }
        }
        let (times, dropped) = all(&queue)
        #expect((got + times + dropped).sorted() == given.sorted(), "seed \(seed)")
    }
}

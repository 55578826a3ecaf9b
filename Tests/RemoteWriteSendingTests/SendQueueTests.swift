internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import TelemetryModel
internal import Testing

/// A sample of a series; series 1 is in lane 1 and so on.
func item(_ series: Int, _ entry: Int64, time: Timestamp = 0, segment: UInt64 = 1) -> QueuedItem {
    QueuedItem(
        series: UInt32(series), labels: [UInt8(truncatingIfNeeded: series)],
        element: RemoteWriteElement(time: time, .sample(Double(entry))),
        position: ItemPosition(segment: segment, entry: entry, item: Int64(series)))
}

extension SendQueue {
    /// The batch to be sent now, or nil.
    mutating func batch(_ now: Timestamp) -> SendBatch? {
        if case .send(let batch) = next(now: now) { return batch }
        return nil
    }

    mutating func accept(_ batch: SendBatch, _ now: Timestamp) {
        complete(batch.id, .accepted(rejected: ItemCounts()), now: now)
    }
}

@Suite struct SendQueueTests {
    private let start = SendState(from: ItemPosition(segment: 1, entry: 1))

    private func queue(_ configure: (inout QueueSettings) -> Void = { _ in }) -> SendQueue {
        var settings = QueueSettings()
        settings.batchItemsMax = 4
        settings.shardsMin = 2
        settings.batchDeadline = 1000
        configure(&settings)
        return SendQueue(settings, from: start)
    }

    @Test func `a batch goes when it is full, or when its oldest item has waited long enough`() {
        var queue = queue()
        for entry in 1...3 { queue.offer(item(1, Int64(entry)), lane: 1, now: 100) }
        guard case .wait(let until) = queue.next(now: 100) else { Issue.record("does not wait"); return }
        #expect(until == 1100)
        queue.offer(item(1, 4), lane: 1, now: 200)
        #expect(queue.batch(200)?.items.count == 4)
        queue.offer(item(2, 5), lane: 2, now: 300)
        #expect(queue.batch(1299) == nil)
        #expect(queue.batch(1300)?.items.map(\.series) == [2])
    }

    @Test func `a series has one batch on its way at a time, and other series are sent beside it`() {
        var queue = queue()
        for entry in 1...8 { queue.offer(item(1, Int64(entry)), lane: 1, now: 0) }
        let first = queue.batch(0)
        #expect(first?.items.map(\.position.entry) == [1, 2, 3, 4])
        #expect(queue.batch(0) == nil)
        for entry in 9...12 { queue.offer(item(2, Int64(entry)), lane: 2, now: 0) }
        #expect(queue.batch(0)?.items.map(\.position.entry) == [9, 10, 11, 12])
        if let first { queue.accept(first, 1) }
        #expect(queue.batch(1)?.items.map(\.position.entry) == [5, 6, 7, 8])
    }

    @Test func `items of a series stand together in a batch, in their order`() {
        var queue = queue { $0.batchItemsMax = 6 }
        for entry in 1...3 {
            // Both in one lane.
            queue.offer(item(1, Int64(entry)), lane: 5, now: 0)
            queue.offer(item(2, Int64(entry)), lane: 5, now: 0)
        }
        let items = queue.batch(0)?.items ?? []
        #expect(items.map(\.series) == [1, 1, 1, 2, 2, 2])
        #expect(items.map(\.position.entry) == [1, 2, 3, 1, 2, 3])
    }

    @Test func `a failing batch comes again later and later, up to the longest pause`() {
        var queue = queue {
            $0.backoffMin = 30
            $0.backoffMax = 100
        }
        for entry in 1...4 { queue.offer(item(1, Int64(entry)), lane: 1, now: 0) }
        var now: Timestamp = 0
        for (attempt, pause) in [30, 60, 100, 100].enumerated() {
            let batch = queue.batch(now)
            #expect(batch?.attempt == attempt)
            queue.complete(batch?.id ?? 0, .failed(after: nil), now: now)
            #expect(queue.batch(now + Int64(pause) - 1) == nil)
            now += Int64(pause)
        }
        #expect(queue.statistics.retried.samples == 16)
        #expect(queue.state.lowest == start.lowest)
    }

    @Test func `all batches wait for as long as the receiver says`() {
        var queue = queue()
        for entry in 1...4 { queue.offer(item(1, Int64(entry)), lane: 1, now: 0) }
        let first = queue.batch(0)
        queue.complete(first?.id ?? 0, .failed(after: 7_000), now: 0)
        for entry in 5...8 { queue.offer(item(2, Int64(entry)), lane: 2, now: 0) }
        guard case .wait(let until) = queue.next(now: 10) else { Issue.record("does not wait"); return }
        #expect(until == 7_000)
        #expect(queue.batch(7_000)?.attempt == 1)
        #expect(queue.batch(7_000)?.attempt == 0)
    }

    @Test func `what the receiver refuses is counted and not sent again`() {
        var queue = queue()
        for entry in 1...4 { queue.offer(item(1, Int64(entry)), lane: 1, now: 0) }
        queue.complete(queue.batch(0)?.id ?? 0, .refused(rejected: ItemCounts(samples: 3)), now: 0)
        #expect(queue.statistics.failed.samples == 3)
        #expect(queue.statistics.sent.samples == 1)
        #expect(queue.batch(100_000) == nil)
    }

    @Test func `items that grew too old are left out and counted once, also where a batch is sent again`() {
        var queue = queue { $0.ageMax = 1000 }
        for entry in 1...4 { queue.offer(item(1, Int64(entry), time: Int64(entry) * 100), lane: 1, now: 400) }
        let first = queue.batch(1150)
        #expect(first?.items.count == 3)
        queue.complete(first?.id ?? 0, .failed(after: nil), now: 1150)
        let second = queue.batch(1250)
        #expect(second?.items.count == 2)
        queue.complete(second?.id ?? 0, .failed(after: nil), now: 1250)
        #expect(queue.batch(9_000) == nil)
        #expect(queue.statistics.dropped[.tooOld]?.samples == 4)
        #expect(queue.statistics.pending.total == 0)
    }

    @Test func `what is read is bounded by the capacity of all shards`() {
        var queue = queue { $0.capacity = 10 }
        #expect(queue.room == 20)
        for entry in 1...15 { queue.offer(item(1, Int64(entry)), lane: 1, now: 0) }
        #expect(queue.room == 5)
    }

    @Test func `stopping sends what is there once, and keeps what the receiver does not take`() {
        var queue = queue()
        for entry in 1...6 { queue.offer(item(1, Int64(entry)), lane: 1, now: 0) }
        queue.noteRead(before: ItemPosition(segment: 1, entry: 7))
        queue.stop()
        let first = queue.batch(0)
        #expect(first?.items.count == 4)
        #expect(!queue.isDrained)
        if let first { queue.accept(first, 0) }
        let rest = queue.batch(0)
        #expect(rest?.items.count == 2)
        queue.complete(rest?.id ?? 0, .failed(after: nil), now: 0)
        #expect(queue.isDrained)
        #expect(queue.batch(9_000) == nil)
        #expect(queue.state.lowest == ItemPosition(segment: 1, entry: 5, item: 1))
    }

    @Test func `what was sent in an earlier life is not taken again, lane by lane`() {
        var queue = queue()
        for entry in 1...4 { queue.offer(item(1, Int64(entry)), lane: 1, now: 0) }
        queue.offer(item(2, 4), lane: 2, now: 0)
        queue.noteRead(before: ItemPosition(segment: 1, entry: 5))
        if let first = queue.batch(0) { queue.accept(first, 0) }
        let state = SendState(queue.state.bytes)
        #expect(state == queue.state)
        guard let state else { return }
        var second = SendQueue(queue.settings, from: state)
        for entry in 1...4 { second.offer(item(1, Int64(entry)), lane: 1, now: 0) }
        second.offer(item(2, 4), lane: 2, now: 0)
        second.offer(item(3, 4), lane: 3, now: 0)
        second.noteRead(before: ItemPosition(segment: 1, entry: 5))
        #expect(second.batch(2_000)?.items.map(\.series) == [2])
    }

    @Test func `a state is read from its own bytes only`() {
        let bytes = start.bytes
        for count in bytes.indices { #expect(SendState(Array(bytes.prefix(count))) == nil) }
        #expect(SendState(bytes + [0]) == nil)
        #expect(SendState([2] + bytes.dropFirst()) == nil)
    }

    @Test func `more requests go at once where sending takes long, and fewer when it does not`() {
        var queue = queue {
            $0.shardsMin = 1
            $0.shardsMax = 10
            $0.batchItemsMax = 10
        }
        var now: Timestamp = 0
        var entry: Int64 = 0
        func second(_ queue: inout SendQueue, secondsPerBatch: Double) {
            for _ in 0..<20 {
                entry += 1
                queue.offer(item(Int(entry) % 50, entry, time: now), lane: Int(entry) % 50, now: now)
            }
            while let batch = queue.batch(now) {
                queue.complete(batch.id, .accepted(rejected: ItemCounts()), now: now, seconds: secondsPerBatch)
            }
            now += 1000
        }
        for _ in 0..<60 { second(&queue, secondsPerBatch: 2) }
        #expect((4...6).contains(queue.statistics.shards), "\(queue.statistics.shards)")
        for _ in 0..<200 { second(&queue, secondsPerBatch: 0.01) }
        #expect(queue.statistics.shards == 1)
    }
}

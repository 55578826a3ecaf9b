internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// A receiver that fails at random, a process that is stopped and killed at random, and a journal that is read from the start each time.
private struct Simulation {
    struct Entry { var series: Int; var value: Int }

    var generator: SeededGenerator
    var journal: [[Entry]] = []
    var received: [Int: [Int]] = [:]
    var written: [Int: [Int]] = [:]
    var saved = SendState(from: ItemPosition(segment: 1, entry: 1))
    var settings = QueueSettings()
    var queue: SendQueue
    var readEntries = 0
    var flying: [SendBatch] = []
    var now: Timestamp = 0
    var kills = 0
    var unsavedAtKill = 0
    var mostAtOnce = 0

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        settings.batchItemsMax = Int.random(in: 1...20, using: &generator)
        settings.capacity = Int.random(in: 5...60, using: &generator)
        settings.shardsMin = Int.random(in: 1...6, using: &generator)
        settings.batchDeadline = Int64.random(in: 1...200, using: &generator)
        queue = SendQueue(settings, from: saved)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func append() {
        var entries: [Entry] = []
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            let series = Int.random(in: 0..<40, using: &generator)
            let value = (written[series]?.count ?? 0) + 1
            written[series, default: []].append(value)
            entries.append(Entry(series: series, value: value))
        }
        journal.append(entries)
    }

    mutating func read() {
        while queue.room > 0, readEntries < journal.count {
            let entry = Int64(readEntries + 1)
            for (index, element) in journal[readEntries].enumerated() {
                let position = ItemPosition(segment: 1, entry: entry, item: Int64(index))
                queue.offer(
                    QueuedItem(
                        series: UInt32(element.series), labels: [],
                        element: RemoteWriteElement(time: now, .sample(Double(element.value))), position: position),
                    lane: element.series % 7, now: now)
            }
            readEntries += 1
            queue.noteRead(before: ItemPosition(segment: 1, entry: entry + 1))
        }
    }

    mutating func pump() {
        while case .send(let batch) = queue.next(now: now) {
            #expect(batch.items.count <= settings.batchItemsMax)
            flying.append(batch)
        }
        mostAtOnce = max(mostAtOnce, flying.count)
    }

    mutating func deliver(_ batch: SendBatch) {
        for item in batch.items {
            if case .sample(let value) = item.element.content { received[Int(item.series), default: []].append(Int(value)) }
        }
    }

    mutating func settle() {
        guard !flying.isEmpty else { return }
        let batch = flying.remove(at: Int.random(in: 0..<flying.count, using: &generator))
        if chance(70) {
            deliver(batch)
            queue.complete(batch.id, .accepted(rejected: ItemCounts()), now: now, seconds: 0.01)
        } else {
            queue.complete(
                batch.id, chance(20) ? .failed(after: Int64.random(in: 0...300, using: &generator)) : .failed(after: nil), now: now)
        }
        saved = queue.state
    }

    /// Requests that were on their way may have reached the receiver or not.
    mutating func kill() {
        kills += 1
        for batch in flying where Bool.random(using: &generator) {
            unsavedAtKill += batch.items.count
            deliver(batch)
        }
        restart()
    }

    mutating func stop() {
        queue.stop()
        while !queue.isDrained {
            pump()
            settle()
        }
        saved = queue.state
        restart()
    }

    private mutating func restart() {
        flying = []
        readEntries = 0
        guard let state = SendState(saved.bytes) else { Issue.record("the state cannot be read again"); return }
        queue = SendQueue(settings, from: state)
    }

    mutating func finish() {
        var rounds = 0
        while readEntries < journal.count || queue.statistics.pending.total > 0 || !flying.isEmpty {
            now += 500
            read()
            pump()
            while !flying.isEmpty { settle() }
            rounds += 1
            guard rounds < 100_000 else { Issue.record("does not end, seed \(generator.seed)"); return }
        }
    }
}

@Suite struct SendQueueModelTests {
    @Test(arguments: 0..<60)
    func `nothing is lost, order holds, and only what was on its way when the process was killed comes twice`(seed: Int) {
        var world = Simulation(seed: UInt64(seed))
        let kills = seed % 3 != 0
        for _ in 0..<600 {
            world.now += Int64.random(in: 0...100, using: &world.generator)
            switch Int.random(in: 0..<20, using: &world.generator) {
            case 0..<6: world.append()
            case 6..<10: world.read()
            case 10..<14: world.pump()
            case 14..<19: world.settle()
            default:
                guard world.chance(20) else { break }
                if kills && world.chance(50) { world.kill() } else { world.stop() }
            }
        }
        world.finish()
        var doubled = 0
        for (series, values) in world.written {
            let got = world.received[series] ?? []
            // In order of their first arrival, nothing is missing.
            var firsts: [Int] = []
            for value in got where !firsts.contains(value) { firsts.append(value) }
            #expect(firsts == values, "series \(series), seed \(seed)")
            doubled += got.count - firsts.count
        }
        if kills {
            #expect(doubled <= world.unsavedAtKill, "seed \(seed)")
        } else {
            #expect(doubled == 0, "seed \(seed)")
        }
        #expect(world.mostAtOnce > 0)
    }
}

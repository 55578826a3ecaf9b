internal import Synchronization

/// The generations of entries in memory, oldest first; the last one takes what comes.
final class Head: Sendable {
    private let generations: Mutex<[HeadGeneration]>
    private let damaged: @Sendable (String) -> Void

    init(firstSegment: UInt64, now: Int64, damaged: @escaping @Sendable (String) -> Void) {
        self.damaged = damaged
        generations = Mutex([HeadGeneration(number: firstSegment, started: now, damaged: damaged)])
    }

    var all: [HeadGeneration] { generations.withLock { $0 } }

    var memoryBytes: Int { all.reduce(0) { $0 + $1.memoryBytes.load(ordering: .relaxed) } }
    var entryCount: Int { all.reduce(0) { $0 + $1.entryCount.load(ordering: .relaxed) } }

    /// The generation to append to, which is not sealed before ``leave(_:)``.
    func enter() -> HeadGeneration {
        generations.withLock { generations in
            let active = generations[generations.count - 1]
            active.inFlight.add(1, ordering: .acquiring)
            return active
        }
    }

    func leave(_ generation: HeadGeneration) { generation.inFlight.subtract(1, ordering: .releasing) }

    /// Begins a generation.
    func turn(to segment: UInt64, now: Int64) {
        generations.withLock { $0.append(HeadGeneration(number: segment, started: now, damaged: damaged)) }
    }

    /// Adds what was read back from a segment before the active one.
    func addReplayed(_ generation: HeadGeneration) { generations.withLock { $0.insert(generation, at: $0.count - 1) } }

    /// Lets generations go whose entries are in shards.
    func drop(through number: UInt64) { generations.withLock { $0.removeAll { $0.number <= number } } }
}

internal import Synchronization

/// A fixed row of atomic counts. Memory is taken once and given back by the owner.
///
/// The pointer never changes and every access through it is atomic, so any thread may use it while the owner lives.
struct AtomicCells: Sendable {
    nonisolated(unsafe) fileprivate let base: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    init(count: Int) {
        self.count = count
        base = .allocate(capacity: count)
        for index in 0..<count { (base + index).initialize(to: Atomic(0)) }
    }

    /// Gives the memory back.
    ///
    /// - Precondition: nobody uses the cells any more.
    func deallocate() {
        base.deinitialize(count: count)
        base.deallocate()
    }

    /// Adds one and gives the count before.
    ///
    /// - Precondition: `index` is within 0..<count.
    @discardableResult
    func increment(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "BUG: bucket \(index) of \(count)")
        return base[index].wrappingAdd(1, ordering: .relaxed).oldValue
    }

    func load(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "BUG: bucket \(index) of \(count)")
        return base[index].load(ordering: .relaxed)
    }

    func store(_ index: Int, _ value: UInt64) {
        precondition(index >= 0 && index < count, "BUG: bucket \(index) of \(count)")
        base[index].store(value, ordering: .relaxed)
    }
}

/// A double that many threads add to.
struct AtomicDouble: ~Copyable {
    private let bits: Atomic<UInt64>

    init(_ value: Double) { bits = Atomic(value.bitPattern) }

    func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ value: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: seen) + value).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: seen, desired: sum, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}

extension AtomicCells {
    /// Sets a cell that is zero; gives whether it was.
    func setOnce(_ index: Int, _ value: UInt64) -> Bool {
        precondition(index >= 0 && index < count, "BUG: cell \(index) of \(count)")
        return base[index].compareExchange(expected: 0, desired: value, ordering: .acquiringAndReleasing).exchanged
    }

    /// What ``setOnce(_:_:)`` set, with all that was written before.
    func loadSet(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "BUG: cell \(index) of \(count)")
        return base[index].load(ordering: .acquiring)
    }
}

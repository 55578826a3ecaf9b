internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A count that many threads add to. It is one number until two threads meet at it; from then on each adds to a stripe of its own, in a
/// cache line of its own.
struct StripedCount: ~Copyable, Sendable {
    private static let stripeCount = 8
    /// Two cache lines: processors fetch them in pairs.
    private static let stripeStride = 128

    private let base = Atomic<UInt64>(0)
    /// The address of the stripes, or zero. Set once, and valid until the count goes.
    private let stripes = Atomic<UInt>(0)

    init() {}

    deinit {
        if let memory = UnsafeMutableRawPointer(bitPattern: stripes.load(ordering: .acquiring)) { memory.deallocate() }
    }

    /// Takes no lock. Memory is taken once, when threads meet for the first time.
    ///
    /// - Returns: what was there before, in the part that was added to.
    @inline(__always)
    @discardableResult
    func add(_ amount: UInt64) -> UInt64 {
        if let memory = UnsafeMutableRawPointer(bitPattern: stripes.load(ordering: .acquiring)) {
            return StripedCount.stripe(memory, StripedCount.indexOfThread()).pointee.wrappingAdd(amount, ordering: .relaxed).oldValue
        }
        let seen = base.load(ordering: .relaxed)
        if !base.compareExchange(expected: seen, desired: seen &+ amount, ordering: .relaxed).exchanged { addContended(amount) }
        return seen
    }

    var value: UInt64 {
        var sum = base.load(ordering: .relaxed)
        if let memory = UnsafeMutableRawPointer(bitPattern: stripes.load(ordering: .acquiring)) {
            for index in 0..<StripedCount.stripeCount { sum &+= StripedCount.stripe(memory, index).pointee.load(ordering: .relaxed) }
        }
        return sum
    }

    /// Begins again at zero. What is added meanwhile may or may not be lost.
    func reset() {
        base.store(0, ordering: .relaxed)
        if let memory = UnsafeMutableRawPointer(bitPattern: stripes.load(ordering: .acquiring)) {
            for index in 0..<StripedCount.stripeCount { StripedCount.stripe(memory, index).pointee.store(0, ordering: .relaxed) }
        }
    }

    @inline(never)
    private func addContended(_ amount: UInt64) {
        base.wrappingAdd(amount, ordering: .relaxed)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: StripedCount.stripeCount * StripedCount.stripeStride, alignment: StripedCount.stripeStride)
        for index in 0..<StripedCount.stripeCount { StripedCount.stripe(memory, index).initialize(to: Atomic(0)) }
        if !stripes.compareExchange(expected: 0, desired: UInt(bitPattern: memory), ordering: .acquiringAndReleasing).exchanged {
            memory.deallocate()
        }
    }

    @inline(__always)
    private static func stripe(_ memory: UnsafeMutableRawPointer, _ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (memory + index &* stripeStride).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The stripe of the thread that asks. Threads' addresses lie far apart, so their bits are mixed.
    @inline(__always)
    private static func indexOfThread() -> Int {
        #if canImport(Darwin)
        let address = UInt(bitPattern: pthread_self())
        #else
        let address = UInt(pthread_self())
        #endif
        return Int(truncatingIfNeeded: (address &* 0x9e37_79b9_7f4a_7c15) >> 61)
    }
}

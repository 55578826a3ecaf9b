internal import PerchWire
internal import Synchronization

/// Makes names of traces and spans: random numbers (SplitMix64 from a random beginning) that no two calls share. One atomic addition each.
final class RandomIDs: Sendable {
    private let state: Atomic<UInt64>
    private let highSeed: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        state = Atomic(generator.next())
        highSeed = generator.next()
    }

    func spanID() -> SpanID {
        let value = mixed(next())
        return SpanID(value == 0 ? 1 : value)
    }

    func traceID() -> TraceID {
        let step = next()
        let low = mixed(step)
        return TraceID(high: mixed(step ^ highSeed), low: low == 0 ? 1 : low)
    }

    private func next() -> UInt64 { state.wrappingAdd(0x9e37_79b9_7f4a_7c15, ordering: .relaxed).newValue }

    private func mixed(_ state: UInt64) -> UInt64 {
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

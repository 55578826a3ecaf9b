internal import TelemetryModel

/// Trace ids, each once, numbered in the order they came.
struct TraceNumbers: Sendable {
    private(set) var ids: [TraceID] = []
    private var slots = [UInt32](repeating: 0, count: 64)
    private var latest: UInt32 = 0

    var count: Int { ids.count }

    @inline(__always)
    private static func hash(_ id: TraceID) -> Int {
        // Ids are random as a rule; of those that are not, some bits of both halves are mixed.
        let mixed = (id.low ^ id.high &* 0x9e37_79b9_7f4a_7c15) &* 0xff51_afd7_ed55_8ccd
        return Int(truncatingIfNeeded: mixed >> 29)
    }

    /// The number of an id, which is added where it is new.
    mutating func intern(_ id: TraceID) -> UInt32 {
        if Int(latest) < ids.count, ids[Int(latest)] == id { return latest }
        let mask = slots.count - 1
        var index = TraceNumbers.hash(id) & mask
        while slots[index] != 0 {
            let number = slots[index] - 1
            if ids[Int(number)] == id {
                latest = number
                return number
            }
            index = (index + 1) & mask
        }
        let number = UInt32(ids.count)
        ids.append(id)
        slots[index] = number + 1
        if ids.count * 2 > slots.count { grow() }
        latest = number
        return number
    }

    func number(of id: TraceID) -> UInt32? {
        let mask = slots.count - 1
        var index = TraceNumbers.hash(id) & mask
        while slots[index] != 0 {
            if ids[Int(slots[index]) - 1] == id { return slots[index] - 1 }
            index = (index + 1) & mask
        }
        return nil
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, id) in ids.enumerated() {
            var index = TraceNumbers.hash(id) & mask
            while slots[index] != 0 { index = (index + 1) & mask }
            slots[index] = UInt32(number) + 1
        }
    }

    var memoryBytes: Int { ids.capacity * 16 + slots.capacity * 4 }
}

internal import TelemetryModel

/// What joins two services.
enum ConnectionType: UInt8, Sendable, CaseIterable {
    case direct, messagingSystem, database, virtualNode

    /// As the label has it; empty for a request from one service to another.
    var text: String {
        switch self {
        case .direct: ""
        case .messagingSystem: "messaging_system"
        case .database: "database"
        case .virtualNode: "virtual_node"
        }
    }
}

/// What the spans of a client and a server say of one request.
struct Edge: Sendable {
    /// The span of the client, by which both sides name the request.
    struct Key: Sendable, Hashable {
        var trace: TraceID
        var span: SpanID
    }

    var key: Key
    var client = NameTable.none
    var server = NameTable.none
    var peer = NameTable.none
    var connection = ConnectionType.direct
    var isFailed = false
    var clientSeconds = 0.0
    var serverSeconds = 0.0
    var clientEnd: UnixNanoseconds = 0
    var serverStart: UnixNanoseconds = 0
    var weight = 1.0
    /// Values of the dimensions, as names.
    var dimensions: [UInt32] = []
    var expiresAt: Timestamp = 0

    init(key: Key) { self.key = key }

    var isComplete: Bool { client != NameTable.none && server != NameTable.none }
}

/// Requests of which one side was seen, in the order in which they came. Their number is bounded by the owner.
struct EdgeStore: Sendable {
    private struct Slot: Sendable {
        var edge: Edge
        /// Neighbours in the order of arrival; `none` at the ends and in free slots.
        var previous = none
        var next = none
        var isUsed = true
    }

    private static let none = UInt32.max
    private static let capacityMin = 256
    private var slots: [Slot] = []
    private var free: [UInt32] = []
    private var first = none
    private var last = none
    /// Slots by key: open addressing with linear probing, at most half full.
    private var table = [UInt32](repeating: none, count: capacityMin)
    private(set) var count = 0
    /// Senders choose ids, so they must not know where these end up.
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    @inline(__always)
    private func hash(_ key: Edge.Key) -> Int {
        var bits = (key.trace.high ^ seed) &* 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ bits >> 32 ^ key.span.bits) &* 0xbf58_476d_1ce4_e5b9
        bits ^= bits >> 32
        bits = (bits ^ key.trace.low) &* 0xd6e8_feb8_6659_fd93
        return Int(truncatingIfNeeded: bits ^ bits >> 32)
    }

    /// The place of a request; nil where none of its sides waits.
    func find(_ key: Edge.Key) -> Int? {
        let mask = table.count - 1
        var index = hash(key) & mask
        while table[index] != EdgeStore.none {
            let slot = Int(table[index])
            if slots[slot].edge.key == key { return slot }
            index = (index + 1) & mask
        }
        return nil
    }

    subscript(_ place: Int) -> Edge {
        get { slots[place].edge }
        _modify { yield &slots[place].edge }
    }

    /// Adds a request that waits from now on.
    ///
    /// - Precondition: it does not wait already.
    mutating func insert(_ edge: Edge) {
        if (count + 1) * 2 > table.count { resize(table.count * 2) }
        let slot: UInt32
        if let reused = free.popLast() {
            slot = reused
            slots[Int(slot)] = Slot(edge: edge)
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot(edge: edge))
        }
        slots[Int(slot)].previous = last
        if last != EdgeStore.none { slots[Int(last)].next = slot } else { first = slot }
        last = slot
        put(slot)
        count += 1
    }

    /// Takes a request out.
    mutating func remove(_ place: Int) {
        removeFromTable(place)
        let (previous, next) = (slots[place].previous, slots[place].next)
        if previous != EdgeStore.none { slots[Int(previous)].next = next } else { first = next }
        if next != EdgeStore.none { slots[Int(next)].previous = previous } else { last = previous }
        slots[place] = Slot(edge: Edge(key: .init(trace: TraceID(high: 0, low: 0), span: .none)), isUsed: false)
        free.append(UInt32(place))
        count -= 1
        // Memory of a rush is given back.
        if count == 0, slots.count > 16 * EdgeStore.capacityMin { self = EdgeStore(seed: seed) }
    }

    /// Takes out the request that has waited longest, if its time is over.
    mutating func popExpired(_ now: Timestamp) -> Edge? {
        guard first != EdgeStore.none, slots[Int(first)].edge.expiresAt <= now else { return nil }
        let edge = slots[Int(first)].edge
        remove(Int(first))
        return edge
    }

    /// The names that waiting requests use.
    var namesInUse: Set<UInt32> {
        var names: Set<UInt32> = []
        for slot in slots where slot.isUsed {
            names.formUnion([slot.edge.client, slot.edge.server, slot.edge.peer])
            names.formUnion(slot.edge.dimensions)
        }
        return names
    }

    private mutating func put(_ slot: UInt32) {
        let mask = table.count - 1
        var index = hash(slots[Int(slot)].edge.key) & mask
        while table[index] != EdgeStore.none { index = (index + 1) & mask }
        table[index] = slot
    }

    private mutating func removeFromTable(_ place: Int) {
        let mask = table.count - 1
        var hole = hash(slots[place].edge.key) & mask
        while table[hole] != UInt32(place) { hole = (hole + 1) & mask }
        var index = (hole + 1) & mask
        while table[index] != EdgeStore.none {
            let home = hash(slots[Int(table[index])].edge.key) & mask
            if (index - home) & mask >= (index - hole) & mask {
                table[hole] = table[index]
                hole = index
            }
            index = (index + 1) & mask
        }
        table[hole] = EdgeStore.none
    }

    private mutating func resize(_ capacity: Int) {
        let old = table
        table = [UInt32](repeating: EdgeStore.none, count: capacity)
        for slot in old where slot != EdgeStore.none { put(slot) }
    }
}

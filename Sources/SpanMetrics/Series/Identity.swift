internal import ByteCoding

/// What a series is told from others by: 128 bits made of seeded hashes of its parts.
///
/// The seed is drawn anew in every process, so that no sender can choose two parts with the same hash; among a hundred million identities
/// the chance that any two are equal is below 10⁻²². So an identity stands for the bytes that it was made of, and they need not be kept or compared.
struct Identity: Sendable, Hashable {
    var low: UInt64
    var high: UInt64

    init(low: UInt64 = 0, high: UInt64 = 0) {
        self.low = low
        self.high = high
    }

    /// The identity of some bytes.
    init(of bytes: UnsafeRawBufferPointer, seed: UInt64) {
        let hash = Hash128(of: bytes, seed: seed)
        low = hash.low
        high = hash.high
    }

    init(of bytes: [UInt8], seed: UInt64) {
        self = bytes.withUnsafeBytes { Identity(of: $0, seed: seed) }
    }

    /// Adds a part. The order of parts matters: each step can be undone when the part is known, so that it loses nothing.
    @inline(__always)
    mutating func fold(_ part: Identity) {
        low = ((low << 29 | low >> 35) ^ part.low) &* 0x9e37_79b9_7f4a_7c15
        high = ((high << 31 | high >> 33) &+ part.high) &* 0xd6e8_feb8_6659_fd93
    }

    /// Adds a small number, such as the kind of a span.
    @inline(__always)
    mutating func fold(_ number: UInt64) { fold(Identity(low: number, high: number &+ 0x632b_e59b_d9b4_e019)) }
}

/// Places by identity: open addressing with linear probing, at most half full. What is removed leaves no mark behind.
struct IdentityIndex: Sendable {
    private struct Entry {
        var identity: Identity
        /// `free` where the entry is empty.
        var place: UInt32
    }

    private static let free = UInt32.max
    private static let capacityMin = 64
    private var entries = [Entry](repeating: Entry(identity: Identity(), place: free), count: capacityMin)
    private(set) var count = 0

    func find(_ identity: Identity) -> Int? {
        let mask = entries.count - 1
        var index = Int(truncatingIfNeeded: identity.low) & mask
        while entries[index].place != IdentityIndex.free {
            if entries[index].identity == identity { return Int(entries[index].place) }
            index = (index + 1) & mask
        }
        return nil
    }

    /// - Precondition: the identity is not there.
    mutating func insert(_ identity: Identity, _ place: Int) {
        if (count + 1) * 2 > entries.count { resize(entries.count * 2) }
        put(Entry(identity: identity, place: UInt32(place)))
        count += 1
    }

    /// - Precondition: the identity is there.
    mutating func remove(_ identity: Identity) {
        let mask = entries.count - 1
        var hole = Int(truncatingIfNeeded: identity.low) & mask
        while entries[hole].identity != identity || entries[hole].place == IdentityIndex.free {
            precondition(entries[hole].place != IdentityIndex.free, "BUG: an identity is removed that is not there")
            hole = (hole + 1) & mask
        }
        // What stands behind the hole and was pushed there by its predecessors moves up.
        var index = (hole + 1) & mask
        while entries[index].place != IdentityIndex.free {
            let home = Int(truncatingIfNeeded: entries[index].identity.low) & mask
            if (index - home) & mask >= (index - hole) & mask {
                entries[hole] = entries[index]
                hole = index
            }
            index = (index + 1) & mask
        }
        entries[hole].place = IdentityIndex.free
        count -= 1
        if entries.count > IdentityIndex.capacityMin, count * 8 < entries.count { resize(entries.count / 2) }
    }

    private mutating func put(_ entry: Entry) {
        let mask = entries.count - 1
        var index = Int(truncatingIfNeeded: entry.identity.low) & mask
        while entries[index].place != IdentityIndex.free { index = (index + 1) & mask }
        entries[index] = entry
    }

    private mutating func resize(_ capacity: Int) {
        let old = entries
        entries = [Entry](repeating: Entry(identity: Identity(), place: IdentityIndex.free), count: capacity)
        for entry in old where entry.place != IdentityIndex.free { put(entry) }
    }
}

public import Compression
internal import Synchronization

/// What was read of blocks, kept for the next query; the least recently used goes first.
///
/// `What` tells apart what may be kept of one block.
public final class BlockCache<What: Hashable & Sendable>: Sendable {
    public struct Key: Hashable, Sendable {
        /// Of the block or table.
        public var serial: Int
        public var what: What

        public init(serial: Int, what: What) {
            self.serial = serial
            self.what = what
        }
    }

    private struct Entry: Sendable {
        var value: any Sendable
        var bytes: Int
        var used: UInt64
    }

    private struct State: Sendable {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var clock: UInt64 = 0
        var reads = 0
        var hits = 0
    }

    /// A decompressor on loan to one thread at a time, hence unchecked.
    private final class Lent: @unchecked Sendable {
        let decompressor: ZstdDecompressor
        init() throws(CompressionError) { decompressor = try ZstdDecompressor() }
    }

    private let bytesMax: Int
    private let state = Mutex(State())
    private let idle = Mutex<[Lent]>([])

    public init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// How often something was asked for in vain and read, and how often it was there.
    public var statistics: (reads: Int, hits: Int) { state.withLock { ($0.reads, $0.hits) } }

    /// What is known under a key, or what the closure makes of it, with its bytes of memory.
    public func value<Value: Sendable>(_ key: Key, _ make: () throws -> (Value, bytes: Int)) rethrows -> Value {
        let known = state.withLock { state -> (any Sendable)? in
            guard let place = state.entries.index(forKey: key) else { return nil }
            state.clock += 1
            state.entries.values[place].used = state.clock
            state.hits += 1
            return state.entries.values[place].value
        }
        if let known, let value = known as? Value { return value }
        let (value, bytes) = try make()
        insert(value, key, bytes: bytes + 128)
        return value
    }

    /// What is known under a key; nil where that is nothing.
    public func known<Value: Sendable>(_ key: Key) -> Value? {
        state.withLock { state -> (any Sendable)? in
            guard let place = state.entries.index(forKey: key) else { return nil }
            state.clock += 1
            state.entries.values[place].used = state.clock
            return state.entries.values[place].value
        }.flatMap { $0 as? Value }
    }

    /// Lends a decompressor.
    public func withDecompressor<Result>(_ body: (ZstdDecompressor) throws -> Result) throws -> Result {
        let lent = try idle.withLock { $0.popLast() } ?? Lent()
        defer { idle.withLock { $0.append(lent) } }
        return try body(lent.decompressor)
    }

    private func insert(_ value: any Sendable, _ key: Key, bytes: Int) {
        state.withLock { state in
            state.reads += 1
            state.clock += 1
            // One that is larger than all may be would only drive the others out.
            guard bytes <= bytesMax / 2 else { return }
            if let old = state.entries.updateValue(Entry(value: value, bytes: bytes, used: state.clock), forKey: key) {
                state.bytes -= old.bytes
            }
            state.bytes += bytes
            guard state.bytes > bytesMax else { return }
            // Makes room for a while, so that this happens rarely.
            for (key, entry) in state.entries.sorted(by: { $0.value.used < $1.value.used }) where state.bytes > bytesMax / 4 * 3 {
                state.entries[key] = nil
                state.bytes -= entry.bytes
            }
        }
    }

    /// Forgets what is of some blocks or tables.
    public func forget(serials: Set<Int>) {
        guard !serials.isEmpty else { return }
        state.withLock { state in
            for key in state.entries.keys where serials.contains(key.serial) {
                if let entry = state.entries.removeValue(forKey: key) { state.bytes -= entry.bytes }
            }
        }
    }
}

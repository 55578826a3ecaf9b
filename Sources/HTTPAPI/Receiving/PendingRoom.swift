internal import Synchronization

/// Bytes of all messages that are being taken.
final class PendingBytes: Sendable {
    private let bytes = Atomic<Int>(0)

    var current: Int { bytes.load(ordering: .relaxed) }

    func take(_ count: Int, max: Int) -> Bool {
        if bytes.add(count, ordering: .relaxed).newValue <= max { return true }
        bytes.subtract(count, ordering: .relaxed)
        return false
    }

    func give(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }
}

/// What one message has taken of the memory for messages; given back when nobody holds it any more.
final class PendingRoom: Sendable {
    private let pending: PendingBytes
    private let max: Int
    private let taken = Atomic<Int>(0)

    init(of pending: PendingBytes, max: Int) {
        self.pending = pending
        self.max = max
    }

    deinit { pending.give(taken.load(ordering: .relaxed)) }

    /// Takes more; false where there is no more to take.
    func grow(by bytes: Int) -> Bool {
        guard pending.take(bytes, max: max) else { return false }
        taken.add(bytes, ordering: .relaxed)
        return true
    }
}

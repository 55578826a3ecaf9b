internal import Synchronization

/// Bytes of all messages that are being taken, with a bound.
final class PendingBytes: Sendable {
    private let bytes = Atomic<Int>(0)
    private let max: Int

    init(max: Int) { self.max = max }

    var current: Int { bytes.load(ordering: .relaxed) }

    /// Takes so many more; false where there is no room for them.
    func take(_ count: Int) -> Bool {
        if bytes.add(count, ordering: .relaxed).newValue <= max { return true }
        bytes.subtract(count, ordering: .relaxed)
        return false
    }

    func give(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }
}

internal import Tracing

extension InstrumentationContext {
    /// The tracing state, found by looking at every entry.
    func foundTracingState() -> TracingState? {
        var found: TracingState?
        forEach { key, value in
            if key.keyType == TracingStateKey.self { found = TracingState.unmanaged(value).takeUnretainedValue() }
        }
        return found
    }

    /// Whether a trace is under way here that nobody keeps, or nothing is to be recorded. For contexts of few entries, as nearly all are; false for
    /// others says nothing.
    var isLeftOut: Bool {
        let count = count
        if count == 0 || count > 4 { return false }
        var isLeftOut = false
        forEach { key, value in
            if key.keyType == TracingStateKey.self {
                isLeftOut = TracingState.unmanaged(value)._withUnsafeGuaranteedRef { $0.isLeftOut || $0.isSuppressed }
            }
        }
        return isLeftOut
    }
}

extension TracingState {
    /// The state that the value of an entry is. A cast would search for how two types are related, and count references on the way: twice what all else
    /// about a span that is left out costs.
    ///
    /// - Precondition: the entry's key is ``TracingStateKey``, so that nothing but a state can be its value. An existential of a class holds the
    ///   reference in its first word (Swift's ABI, "Existential Container Layout").
    @inline(__always)
    fileprivate static func unmanaged(_ value: any Sendable) -> Unmanaged<TracingState> {
        withUnsafeBytes(of: value) { Unmanaged.fromOpaque($0.load(as: UnsafeRawPointer.self)) }
    }
}

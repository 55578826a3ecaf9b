internal import Tracing

/// Values of entries are read as what they are. Casts would search for how two types are related, and count references on the way: twice what all else
/// about a span that is left out costs.
extension InstrumentationContext {
    /// The tracing state, found by looking at every entry.
    func foundTracingState() -> TracingState? {
        var found: TracingState?
        forEach { key, value in
            let key = key.keyType
            if key == TracingEntryKey.self {
                found = TracingEntry.unmanaged(value).takeUnretainedValue().state
            } else if key == LeftOutTraceKey.self || key == RemoteLeftOutTraceKey.self {
                found = TracingState(LeftOutTrace(entry: value), isRemote: key == RemoteLeftOutTraceKey.self)
            }
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
            let key = key.keyType
            if key == LeftOutTraceKey.self || key == RemoteLeftOutTraceKey.self {
                isLeftOut = true
            } else if key == TracingEntryKey.self {
                isLeftOut = TracingEntry.unmanaged(value)._withUnsafeGuaranteedRef { $0.isLeftOut }
            }
        }
        return isLeftOut
    }
}

extension TracingEntry {
    /// - Precondition: the entry's key is ``TracingEntryKey``, so that nothing else can be its value. An existential of a class holds the reference in
    ///   its first word (Swift's ABI, "Existential Container Layout").
    @inline(__always)
    fileprivate static func unmanaged(_ value: any Sendable) -> Unmanaged<TracingEntry> {
        withUnsafeBytes(of: value) { Unmanaged.fromOpaque($0.load(as: UnsafeRawPointer.self)) }
    }
}

extension LeftOutTrace {
    /// - Precondition: the entry's key is ``LeftOutTraceKey`` or ``RemoteLeftOutTraceKey``. An existential holds values of up to three words in place.
    fileprivate init(entry value: any Sendable) { self = withUnsafeBytes(of: value) { $0.load(as: LeftOutTrace.self) } }
}

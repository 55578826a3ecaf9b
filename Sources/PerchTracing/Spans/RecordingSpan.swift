internal import PerchWire
internal import Synchronization
internal import Tracing

/// The part of a span that is being recorded that changes.
final class RecordingSpan: Sendable {
    struct State {
        var name: String
        var attributes: SpanAttributes
        var events: [SpanEvent] = []
        var links: [SpanLink] = []
        var status: SpanStatus?
        var droppedAttributes = 0
        var droppedEvents = 0
        var droppedLinks = 0
        var end: UInt64?
    }

    let context: TraceContext
    let parent: TraceContext?
    let kind: SpanKind
    let start: UInt64
    let owner: TracerCore
    /// The spans of this trace in this process, where they are decided on together.
    let trace: LocalTrace?
    let state: Mutex<State>

    init(
        _ context: TraceContext, parent: TraceContext?, name: String, kind: SpanKind, start: UInt64, owner: TracerCore, trace: LocalTrace?
    ) {
        self.context = context
        self.parent = parent
        self.kind = kind
        self.start = start
        self.owner = owner
        self.trace = trace
        state = Mutex(State(name: name, attributes: [:]))
    }

    /// Changes the span, unless it has ended.
    func change(_ change: (inout State) -> Void) {
        state.withLock { state in
            if state.end == nil { change(&state) }
        }
    }

    func end(at time: UInt64) {
        let isFirst = state.withLock { state -> Bool in
            guard state.end == nil else { return false }
            state.end = max(time, start)
            return true
        }
        if isFirst { owner.ended(self) }
    }

    var isError: Bool { state.withLock { $0.status?.code == .error } }

    var durationNanoseconds: UInt64 { state.withLock { ($0.end ?? start) - start } }

    /// What is told of the span once it has ended.
    func finished() -> FinishedSpan {
        let state = state.withLock { $0 }
        return FinishedSpan(
            context: context, parent: parent, name: state.name, kind: kind, start: start, end: state.end ?? start,
            attributes: state.attributes, events: state.events, links: state.links, status: state.status,
            droppedAttributes: state.droppedAttributes, droppedEvents: state.droppedEvents, droppedLinks: state.droppedLinks)
    }

    /// Takes attributes in place of those that are there. Of more than there may be, those stay that were there already, and then those first
    /// by name.
    static func limited(_ attributes: SpanAttributes, keeping present: SpanAttributes, max: Int) -> (SpanAttributes, dropped: Int) {
        if attributes.count <= max { return (attributes, 0) }
        var names: [(isNew: Bool, name: String)] = []
        attributes.forEach { name, _ in names.append((present.get(name) == nil, name)) }
        names.sort { $0.isNew == $1.isNew ? $0.name < $1.name : !$0.isNew }
        var kept: SpanAttributes = [:]
        for (_, name) in names.prefix(Swift.max(max, 0)) { kept.set(name, value: attributes.get(name)) }
        return (kept, attributes.count - kept.count)
    }
}

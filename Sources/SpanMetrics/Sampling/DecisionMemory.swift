internal import TelemetryModel

/// What was decided on traces, as long as there is room: two tables, of which the older one is dropped when the newer one is full.
struct DecisionMemory: Sendable {
    private var recent: [TraceID: Bool] = [:]
    private var older: [TraceID: Bool] = [:]
    private let countMax: Int

    init(countMax: Int) { self.countMax = max(2, countMax) }

    var count: Int { recent.count + older.count }

    /// Whether a trace is kept; nil where nothing is known of it. What is asked for stays known.
    mutating func find(_ trace: TraceID) -> Bool? {
        if let known = recent[trace] { return known }
        guard let known = older[trace] else { return nil }
        older[trace] = nil
        set(trace, known)
        return known
    }

    func peek(_ trace: TraceID) -> Bool? { recent[trace] ?? older[trace] }

    mutating func set(_ trace: TraceID, _ isKept: Bool) {
        if recent.count >= countMax / 2, recent[trace] == nil {
            older = recent
            recent = [:]
        }
        recent[trace] = isKept
    }
}

public import Tracing

/// Names and values that travel with a request from service to service (W3C Baggage).
public struct Baggage: Sendable, Hashable {
    /// One entry.
    public struct Entry: Sendable, Hashable {
        public var value: String
        /// Properties as they came, `key=value` with `;` between, or empty.
        public var properties: String

        public init(_ value: String, properties: String = "") {
            self.value = value
            self.properties = properties
        }
    }

    /// What the specification asks every system to pass on.
    static let entriesMax = 64
    static let bytesMax = 8192

    private var entries: [(name: String, entry: Entry)] = []

    public init() {}

    /// Names and entries in the order in which they came.
    public var all: [(name: String, entry: Entry)] { entries }

    public var isEmpty: Bool { entries.isEmpty }

    /// The value of a name. A new name beyond the 64th is not taken, nor one that is no token of HTTP.
    public subscript(name: String) -> String? {
        get { entries.first { $0.name == name }?.entry.value }
        set { set(name, newValue.map { Entry($0) }) }
    }

    /// Sets or removes an entry.
    public mutating func set(_ name: String, _ entry: Entry?) {
        if let index = entries.firstIndex(where: { $0.name == name }) {
            if let entry { entries[index].entry = entry } else { entries.remove(at: index) }
        } else if let entry, entries.count < Baggage.entriesMax, BaggageHeader.isToken(name) {
            entries.append((name, entry))
        }
    }

    public static func == (left: Baggage, right: Baggage) -> Bool {
        left.entries.elementsEqual(right.entries) { $0.name == $1.name && $0.entry == $1.entry }
    }

    public func hash(into hasher: inout Hasher) {
        for (name, entry) in entries {
            hasher.combine(name)
            hasher.combine(entry)
        }
    }
}

private enum BaggageKey: InstrumentationContextKey {
    typealias Value = Baggage
    static var nameOverride: String? { "perch-baggage" }
}

extension InstrumentationContext {
    /// What travels with this work from service to service. Others see it: no place for secrets.
    public var baggage: Baggage {
        get { self[BaggageKey.self] ?? Baggage() }
        set { self[BaggageKey.self] = newValue.isEmpty ? nil : newValue }
    }
}

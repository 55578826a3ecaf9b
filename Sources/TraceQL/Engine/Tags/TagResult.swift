/// Groups of names that can be asked about, in the words of Tempo's API.
public enum TagScope: String, Sendable, Hashable, CaseIterable {
    case resource, span, event, link, instrumentation, intrinsic
}

/// The names of one scope, sorted.
public struct TagNames: Sendable, Hashable {
    public var scope: TagScope
    public var names: [String]

    public init(scope: TagScope, names: [String]) {
        self.scope = scope
        self.names = names
    }
}

/// A value that a field has somewhere, as text with its type.
public struct TagValue: Sendable, Hashable {
    /// The types of Tempo's API; `keyword` are the words for status and kind.
    public enum Kind: String, Sendable, Hashable {
        case string, int, float, bool, duration, keyword
    }

    public var kind: Kind
    public var text: String

    public init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

/// What is asked of names or values beside the field.
public struct TagOptions: Sendable, Hashable {
    public var range: NanosecondRange
    /// A query: only spans that pass it count. One that cannot be understood, such as half a query, filters nothing.
    public var filter: String?
    /// The most names or values; 0 for no limit.
    public var limit = 0

    public init(range: NanosecondRange = .all, filter: String? = nil, limit: Int = 0) {
        self.range = range
        self.filter = filter
        self.limit = limit
    }
}

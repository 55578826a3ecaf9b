/// A run of bytes in the text of a query: `start` inclusive, `end` exclusive, both offsets into its UTF-8.
public struct SourceRange: Sendable, Hashable {
    public var start: Int
    public var end: Int

    public init(_ start: Int, _ end: Int) {
        self.start = start
        self.end = end
    }
}

/// Why a query failed.
public struct QueryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The classes of failure; each API maps them to its own words and statuses.
    public enum Code: Sendable, Hashable {
        /// The query or a parameter is wrong.
        case badInput
        /// The query is well formed, but cannot be evaluated over this data.
        case execution
        /// A limit on samples or memory was reached.
        case tooManySamples
        /// The query ran longer than it may.
        case timeout
        /// Whoever asked went away.
        case canceled
        /// Stored data could not be read.
        case storage
        /// The budget is for a brief look, and the query takes more. Asked with a full budget, it may well be answered.
        case notBrief
    }

    public let code: Code
    public let message: String
    /// Where in the query the fault lies, if at one place.
    public let range: SourceRange?

    public init(_ code: Code, _ message: String, at range: SourceRange? = nil) {
        self.code = code
        self.message = message
        self.range = range
    }

    public var description: String { message }
}

/// Something that the person behind a query should know though it was answered.
public struct QueryAnnotation: Sendable, Hashable {
    public enum Severity: Sendable, Hashable { case warning, info }
    public let severity: Severity
    public let message: String
    public let range: SourceRange?
    /// How often it was met, where that is counted.
    public fileprivate(set) var occurrences: Int?

    public init(_ severity: Severity, _ message: String, at range: SourceRange? = nil, occurrences: Int? = nil) {
        self.severity = severity
        self.message = message
        self.range = range
        self.occurrences = occurrences
    }
}

/// Annotations without repetition, in order of first appearance.
public struct QueryAnnotations: Sendable {
    public private(set) var all: [QueryAnnotation] = []
    private var seen: Set<QueryAnnotation> = []

    public init() {}

    /// Adds an annotation that is not there yet. Of those that count occurrences the one that came first with a message counts all.
    public mutating func add(_ annotation: QueryAnnotation) {
        if let occurrences = annotation.occurrences,
            let index = all.firstIndex(where: { $0.occurrences != nil && $0.message == annotation.message })
        {
            all[index].occurrences = (all[index].occurrences ?? 0) + occurrences
            return
        }
        if seen.insert(annotation).inserted { all.append(annotation) }
    }

    public mutating func merge(_ other: QueryAnnotations) {
        for annotation in other.all { add(annotation) }
    }

    public var isEmpty: Bool { all.isEmpty }
}

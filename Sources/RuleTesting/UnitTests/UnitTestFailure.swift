/// One thing that did not come out as a unit test expects it.
public struct UnitTestFailure: Error, Sendable {
    public enum Kind: Sendable {
        /// The alerts of one name that fire; both sorted.
        case alerts(name: String, expected: [FiringAlert], got: [FiringAlert])
        /// The value of an expression; both sorted by labels.
        case samples(expression: String, expected: [ComparedSample], got: [ComparedSample])
        /// An expression without a value that could be compared.
        case expression(String, reason: String)
        /// A rule that failed while it was evaluated.
        case rule(name: String, reason: String)
        /// What cannot be understood, in one line.
        case input(String)
    }

    public var kind: Kind
    /// Milliseconds from the start of the test; nil where it is of no moment.
    public var time: Int64?
    /// What of the test file it belongs to.
    public var place: UnitTestPlace

    public init(_ kind: Kind, time: Int64? = nil, place: UnitTestPlace) {
        self.kind = kind
        self.time = time
        self.place = place
    }
}

/// What became of one entry of `tests`.
public struct UnitTestOutcome: Sendable {
    /// `unnamed#0` and so on where it has no name.
    public var name: String
    public var place: UnitTestPlace
    public var failures: [UnitTestFailure] = []
    /// What people may want to know; no failures.
    public var remarks: [String] = []
    /// The number of comparisons.
    public var checks = 0
}

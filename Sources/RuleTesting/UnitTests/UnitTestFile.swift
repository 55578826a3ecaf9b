public import TelemetryModel

/// A file with unit tests of rules, as `promtool test rules` takes it.
public struct UnitTestFile: Sendable {
    /// As it was named.
    public var path: String
    /// Paths of rule files, relative to this one's folder; `*`, `?` and `[…]` may stand in them.
    public var rulePatterns: [String] = []
    /// Time between two evaluations of all rules, and the default step of subqueries; milliseconds.
    public var evaluationInterval: Int64 = 60_000
    /// Names of groups; those that come earlier here are evaluated earlier.
    public var groupOrder: [String] = []
    /// Whether numbers are the same where they are neighbours among all doubles.
    public var comparesFuzzily = false
    public var groups: [UnitTestGroup] = []

    public init(path: String) { self.path = path }
}

/// Where a part of a test stands in its file.
public struct UnitTestPlace: Sendable, Hashable {
    /// From 1.
    public var line: Int
    /// From 1, counted in Unicode scalars.
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// Series and what rules are to make of them: one entry of `tests`.
public struct UnitTestGroup: Sendable {
    /// Empty where it was given none.
    public var name: String
    public var place: UnitTestPlace
    /// Time between two points of a series; milliseconds.
    public var interval: Int64
    public var inputs: [Input] = []
    public var alertTests: [AlertTest] = []
    public var expressionTests: [ExpressionTest] = []
    public var externalLabels = LabelSet()
    public var externalURL = ""
    /// The time of the first point and the first evaluation.
    public var start: Timestamp = 0

    public init(name: String, place: UnitTestPlace, interval: Int64) {
        self.name = name
        self.place = place
        self.interval = interval
    }

    /// A series in the notation of `SeriesDescription`, not read yet.
    public struct Input: Sendable {
        public var series: String
        public var values: String
        public var place: UnitTestPlace
    }

    /// Which alerts of one name are to fire at one time.
    public struct AlertTest: Sendable {
        /// Milliseconds from the start.
        public var time: Int64
        public var alertName: String
        public var expected: [FiringAlert]
        public var place: UnitTestPlace
    }

    /// What an expression is to give at one time.
    public struct ExpressionTest: Sendable {
        public var expression: String
        /// Milliseconds from the start.
        public var time: Int64
        public var expected: [Sample]
        public var place: UnitTestPlace
    }

    /// An element of a vector as it is expected, not read yet.
    public struct Sample: Sendable {
        public var labels: String
        public var value: Double
        /// Empty for a float.
        public var histogram: String
    }

    /// The last moment that anything is expected of; milliseconds from the start.
    var lastTime: Int64 {
        Swift.max(alertTests.map(\.time).max() ?? 0, expressionTests.map(\.time).max() ?? 0)
    }
}

/// An alert that fires, as it is compared.
public struct FiringAlert: Sendable, Hashable, Comparable {
    /// Sorted by name, `alertname` among them; values may be empty, which no alert has.
    public var labels: [Label]
    /// Sorted by name.
    public var annotations: [Label]

    public init(labels: [Label], annotations: [Label]) {
        self.labels = labels.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.annotations = annotations.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    public static func < (left: Self, right: Self) -> Bool {
        if left.labels != right.labels { return precedes(left.labels, right.labels) }
        return precedes(left.annotations, right.annotations)
    }

    private static func precedes(_ left: [Label], _ right: [Label]) -> Bool {
        for (one, other) in zip(left, right) {
            if one.name != other.name { return one.name.utf8.lexicographicallyPrecedes(other.name.utf8) }
            if one.value != other.value { return one.value.utf8.lexicographicallyPrecedes(other.value.utf8) }
        }
        return left.count < right.count
    }
}

public import TelemetryModel

/// How a query was answered: its plan as a tree, and what each part of it cost.
public struct QueryExplanation: Sendable, Hashable {
    public var root: Part
    /// The steps that were evaluated; 1 for an instant query.
    public var stepCount: Int
    /// Time outside of all parts: planning, and sorting the answer.
    public var otherSeconds: Double
    /// What came from the results of earlier queries; nil where the query did not look at them.
    public var reuse: Reuse?

    public init(root: Part, stepCount: Int, otherSeconds: Double) {
        self.root = root
        self.stepCount = stepCount
        self.otherSeconds = otherSeconds
    }

    /// What a range query took from the results of earlier ones.
    public struct Reuse: Sendable, Hashable {
        public var stepsReused: Int
        public var stepsEvaluated: Int
        /// Why results of the query are not kept; nil where they are.
        public var reason: String?

        public init(stepsReused: Int, stepsEvaluated: Int) {
            self.stepsReused = stepsReused
            self.stepsEvaluated = stepsEvaluated
        }

        public init(reason: String) {
            (stepsReused, stepsEvaluated) = (0, 0)
            self.reason = reason
        }
    }

    /// What a part of a plan does.
    public enum Kind: String, Sendable, Hashable {
        case selector, subquery, function, aggregation, binary, scalar
    }

    /// One part of a plan. Its operands are its children.
    public struct Part: Sendable, Hashable {
        public var kind: Kind
        /// What it is, in the words of the query language: `sum by (job)`, `http_requests_total{code="500"}[5m]`.
        public var title: String
        /// What that means, in plain words; phrases without a full stop.
        public var notes: [String] = []
        /// The times between which a selector looks for samples.
        public var range: TimeRange?
        /// Time spent in this part itself, without its children.
        public var selfSeconds = 0.0
        /// Whether it was needed for the answer.
        public var isEvaluated = false
        /// Series that it worked on: of a selector those found, else those that its children gave; nil where it takes none.
        public var seriesIn: Int?
        /// Series that it gave; nil for a scalar.
        public var seriesOut: Int?
        /// Samples that it read from storage, each once.
        public var samplesRead = 0
        /// Where they came from; only of selectors, and where the source can tell.
        public var reading: SelectionReading?
        public var children: [Part] = []

        public init(_ kind: Kind, _ title: String) {
            self.kind = kind
            self.title = title
        }

        /// Time spent in this part and all below it.
        public var totalSeconds: Double { children.reduce(selfSeconds) { $0 + $1.totalSeconds } }
    }
}

/// Where the samples of a selection were read from.
public struct SelectionReading: Sendable, Hashable {
    /// What was read of one shard, the file of one day.
    public struct Shard: Sendable, Hashable {
        /// The time at which the shard's day starts.
        public var day: Timestamp
        /// Series of the selection that have samples in it.
        public var series: Int
        /// Pages that were opened, each counted once.
        public var pages: Int
        /// Their stored size.
        public var bytes: Int

        public init(day: Timestamp, series: Int, pages: Int, bytes: Int) {
            self.day = day
            self.series = series
            self.pages = pages
            self.bytes = bytes
        }
    }

    /// Series of the selection that have samples in the head, in memory.
    public var headSeries: Int
    /// The oldest first.
    public var shards: [Shard]

    public init(headSeries: Int, shards: [Shard] = []) {
        self.headSeries = headSeries
        self.shards = shards
    }
}

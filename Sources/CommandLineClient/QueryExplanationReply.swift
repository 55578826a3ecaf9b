/// What a server says of how it answered a query (`explain=true`).
public struct QueryExplanationReply: Sendable, Hashable, Codable {
    /// Waiting for other queries.
    public var queueSeconds: Double
    public var parseSeconds: Double
    public var evaluationSeconds: Double
    /// Part of the evaluation that belongs to no part of the plan.
    public var otherSeconds: Double
    public var totalSeconds: Double
    public var steps: Int
    /// What came from the results of earlier queries; nil where the query did not look at them.
    public var reuse: Reuse?
    public var series: Int
    public var samplesRead: Int
    /// The most samples held at one time.
    public var peakSamples: Int
    public var plan: Part

    /// What came from the results of earlier queries.
    public struct Reuse: Sendable, Hashable, Codable {
        public var stepsReused: Int
        public var stepsEvaluated: Int
        /// Why results of the query are not kept.
        public var reason: String?
    }

    /// One part of the plan.
    public struct Part: Sendable, Hashable, Codable {
        public var kind: String
        public var title: String
        public var notes: [String]
        public var evaluated: Bool
        /// Start and end, in seconds, of the times in which a selector looks.
        public var range: [Double]?
        /// With and without the children.
        public var seconds: Double
        public var selfSeconds: Double
        public var seriesIn: Int?
        public var seriesOut: Int?
        public var samplesRead: Int
        public var read: Reading?
        public var children: [Part]
    }

    /// Where a selector's samples came from.
    public struct Reading: Sendable, Hashable, Codable {
        public var headSeries: Int
        public var shards: [Shard]
    }

    /// What was read of the file of one day.
    public struct Shard: Sendable, Hashable, Codable {
        /// Such as `2026-11-22`.
        public var day: String
        public var series: Int
        public var pages: Int
        public var bytes: Int
    }
}

public import TelemetryModel

/// What a server answered to a query.
public struct QueryReply: Sendable, Hashable {
    public enum Result: Sendable, Hashable {
        case scalar(Point)
        case string(Timestamp, String)
        case vector([Element])
        case matrix([Series])
    }

    public var result: Result
    public var warnings: [String]
    public var infos: [String]
    /// How it was answered, where that was asked for and the server can tell.
    public var explanation: QueryExplanationReply?

    public init(_ result: Result, warnings: [String] = [], infos: [String] = [], explanation: QueryExplanationReply? = nil) {
        self.result = result
        self.explanation = explanation
        self.warnings = warnings
        self.infos = infos
    }

    /// One element of an instant vector.
    public struct Element: Sendable, Hashable {
        public var labels: LabelSet
        public var point: Point

        public init(labels: LabelSet, point: Point) {
            self.labels = labels
            self.point = point
        }
    }

    /// One series of a range vector, oldest point first.
    public struct Series: Sendable, Hashable {
        public var labels: LabelSet
        public var points: [Point]

        public init(labels: LabelSet, points: [Point]) {
            self.labels = labels
            self.points = points
        }
    }

    public struct Point: Sendable, Hashable {
        public var time: Timestamp
        public var value: Value

        public init(time: Timestamp, value: Value) {
            self.time = time
            self.value = value
        }
    }

    public enum Value: Sendable, Hashable {
        /// A number as the server wrote it, which is how Prometheus prints numbers.
        case float(String)
        case histogram(Histogram)
    }

    /// A native histogram, its numbers as the server wrote them.
    public struct Histogram: Sendable, Hashable {
        public var count: String
        public var sum: String
        public var buckets: [Bucket]

        public init(count: String, sum: String, buckets: [Bucket]) {
            self.count = count
            self.sum = sum
            self.buckets = buckets
        }
    }

    public struct Bucket: Sendable, Hashable {
        /// Which bounds belong to the bucket: 0 the upper, 1 the lower, 2 neither, 3 both.
        public var boundaries: Int
        public var lower: String
        public var upper: String
        public var count: String

        public init(boundaries: Int, lower: String, upper: String, count: String) {
            self.boundaries = boundaries
            self.lower = lower
            self.upper = upper
            self.count = count
        }
    }
}

extension QueryReply.Value {
    /// The value in one word or a few: `1.5`, or `{count:42, sum:1.5, (0.5,1]:40, (1,2]:2}`.
    var text: String {
        switch self {
        case .float(let text): text
        case .histogram(let histogram): histogram.text
        }
    }

    /// The value as a number; of a histogram the mean of what it counted.
    var number: Double {
        switch self {
        case .float(let text): Double(text.hasPrefix("+") ? String(text.dropFirst()) : text) ?? .nan
        case .histogram(let histogram): (Double(histogram.sum) ?? .nan) / (Double(histogram.count) ?? .nan)
        }
    }
}

extension QueryReply.Histogram {
    fileprivate var text: String {
        let buckets = buckets.map { bucket in
            let opening = bucket.boundaries == 1 || bucket.boundaries == 3 ? "[" : "("
            let closing = bucket.boundaries == 0 || bucket.boundaries == 3 ? "]" : ")"
            return ", \(opening)\(bucket.lower),\(bucket.upper)\(closing):\(bucket.count)"
        }
        return "{count:\(count), sum:\(sum)\(buckets.joined())}"
    }
}

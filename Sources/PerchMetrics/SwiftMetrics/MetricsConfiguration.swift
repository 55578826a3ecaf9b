/// What ``PerchMetricsFactory`` makes of the instruments of swift-metrics.
public struct MetricsConfiguration: Sendable {
    /// How observations of a timer or recorder are kept.
    public enum Distribution: Sendable, Hashable {
        /// A histogram.
        case histogram(HistogramBuckets)
        /// Quantiles over the last `maxAgeSeconds`.
        case summary(quantiles: [Double], maxAgeSeconds: Int = 600)
    }

    /// What is known of an instrument beyond its label. What is nil stays as it would be without.
    public struct Description: Sendable, Hashable {
        public var help: String?
        /// The unit of a counter, gauge or recorder, in words, such as `bytes`. Timers have `seconds`.
        public var unit: String?
        /// How observations are kept.
        public var distribution: Distribution?

        public init(help: String? = nil, unit: String? = nil, distribution: Distribution? = nil) {
            self.help = help
            self.unit = unit
            self.distribution = distribution
        }
    }

    /// How labels become names.
    public var naming = MetricsNaming.underscores
    /// How the observations of timers are kept, in seconds.
    public var timers = Distribution.histogram(.classic(bounds: Histogram.durationBounds))
    /// How the observations of recorders are kept.
    public var recorders = Distribution.histogram(.classic(bounds: Histogram.sizeBounds))
    /// What is known of single instruments, by the label that they are made with.
    public var descriptions: [String: Description] = [:]
    /// Labels that every series gets that has none of that name.
    public var commonLabels: [String: String] = [:]

    public init() {}
}

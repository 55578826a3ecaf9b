public import TelemetryModel

/// The type of an expression, named as Prometheus' API names it.
public enum ValueType: String, Sendable, Hashable {
    case scalar, vector, matrix, string
}

/// A float or a histogram.
public enum PointValue: Sendable, Hashable {
    case float(Double)
    case histogram(NativeHistogram)
}

/// One element of an instant vector.
public struct VectorSample: Sendable, Hashable {
    public var labels: LabelSet
    public var timestamp: Timestamp
    public var value: PointValue

    public init(labels: LabelSet, timestamp: Timestamp, value: PointValue) {
        self.labels = labels
        self.timestamp = timestamp
        self.value = value
    }
}

/// One series of a range vector.
public struct MatrixSeries: Sendable {
    public var labels: LabelSet
    public var samples: SampleColumns

    public init(labels: LabelSet, samples: SampleColumns) {
        self.labels = labels
        self.samples = samples
    }
}

/// The answer to a query.
public enum QueryValue: Sendable {
    case scalar(Sample)
    case string(timestamp: Timestamp, value: String)
    case vector([VectorSample])
    case matrix([MatrixSeries])

    public var type: ValueType {
        switch self {
        case .scalar: .scalar
        case .string: .string
        case .vector: .vector
        case .matrix: .matrix
        }
    }
}

/// What a query cost.
public struct QueryStatistics: Sendable, Hashable {
    /// The samples considered at one step.
    public struct StepSamples: Sendable, Hashable {
        public var time: Timestamp
        public var samples: Int

        public init(time: Timestamp, samples: Int) {
            self.time = time
            self.samples = samples
        }
    }

    /// Samples that were considered, counted at every step as Prometheus does.
    public var totalQueryableSamples = 0
    /// The same by steps; empty where nobody asked for it.
    public var queryableSamplesByStep: [StepSamples] = []
    /// Samples counted where they are seen first, as Prometheus does: of a window those that the step before did not have.
    public var freshSamples = 0
    /// The same by steps; empty where nobody asked for it.
    public var freshSamplesByStep: [StepSamples] = []
    /// The most samples that Prometheus would hold at one time: what `--query.max-samples` limits.
    public var peakSamples = 0
    /// Samples decoded from storage, each once.
    public var samplesRead = 0
    /// Series that were selected.
    public var seriesSelected = 0
    public var preparationSeconds = 0.0
    public var evaluationSeconds = 0.0
    public var sortSeconds = 0.0
    public var queueSeconds = 0.0

    public init() {}
}

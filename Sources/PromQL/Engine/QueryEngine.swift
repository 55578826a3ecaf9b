// The engine's public face is declared here; see EngineOptions and QueryEngine.
public import QueryModel
public import TelemetryModel

/// Settings of the engine that hold for all queries.
public struct EngineOptions: Sendable {
    /// How far back an instant selector looks for a sample; milliseconds.
    public var lookbackMilliseconds: Int64 = 300_000
    /// The step of subqueries that give none; milliseconds (Prometheus: `global.evaluation_interval`).
    public var defaultStepMilliseconds: Int64 = 60_000
    public var features: LanguageFeatures = []

    public init() {}
}

/// When a query is evaluated.
public enum EvaluationTimes: Sendable, Hashable {
    case instant(Timestamp)
    /// Both ends inclusive; step at least 1 ms.
    case range(start: Timestamp, end: Timestamp, stepMilliseconds: Int64)
}

/// A finished evaluation.
public struct QueryAnswer: Sendable {
    public var value: QueryValue
    public var annotations: QueryAnnotations
    public var statistics: QueryStatistics

    public init(value: QueryValue, annotations: QueryAnnotations = QueryAnnotations(), statistics: QueryStatistics = QueryStatistics()) {
        self.value = value
        self.annotations = annotations
        self.statistics = statistics
    }
}

public import PromQL
public import TelemetryModel

/// A script of the query test language: data to load, queries to evaluate, and what they have to answer.
///
/// The language is that of Prometheus' own PromQL tests: `load`, `load_with_nhcb`, `clear`, `eval instant` and `eval range` with
/// `expect` lines and the expected series. Times count from 1970.
public struct TestScript: Sendable {
    public enum Command: Sendable {
        case load(LoadCommand)
        case clear
        case evaluate(EvaluateCommand)
    }

    public var commands: [Command]
}

/// Series to put into the storage, one sample every `step` from time 0 on.
public struct LoadCommand: Sendable {
    public var step: Int64
    /// Whether classic histograms among the series are loaded as histograms with custom buckets, too.
    public var convertsClassicHistograms: Bool
    public var series: [NotedSeries]
}

/// A query and what it has to answer.
public struct EvaluateCommand: Sendable {
    /// Line of the command, from 1.
    public var line: Int
    public var query: String
    public var times: QueryTimes
    public var expectations: [Expectation] = []
    /// Expected series, in order.
    public var series: [NotedSeries] = []
    public var scalar: Double?
    public var string: String?
    /// Times of the samples of an expected range vector.
    public var rangeVectorTimes: QueryTimes?

    public var isOrdered: Bool { expectations.contains { $0.kind == .ordered } }
    public var fails: Bool { expectations.contains { $0.kind == .fail } }
}

public enum QueryTimes: Sendable, Hashable {
    case instant(Timestamp)
    case range(start: Timestamp, end: Timestamp, step: Int64)
}

/// One `expect` line.
public struct Expectation: Sendable {
    public enum Kind: String, Sendable {
        case fail, warn, info, ordered
        case noWarn = "no_warn"
        case noInfo = "no_info"
    }

    public enum Match: Sendable {
        case any
        case text(String)
        case pattern(String)
    }

    public var kind: Kind
    public var match: Match
}

/// A series as it is written in a script: labels and the points that follow each other by one step.
public struct NotedSeries: Sendable {
    public var labels: LabelSet
    /// Starts of the points of the series that follows with the same labels, as milliseconds from the points' times; nil where one does not
    /// say. Present in a line `labels@st …`, which has no points.
    public var starts: [Int64?]?
    /// nil stands for a step without sample.
    public var points: [SeriesDescription.Point?]
}

/// A line of a script that cannot be understood.
public struct ScriptError: Error, CustomStringConvertible {
    public var line: Int
    public var message: String
    public var description: String { "line \(line): \(message)" }
}

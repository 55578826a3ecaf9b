internal import QueryModel
public import TelemetryModel

/// The values of an expression at the times at which it was evaluated, as range queries give them.
public struct ExpressionHistory: Sendable {
    /// One element over time; no value at a time means that it was not there.
    public struct Series: Sendable {
        public var labels: LabelSet
        /// Rising.
        public var times: [Timestamp] = []
        /// As long as ``times``.
        public var values: [Double] = []
    }

    public private(set) var series: [Series] = []
    private var places: [LabelSet: Int] = [:]

    public init() {}

    /// Adds a value; times of a series come in rising order. One that is not later than the last is left out, so that parts that overlap
    /// may be added one after the other.
    public mutating func append(_ labels: LabelSet, _ time: Timestamp, _ value: Double) {
        let place: Int
        if let known = places[labels] {
            place = known
        } else {
            place = series.count
            places[labels] = place
            series.append(Series(labels: labels))
        }
        if let last = series[place].times.last, time <= last { return }
        series[place].times.append(time)
        series[place].values.append(value)
    }

    /// The number of values.
    public var count: Int { series.reduce(0) { $0 + $1.times.count } }
}

/// Goes through a history from its beginning to its end.
struct HistoryCursor {
    private let series: [ExpressionHistory.Series]
    /// For each series the place of the first value that may still be asked for.
    private var places: [Int]

    init(_ history: ExpressionHistory) {
        series = history.series
        places = history.series.map { _ in 0 }
    }

    /// The elements at a time. Times that are asked for rise.
    mutating func elements(at time: Timestamp) -> [VectorSample] {
        var found: [VectorSample] = []
        for index in series.indices {
            while places[index] < series[index].times.count, series[index].times[places[index]] < time { places[index] += 1 }
            let place = places[index]
            guard place < series[index].times.count, series[index].times[place] == time else { continue }
            found.append(VectorSample(labels: series[index].labels, timestamp: time, value: .float(series[index].values[place])))
        }
        return found
    }

    /// The earliest time from some time on at which there is anything.
    mutating func nextTime(from time: Timestamp) -> Timestamp? {
        var earliest: Timestamp?
        for index in series.indices {
            while places[index] < series[index].times.count, series[index].times[places[index]] < time { places[index] += 1 }
            guard places[index] < series[index].times.count else { continue }
            earliest = min(earliest ?? .max, series[index].times[places[index]])
        }
        return earliest
    }
}

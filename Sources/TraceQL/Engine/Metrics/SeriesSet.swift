internal import TelemetryModel

/// A name and a value that tell series apart.
struct SeriesLabel: Sendable, Hashable {
    var name: String
    var value: TraceValue

    /// The label of series without any other.
    static let functionName = "__name__"
}

/// A series while it is computed: a value for each interval, not a number where there is none.
struct ComputedSeries: Sendable {
    struct Exemplar: Sendable {
        var labels: [SeriesLabel]
        var interval: Int
        /// Milliseconds.
        var timestamp: Timestamp
        /// Not a number where it is that of the series.
        var value: Double
    }

    var labels: [SeriesLabel]
    var values: [Double]
    var exemplars: [Exemplar] = []

    /// What it is found by: the labels without the name of the function.
    var key: [SeriesLabel] { labels.filter { $0.name != SeriesLabel.functionName } }

    var hasValues: Bool { values.contains { !$0.isNaN } }
}

/// Series, each with labels of its own.
struct SeriesSet: Sendable {
    private(set) var series: [ComputedSeries] = []
    private var places: [[SeriesLabel]: Int] = [:]

    init() {}

    init(_ series: [ComputedSeries]) { for one in series { add(one) } }

    /// Adds a series, in place of one with the same labels.
    mutating func add(_ one: ComputedSeries) {
        let key = one.key
        if let place = places[key] {
            series[place] = one
        } else {
            places[key] = series.count
            series.append(one)
        }
    }

    subscript(key: [SeriesLabel]) -> ComputedSeries? { places[key].map { series[$0] } }

    func map(_ change: (inout ComputedSeries) -> Void) -> SeriesSet {
        SeriesSet(
            series.map {
                var one = $0
                change(&one)
                return one
            })
    }
}

internal import Synchronization

/// The instruments of a declared metric: all there from the beginning where all values of its labels are known, made one by one otherwise.
final class ContractSeries<Instrument: Sendable>: Sendable {
    private struct Open {
        /// The values seen of each label that is open; nil for the others.
        var seen: [Set<String>?]
        var instruments: [[String]: Instrument] = [:]
    }

    /// By their place in the order of combinations; nil where a label is open.
    let known: [Instrument]?
    private let labels: [DeclaredLabel]
    private let make: @Sendable (MetricLabels) -> Instrument
    private let open: Mutex<Open>

    init(_ labels: [DeclaredLabel], make: @escaping @Sendable (MetricLabels) -> Instrument) {
        self.labels = labels
        self.make = make
        open = Mutex(Open(seen: labels.map { $0.values == nil ? [] : nil }))
        if labels.contains(where: { $0.values == nil }) {
            known = nil
        } else {
            var combinations: [[(String, String)]] = [[]]
            for label in labels {
                combinations = combinations.flatMap { combination in (label.values ?? []).map { combination + [(label.name, $0)] } }
            }
            known = combinations.map { make(MetricLabels($0)) }
        }
    }

    /// The instrument with these values, in the order of the labels. A value beyond those that an open label may have is taken for the one that
    /// stands for all such.
    func instrument(_ values: [String]) -> Instrument {
        open.withLock { open in
            var values = values
            for (index, label) in labels.enumerated() {
                guard let valuesMax = label.valuesMax, var seen = open.seen[index], !seen.contains(values[index]) else { continue }
                if seen.count >= valuesMax {
                    values[index] = OpenValue.other.labelValue
                } else {
                    // The set must have one owner, or a change copies it.
                    open.seen[index] = nil
                    seen.insert(values[index])
                    open.seen[index] = seen
                }
            }
            if let known = open.instruments[values] { return known }
            let made = make(MetricLabels(zip(labels.map(\.name), values)))
            open.instruments[values] = made
            return made
        }
    }
}

/// Instruments of a declared metric that differ in their labels' values. Keep the instrument where it is used often.
public struct InstrumentFamily<Instrument: Sendable, each Value: MetricLabelValue>: Sendable {
    let series: ContractSeries<Instrument>
    private let orders: (repeat ValueOrder<each Value>)

    init(_ series: ContractSeries<Instrument>) {
        self.series = series
        orders = (repeat ValueOrder<each Value>())
    }

    /// The instrument with these label values, in the order of the labels.
    public subscript(_ values: repeat each Value) -> Instrument {
        guard let known = series.known else {
            var texts: [String] = []
            for value in repeat each values { texts.append(value.labelValue) }
            return series.instrument(texts)
        }
        var place = 0
        for (order, value) in repeat (each orders, each values) { place = order.place(of: value, behind: place) }
        return known[place]
    }
}

/// Counters that differ in their labels' values.
public typealias CounterFamily<each Value: MetricLabelValue> = InstrumentFamily<Counter, repeat each Value>

/// Gauges that differ in their labels' values.
public typealias GaugeFamily<each Value: MetricLabelValue> = InstrumentFamily<Gauge, repeat each Value>

/// Histograms that differ in their labels' values.
public typealias HistogramFamily<each Value: MetricLabelValue> = InstrumentFamily<Histogram, repeat each Value>

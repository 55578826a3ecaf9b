internal import TelemetryModel

/// Samples by series, put together from tables.
struct SampleSeries {
    struct Element {
        var labels: LabelSet
        var times: [Int64] = []
        var values: [Double] = []
    }

    private var table = LabelTable()
    private var elements: [Element] = []
    private(set) var sampleCount = 0

    mutating func add(_ samples: CollectedSamples) {
        sampleCount += samples.times.count
        var places: [Int] = []
        var counts = [Int](repeating: 0, count: samples.labels.count)
        for number in samples.labelNumbers { counts[Int(number)] += 1 }
        for (number, key) in samples.labels.enumerated() {
            let place = Int(table.number(of: key))
            if place == elements.count { elements.append(Element(labels: LabelSet(canonical: key))) }
            places.append(place)
            elements[place].times.reserveCapacity(elements[place].times.count + counts[number])
            elements[place].values.reserveCapacity(elements[place].values.count + counts[number])
        }
        for index in samples.times.indices {
            let place = places[Int(samples.labelNumbers[index])]
            elements[place].times.append(samples.times[index])
            elements[place].values.append(samples.values[index])
        }
    }

    /// The series sorted by labels, the samples of each by time.
    func finished() -> [Element] {
        elements.sorted { $0.labels < $1.labels }.map { element in
            let times = element.times
            if zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 }) { return element }
            // Samples of the same time stay in their order.
            let order = times.indices.sorted { times[$0] != times[$1] ? times[$0] < times[$1] : $0 < $1 }
            return Element(labels: element.labels, times: order.map { times[$0] }, values: order.map { element.values[$0] })
        }
    }
}

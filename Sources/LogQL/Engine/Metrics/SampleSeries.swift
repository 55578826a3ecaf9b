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
    func finished() -> [Element] { elements.sorted { $0.labels < $1.labels }.map { SampleSeries.sorted($0) } }

    /// Samples of the same time stay in their order.
    private static func sorted(_ element: Element) -> Element {
        let times = element.times
        if zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 }) { return element }
        var places: [(time: Int64, place: Int)] = []
        places.reserveCapacity(times.count)
        for (place, time) in times.enumerated() { places.append((time, place)) }
        places.sort { $0.time != $1.time ? $0.time < $1.time : $0.place < $1.place }
        return Element(labels: element.labels, times: places.map(\.time), values: places.map { element.values[$0.place] })
    }
}

internal import QueryModel
internal import TelemetryModel

/// The values of some neighbouring steps of a range query.
struct ResultPiece: Sendable {
    /// The steps that it tells, by their numbers; those that ``values`` hold may be more.
    private(set) var steps: Range<Int64>
    /// The first step that ``values`` hold, and how many a series has.
    private let firstHeld: Int64
    private let heldCount: Int
    /// The series that have a value at any held step.
    private let series: [Int32]
    /// One element a step, series after series; absent ones marked.
    private let values: [Double]
    let annotations: QueryAnnotations
    /// Of the data that it was computed from.
    let version: UInt64

    fileprivate init(
        steps: Range<Int64>, series: [Int32], values: [Double], annotations: QueryAnnotations, version: UInt64
    ) {
        self.steps = steps
        firstHeld = steps.lowerBound
        heldCount = steps.count
        self.series = series
        self.values = values
        self.annotations = annotations
        self.version = version
    }

    /// The part of it within other steps.
    func clamped(to other: Range<Int64>) -> ResultPiece {
        var piece = self
        piece.steps = steps.clamped(to: other)
        return piece
    }

    /// What it takes in memory.
    var bytes: Int {
        let words = annotations.all.reduce(0) { $0 + 128 + 2 * $1.message.utf8.count }
        return MemoryLayout<ResultPiece>.stride + 16 + 2 * 32 + series.count * 4 + values.count * 8 + words
    }

    /// The number of values that it tells, absent ones included.
    var valueCount: Int { series.count * steps.count }

    /// Lends the values of each series.
    func forEachSeries(_ body: (_ series: Int, _ values: ArraySlice<Double>) -> Void) {
        let offset = Int(steps.lowerBound - firstHeld)
        for (place, number) in series.enumerated() {
            let start = place * heldCount + offset
            body(Int(number), values[start..<start + steps.count])
        }
    }
}

/// An answer from which pieces are cut.
struct AnsweredSteps {
    let series: [MatrixSeries]
    /// The numbers of the series.
    let numbers: [Int32]
    let key: ResultKey

    /// The piece of some of the steps.
    func piece(_ steps: Range<Int64>, _ annotations: QueryAnnotations, _ version: UInt64) -> ResultPiece {
        let (first, last) = (key.time(steps.lowerBound), key.time(steps.upperBound - 1))
        var present: [Int32] = []
        var values: [Double] = []
        for (element, number) in zip(series, numbers) {
            let times = element.samples.timestamps
            var index = times.firstIndex(notBefore: first)
            if index == times.count || times[index] > last { continue }
            present.append(number)
            let start = values.count
            values.append(contentsOf: repeatElement(StepColumn.absent, count: steps.count))
            while index < times.count, times[index] <= last {
                values[start + Int((times[index] - first) / key.step)] = element.samples.values[index]
                index += 1
            }
        }
        return ResultPiece(steps: steps, series: present, values: values, annotations: annotations, version: version)
    }
}

extension [Timestamp] {
    /// The place of the first time that is not before another, in a list in order. O(log count).
    fileprivate func firstIndex(notBefore time: Timestamp) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// Compares an answer with the series that a script expects. Numbers may differ by a millionth.
struct AnswerComparison {
    private let command: EvaluateCommand

    init(_ command: EvaluateCommand) { self.command = command }

    /// nil where the answer is as expected, else what differs.
    func wrong(_ value: QueryValue) -> String? {
        switch value {
        case .scalar(let sample):
            guard let scalar = command.scalar else { return "got a scalar, \(sample.value)" }
            return isClose(sample.value, scalar) ? nil : "expected \(scalar), got \(sample.value)"
        case .string(_, let text): return text == command.string ? nil : "expected \(command.string ?? "no string"), got \(text)"
        case .vector(let samples): return wrong(samples)
        case .matrix(let series): return wrong(series)
        }
    }

    private func wrong(_ samples: [VectorSample]) -> String? {
        if let scalar = command.scalar { return "expected the scalar \(scalar), got a vector" }
        var seen: Set<LabelSet> = []
        for (index, sample) in samples.enumerated() {
            guard let place = command.series.firstIndex(where: { $0.labels == sample.labels }) else {
                return "unexpected series \(sample.labels) \(sample.value.text)"
            }
            if command.isOrdered && place != index { return "\(sample.labels) stands at \(index), expected at \(place)" }
            guard let point = command.series[place].points.first ?? nil else { return "unexpected value of \(sample.labels)" }
            if let wrong = wrong(sample.value, point) { return "\(sample.labels): \(wrong)" }
            if !seen.insert(sample.labels).inserted { return "\(sample.labels) comes twice" }
        }
        return command.series.first { !seen.contains($0.labels) }.map { "missing series \($0.labels)" }
    }

    private func wrong(_ series: [MatrixSeries]) -> String? {
        if let scalar = command.scalar { return "expected the scalar \(scalar), got a matrix" }
        let times: (start: Timestamp, step: Int64)
        switch command.rangeVectorTimes ?? command.times {
        case .instant(let time): times = (time, 1)
        case .range(let start, _, let step): times = (start, step)
        }
        var seen: Set<LabelSet> = []
        for element in series {
            guard let expected = command.series.first(where: { $0.labels == element.labels }) else {
                return "unexpected series \(element.labels) \(element.samples.text)"
            }
            seen.insert(element.labels)
            var count = 0
            for (index, point) in expected.points.enumerated() {
                let time = times.start + Int64(index) * times.step
                let value = element.samples.value(at: time)
                if value != nil { count += 1 }
                if let wrong = wrong(value, point) { return "\(element.labels) at \(time): \(wrong); all: \(element.samples.text)" }
            }
            if count != element.samples.count { return "\(element.labels) has more points than expected: \(element.samples.text)" }
        }
        return command.series.first { !seen.contains($0.labels) && $0.points.contains { $0 != nil } }.map { "missing series \($0.labels)" }
    }

    private func wrong(_ value: PointValue?, _ point: SeriesDescription.Point?) -> String? {
        switch (value, point?.value) {
        case (nil, nil): return nil
        case (let value?, nil): return "unexpected \(value.text)"
        case (nil, let expected?): return "missing \(expected.text)"
        case (.float(let number)?, .float(let expected)?):
            return isClose(number, expected) ? nil : "expected \(expected), got \(number)"
        case (.histogram(let histogram)?, .histogram(let expected)?):
            if areClose(histogram.compacted(), expected.compacted(), comparesHint: point?.hasResetHint ?? false) { return nil }
            return "expected \(expected.fullText), got \(histogram.fullText)"
        case (let value?, let expected?): return "expected \(expected.text), got \(value.text)"
        }
    }

    private func isClose(_ left: Double, _ right: Double) -> Bool {
        if StaleMarker.matches(left) || StaleMarker.matches(right) { return left.bitPattern == right.bitPattern }
        if left.isNaN && right.isNaN { return true }
        if left == right { return true }
        let difference = abs(left - right)
        let sum = abs(left) + abs(right)
        let epsilon = 1e-6
        if left == 0 || right == 0 || sum < Double.leastNormalMagnitude { return difference < epsilon * Double.leastNormalMagnitude }
        return difference / min(sum, Double.greatestFiniteMagnitude) < epsilon
    }

    private func areClose(_ left: NativeHistogram, _ right: NativeHistogram, comparesHint: Bool) -> Bool {
        if comparesHint && left.resetHint != right.resetHint { return false }
        guard left.schema == right.schema, isClose(left.count, right.count), isClose(left.sum, right.sum) else { return false }
        if left.usesCustomBuckets {
            guard left.customBounds == right.customBounds else { return false }
        } else {
            guard left.zeroThreshold == right.zeroThreshold, isClose(left.zeroCount, right.zeroCount) else { return false }
        }
        return haveCloseBuckets(left, right, .positive) && haveCloseBuckets(left, right, .negative)
    }

    private func haveCloseBuckets(_ left: NativeHistogram, _ right: NativeHistogram, _ side: NativeHistogram.Side) -> Bool {
        let leftBuckets = left.buckets(side).filter { $0.count != 0 }
        let rightBuckets = right.buckets(side).filter { $0.count != 0 }
        return leftBuckets.count == rightBuckets.count
            && zip(leftBuckets, rightBuckets).allSatisfy { $0.index == $1.index && isClose($0.count, $1.count) }
    }
}

extension PointValue {
    var text: String {
        switch self {
        case .float(let number): FloatText.general(number)
        case .histogram(let histogram): histogram.fullText
        }
    }
}

extension NativeHistogram {
    var fullText: String { "\(self) schema \(schema) hint \(resetHint) bounds \(customBounds) zero \(zeroThreshold)" }
}

extension SampleColumns {
    var text: String {
        var parts = zip(timestamps, values).map { "\($1)@\($0)" }
        parts += histograms.map { "\($0.histogram)@\($0.timestamp)" }
        return parts.prefix(20).joined(separator: " ")
    }
}

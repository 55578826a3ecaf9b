import Foundation

/// When a query is evaluated; milliseconds.
enum Evaluation: Sendable, CustomStringConvertible {
    case instant(Int64)
    case range(start: Int64, end: Int64, step: Int64)

    var description: String {
        switch self {
        case .instant(let time): "at \(seconds(time))"
        case .range(let start, let end, let step): "from \(seconds(start)) to \(seconds(end)) step \(duration(step))"
        }
    }

    var isInstant: Bool { if case .instant = self { true } else { false } }
}

/// What a server answered to a query, in a form that can be compared.
enum QueryAnswer: Sendable, CustomStringConvertible {
    case refused(String)
    /// The series in the order of the answer.
    case series(type: String, [Series])

    struct Series: Sendable {
        let labels: [String: String]
        let times: [Int64]
        let values: [Double]
        /// By their times.
        var histograms: [Int64: HistogramAnswer] = [:]
    }

    var description: String {
        switch self {
        case .refused(let error): return "refused: " + error
        case .series(let type, let all):
            let lines = all.map { series in
                "\(series.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) \(series.values.prefix(20)) \(series.histograms)"
            }
            return type + " " + lines.sorted().prefix(12).joined(separator: "; ")
        }
    }

    var series: [Series] { if case .series(_, let all) = self { all } else { [] } }
    var isRefusal: Bool { if case .refused = self { true } else { false } }

    init(status: Int, body: Data) throws {
        let envelope = try JSONDecoder().decode(Envelope.self, from: body)
        guard let data = envelope.data else {
            self = .refused(envelope.error ?? "status \(status)")
            return
        }
        self = .series(type: data.resultType, data.series)
    }

    private struct Envelope: Decodable {
        let error: String?
        let data: Payload?
    }

    private struct Payload: Decodable {
        let resultType: String
        let series: [Series]

        enum Key: CodingKey { case resultType, result }
        struct Element: Decodable {
            let metric: [String: String]
            let value: Point?
            let values: [Point]?
            let histogram: TimedHistogram?
            let histograms: [TimedHistogram]?
        }
        struct TimedHistogram: Decodable {
            let time: Int64
            let value: HistogramAnswer
            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                time = Int64((try pair.decode(Double.self) * 1000).rounded())
                value = try pair.decode(HistogramAnswer.self)
            }
        }
        struct Point: Decodable {
            let time: Int64
            let value: Double
            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                time = Int64((try pair.decode(Double.self) * 1000).rounded())
                let text = try pair.decode(String.self)
                guard let value = Double(text) else {
                    throw DecodingError.dataCorruptedError(in: pair, debugDescription: "\(text) is no number")
                }
                self.value = value
            }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            resultType = try container.decode(String.self, forKey: .resultType)
            if resultType == "scalar" {
                let point = try container.decode(Point.self, forKey: .result)
                series = [Series(labels: [:], times: [point.time], values: [point.value])]
            } else {
                series = try container.decode([Element].self, forKey: .result).map { element in
                    let points = element.values ?? element.value.map { [$0] } ?? []
                    let histograms = element.histograms ?? element.histogram.map { [$0] } ?? []
                    return Series(
                        labels: element.metric, times: points.map(\.time), values: points.map(\.value),
                        histograms: Dictionary(histograms.map { ($0.time, $0.value) }) { first, _ in first })
                }
            }
        }
    }
}

/// The first way in which two answers differ.
enum Difference: Sendable, CustomStringConvertible {
    case refusal(theirs: String?, ours: String?)
    case type(theirs: String, ours: String)
    /// Series, or points of a series, that only one side has; with the earliest time of such a point.
    case presence(onlyTheirs: [[String: String]], onlyOurs: [[String: String]], time: Int64)
    case value(labels: [String: String], time: Int64, theirs: Double, ours: Double)
    case histogram(labels: [String: String], time: Int64, theirs: HistogramAnswer, ours: HistogramAnswer)
    case order(theirs: [Double], ours: [Double])

    /// The labels of the series that it is about.
    var subjects: [[String: String]] {
        switch self {
        case .refusal, .type, .order: []
        case .presence(let theirs, let ours, _): theirs + ours
        case .value(let labels, _, _, _), .histogram(let labels, _, _, _): [labels]
        }
    }

    /// The time to look at, where there is one.
    var time: Int64? {
        switch self {
        case .refusal, .type, .order: nil
        case .presence(_, _, let time), .value(_, let time, _, _), .histogram(_, let time, _, _): time
        }
    }

    var description: String {
        switch self {
        case .refusal(let theirs, let ours): "Prometheus: \(theirs ?? "an answer"); Perch: \(ours ?? "an answer")"
        case .type(let theirs, let ours): "Prometheus gives a \(theirs), Perch a \(ours)"
        case .presence(let theirs, let ours, let time): "only Prometheus has \(theirs.prefix(3)), only Perch \(ours.prefix(3)), at \(time)"
        case .value(let labels, let time, let theirs, let ours): "\(labels) at \(time): Prometheus \(theirs), Perch \(ours)"
        case .histogram(let labels, let time, let theirs, let ours): "\(labels) at \(time): Prometheus \(theirs), Perch \(ours)"
        case .order(let theirs, let ours): "Prometheus sorts \(theirs), Perch \(ours)"
        }
    }

    /// Nil where the answers are the same up to the last digits: sums in another order differ there.
    static func between(theirs: QueryAnswer, ours: QueryAnswer, isOrdered: Bool = false, tolerance: Double = 1e-9) -> Difference? {
        switch (theirs, ours) {
        case (.refused, .refused): return nil
        case (.refused(let error), .series): return .refusal(theirs: error, ours: nil)
        case (.series, .refused(let error)): return .refusal(theirs: nil, ours: error)
        case (.series(let theirType, let theirSeries), .series(let ourType, let ourSeries)):
            if theirType != ourType { return .type(theirs: theirType, ours: ourType) }
            if let found = between(theirSeries, ourSeries, tolerance) { return found }
            guard isOrdered else { return nil }
            let (left, right) = (theirSeries.flatMap(\.values), ourSeries.flatMap(\.values))
            return zip(left, right).allSatisfy { same($0, $1, tolerance) } ? nil : .order(theirs: left, ours: right)
        }
    }

    private static func between(_ theirs: [QueryAnswer.Series], _ ours: [QueryAnswer.Series], _ tolerance: Double) -> Difference? {
        let theirs = Dictionary(theirs.map { ($0.labels, $0) }) { first, _ in first }
        let mine = Dictionary(ours.map { ($0.labels, $0) }) { first, _ in first }
        var onlyTheirs: [[String: String]] = []
        var onlyOurs: [[String: String]] = []
        var earliest = Int64.max
        var found: Difference?
        for labels in Set(theirs.keys).union(mine.keys).sorted(by: {
            "\($0.sorted { $0.key < $1.key })" < "\($1.sorted { $0.key < $1.key })"
        }) {
            let left = points(theirs[labels])
            let right = points(mine[labels])
            let (theirHistograms, ourHistograms) = (theirs[labels]?.histograms ?? [:], mine[labels]?.histograms ?? [:])
            let missing = left.keys.filter { right[$0] == nil } + theirHistograms.keys.filter { ourHistograms[$0] == nil }
            let extra = right.keys.filter { left[$0] == nil } + ourHistograms.keys.filter { theirHistograms[$0] == nil }
            if !missing.isEmpty { onlyTheirs.append(labels) }
            if !extra.isEmpty { onlyOurs.append(labels) }
            earliest = min(earliest, missing.min() ?? .max, extra.min() ?? .max)
            guard found == nil else { continue }
            for (time, value) in left.sorted(by: { $0.key < $1.key }) {
                if let other = right[time], !same(value, other, tolerance) {
                    found = .value(labels: labels, time: time, theirs: value, ours: other)
                    break
                }
            }
            for (time, value) in theirHistograms.sorted(by: { $0.key < $1.key }) where found == nil {
                if let other = ourHistograms[time], !value.isSame(as: other, tolerance) {
                    found = .histogram(labels: labels, time: time, theirs: value, ours: other)
                }
            }
        }
        if earliest < .max { return .presence(onlyTheirs: onlyTheirs, onlyOurs: onlyOurs, time: earliest) }
        return found
    }

    private static func points(_ series: QueryAnswer.Series?) -> [Int64: Double] {
        guard let series else { return [:] }
        return Dictionary(zip(series.times, series.values)) { first, _ in first }
    }

    static func same(_ left: Double, _ right: Double, _ tolerance: Double = 1e-9) -> Bool {
        if left == right || (left.isNaN && right.isNaN) { return true }
        guard left.isFinite, right.isFinite, tolerance > 0 else { return false }
        let distance = abs(left - right)
        return distance <= tolerance * max(abs(left), abs(right)) || distance < 1e-3 * tolerance
    }
}

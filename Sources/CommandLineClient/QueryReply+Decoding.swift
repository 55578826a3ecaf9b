internal import Foundation
internal import TelemetryModel

/// The envelope around every answer of the Prometheus API.
struct APIEnvelope<Payload: Decodable>: Decodable {
    let status: String
    let data: Payload?
    let errorType: String?
    let error: String?
    let warnings: [String]?
    let infos: [String]?
}

/// The member `data` of a query's answer.
struct QueryPayload: Decodable {
    let result: QueryReply.Result
    let explanation: QueryExplanationReply?

    private enum Key: String, CodingKey { case explain }

    init(from decoder: any Decoder) throws {
        result = try QueryReply.Result(from: decoder)
        explanation = try decoder.container(keyedBy: Key.self).decodeIfPresent(QueryExplanationReply.self, forKey: .explain)
    }
}

extension QueryReply.Result: Decodable {
    private enum Key: String, CodingKey { case resultType, result }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(String.self, forKey: .resultType) {
        case "scalar": self = .scalar(try container.decode(WirePoint.self, forKey: .result).point)
        case "string":
            let point = try container.decode(WirePoint.self, forKey: .result)
            self = .string(point.time, point.text)
        case "vector": self = .vector(try container.decode([WireElement].self, forKey: .result).map(\.element))
        case "matrix": self = .matrix(try container.decode([WireSeries].self, forKey: .result).map(\.series))
        case let other:
            throw DecodingError.dataCorruptedError(forKey: .resultType, in: container, debugDescription: "unknown result type “\(other)”")
        }
    }
}

/// `[seconds, "text"]`.
private struct WirePoint: Decodable {
    let time: Timestamp
    let text: String

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        time = try container.decodeTime()
        text = try container.decode(String.self)
    }

    var point: QueryReply.Point { QueryReply.Point(time: time, value: .float(text)) }
}

/// `[seconds, {histogram}]`.
private struct WireHistogramPoint: Decodable {
    private struct Content: Decodable {
        let count: String
        let sum: String
        let buckets: [WireBucket]?
    }

    let point: QueryReply.Point

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let time = try container.decodeTime()
        let content = try container.decode(Content.self)
        let buckets = (content.buckets ?? []).map(\.bucket)
        let histogram = QueryReply.Histogram(count: content.count, sum: content.sum, buckets: buckets)
        point = QueryReply.Point(time: time, value: .histogram(histogram))
    }
}

/// `[boundaries, "lower", "upper", "count"]`.
private struct WireBucket: Decodable {
    let bucket: QueryReply.Bucket

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        bucket = QueryReply.Bucket(
            boundaries: try container.decode(Int.self), lower: try container.decode(String.self), upper: try container.decode(String.self),
            count: try container.decode(String.self))
    }
}

private struct WireElement: Decodable {
    let metric: [String: String]
    let value: WirePoint?
    let histogram: WireHistogramPoint?

    var element: QueryReply.Element {
        let point = value?.point ?? histogram?.point ?? QueryReply.Point(time: 0, value: .float("NaN"))
        return QueryReply.Element(labels: LabelSet(metric.map { ($0.key, $0.value) }), point: point)
    }
}

private struct WireSeries: Decodable {
    let metric: [String: String]
    let values: [WirePoint]?
    let histograms: [WireHistogramPoint]?

    var series: QueryReply.Series {
        var points = (values ?? []).map(\.point)
        if let histograms, !histograms.isEmpty {
            points = (points + histograms.map(\.point)).sorted { $0.time < $1.time }
        }
        return QueryReply.Series(labels: LabelSet(metric.map { ($0.key, $0.value) }), points: points)
    }
}

extension UnkeyedDecodingContainer {
    /// Seconds as milliseconds.
    fileprivate mutating func decodeTime() throws -> Timestamp {
        let seconds = try decode(Double.self)
        guard let milliseconds = Timestamp(exactly: (seconds * 1000).rounded()) else {
            throw DecodingError.dataCorruptedError(in: self, debugDescription: "a time beyond all bounds")
        }
        return milliseconds
    }
}

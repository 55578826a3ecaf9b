internal import Foundation
internal import TelemetryModel

/// Answers as one line of JSON, members sorted by name:
///
///     {"infos":[…],"result":R,"resultType":"vector","warnings":[…]}
///
/// with R as the Prometheus API gives it: `[seconds,"1"]` for scalar and string, `[{"metric":{…},"value":[seconds,"1"]}]` for vector,
/// `[{"metric":{…},"values":[[seconds,"1"],…]}]` for matrix; native histograms stand in `histogram` and `histograms` as
/// `{"buckets":[[boundaries,"lower","upper","count"],…],"count":"42","sum":"1.5"}`.
enum JSONRenderer {
    static func render(_ reply: QueryReply) -> String {
        var json = JSONText()
        json.object { json in
            json.member("infos") { $0.array(reply.infos) { $0.string($1) } }
            json.member("result") { result(reply.result, &$0) }
            json.member("resultType") { $0.string(typeName(of: reply.result)) }
            json.member("warnings") { $0.array(reply.warnings) { $0.string($1) } }
        }
        return json.text + "\n"
    }

    /// An explanation as the server gave it, on one line with members sorted.
    static func render(_ explanation: QueryExplanationReply) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(explanation), as: UTF8.self) + "\n"
        } catch {
            preconditionFailure("BUG: numbers and texts that were decoded cannot be encoded: \(error)")
        }
    }

    private static func typeName(of result: QueryReply.Result) -> String {
        switch result {
        case .scalar: "scalar"
        case .string: "string"
        case .vector: "vector"
        case .matrix: "matrix"
        }
    }

    private static func result(_ result: QueryReply.Result, _ json: inout JSONText) {
        switch result {
        case .scalar(let point): self.point(point, &json)
        case .string(let time, let text): point(QueryReply.Point(time: time, value: .float(text)), &json)
        case .vector(let elements):
            json.array(elements) { json, element in
                json.object { json in
                    let value: (inout JSONText) -> Void = { point(element.point, &$0) }
                    if element.point.isHistogram { json.member("histogram", value) }
                    json.member("metric") { labels(element.labels, &$0) }
                    if !element.point.isHistogram { json.member("value", value) }
                }
            }
        case .matrix(let series):
            json.array(series) { json, series in
                let histograms = series.points.filter(\.isHistogram)
                let floats = series.points.filter { !$0.isHistogram }
                json.object { json in
                    if !histograms.isEmpty { json.member("histograms") { $0.array(histograms) { point($1, &$0) } } }
                    json.member("metric") { labels(series.labels, &$0) }
                    if !floats.isEmpty { json.member("values") { $0.array(floats) { point($1, &$0) } } }
                }
            }
        }
    }

    private static func labels(_ labels: LabelSet, _ json: inout JSONText) {
        json.object { json in
            for label in labels { json.member(label.name) { $0.string(label.value) } }
        }
    }

    private static func point(_ point: QueryReply.Point, _ json: inout JSONText) {
        json.array([0, 1]) { json, part in
            if part == 0 {
                json.seconds(point.time)
            } else {
                switch point.value {
                case .float(let text): json.string(text)
                case .histogram(let histogram): self.histogram(histogram, &json)
                }
            }
        }
    }

    private static func histogram(_ histogram: QueryReply.Histogram, _ json: inout JSONText) {
        json.object { json in
            json.member("buckets") { json in
                json.array(histogram.buckets) { json, bucket in
                    json.raw("[\(bucket.boundaries)")
                    for text in [bucket.lower, bucket.upper, bucket.count] {
                        json.raw(",")
                        json.string(text)
                    }
                    json.raw("]")
                }
            }
            json.member("count") { $0.string(histogram.count) }
            json.member("sum") { $0.string(histogram.sum) }
        }
    }
}

extension QueryReply.Point {
    fileprivate var isHistogram: Bool {
        if case .histogram = value { true } else { false }
    }
}

/// Writes JSON; the order of members is the caller's.
struct JSONText {
    private(set) var text = ""
    private var needsComma = false

    mutating func object(_ body: (inout JSONText) -> Void) {
        text += "{"
        needsComma = false
        body(&self)
        text += "}"
        needsComma = true
    }

    mutating func member(_ name: String, _ value: (inout JSONText) -> Void) {
        if needsComma { text += "," }
        string(name)
        text += ":"
        value(&self)
        needsComma = true
    }

    mutating func array<Element>(_ elements: [Element], _ body: (inout JSONText, Element) -> Void) {
        text += "["
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            body(&self, element)
        }
        text += "]"
    }

    mutating func raw(_ json: String) { text += json }

    /// Milliseconds as seconds, with three decimals where they are not whole.
    mutating func seconds(_ time: Timestamp) {
        let fraction = time.magnitude % 1000
        text += (time < 0 ? "-" : "") + String(time.magnitude / 1000)
        if fraction > 0 { text += "." + String(1000 + fraction).dropFirst() }
    }

    mutating func string(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case ..<" ": text += "\\u" + String(String(0x10000 + scalar.value, radix: 16).dropFirst())
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

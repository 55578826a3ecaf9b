internal import Foundation
internal import TelemetryModel
internal import TraceQL

/// Answers in the form in which the published ones are recorded: without what depends on the clock, in a fixed order.
struct PublishedForm {
    private let dataSet: PublishedDataSet
    private let base = PublishedDataSet.baseMilliseconds

    init(_ dataSet: PublishedDataSet) { self.dataSet = dataSet }

    private static func trimmed(_ text: String) -> String { String(text.drop { $0 == "0" }) }

    static func typed(_ value: AttributeValue) -> String {
        switch value {
        case .string(let text): "string:" + text
        case .bool(let flag): "bool:\(flag)"
        case .int(let number): "int:\(number)"
        case .double(let number): "double:" + shortest(number)
        case .array(let values): "array:[" + values.map(typed).joined(separator: ", ") + "]"
        default: "other"
        }
    }

    private static func shortest(_ number: Double) -> String { String(format: "%.9g", number) }

    private func attributes(_ list: [Attribute]) -> [String: Any] {
        var result: [String: String] = [:]
        for attribute in list {
            let text = Self.typed(attribute.value)
            if let known = result[attribute.key], known != text {
                result[attribute.key] = [known, text].sorted().joined(separator: " and ")
            } else {
                result[attribute.key] = text
            }
        }
        return result
    }

    func search(_ result: SearchResult, _ mode: String) -> [String: Any] {
        var traces: [String: Any] = [:]
        for trace in result.traces {
            let digits = Self.trimmed(trace.traceID.hexadecimal)
            let name = dataSet.traceNames[digits] ?? "unknown " + digits
            switch mode {
            case "traces": traces[name] = [Any]()
            case "meta":
                traces[name] = [
                    "rootServiceName": trace.rootServiceName, "rootTraceName": trace.rootTraceName,
                    "startMs": Int(trace.start / 1_000_000) - Int(base), "durationMs": Int(trace.durationMilliseconds),
                ]
            default:
                var sets = trace.spanSets.map { set -> [String: Any] in
                    var spans = set.spans.map { span -> (String, [String: Any]) in
                        let digits = Self.trimmed(span.spanID.hexadecimal)
                        return (dataSet.spanKeys["\(name)|\(digits)"] ?? "unknown " + digits, attributes(span.attributes))
                    }
                    spans.sort { $0.0 < $1.0 }
                    var one: [String: Any] = ["spans": spans.map(\.0), "matched": set.matched]
                    if mode == "groups" { one["attributes"] = attributes(set.attributes) }
                    if mode == "attrs" { one["spans"] = spans.map { [$0.0, $0.1] as [Any] } }
                    return one
                }
                sets.sort { Self.text($0) < Self.text($1) }
                traces[name] = sets
            }
        }
        return ["traces": traces]
    }

    func metrics(_ result: MetricsResult, _ only: [String]?, isInstant: Bool) -> [String: Any] {
        var series: [[String: Any]] = []
        for one in result.series {
            let labels = attributes(one.labels)
            if let only, Set(labels.keys).isDisjoint(with: only) { continue }
            var item: [String: Any] = ["labels": labels]
            if isInstant {
                item["value"] = one.samples.first?.value ?? 0
            } else {
                item["samples"] = one.samples.map { [Double($0.timestamp) - Double(base), $0.value] }
            }
            series.append(item)
        }
        return ["series": series]
    }

    static func text(_ value: Any) -> String {
        String(
            decoding: (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])) ?? Data(),
            as: UTF8.self)
    }

    /// Without the attributes of spans that were not asked for, since an answer may tell more.
    static func pruned(_ want: [String: Any], _ got: [String: Any]) -> ([String: Any], [String: Any]) {
        var got = got
        var traces = got["traces"] as? [String: Any] ?? [:]
        for (name, wanted) in want["traces"] as? [String: [[String: Any]]] ?? [:] {
            guard var sets = traces[name] as? [[String: Any]] else { continue }
            for place in sets.indices where place < wanted.count {
                let wantedSpans = wanted[place]["spans"] as? [[Any]] ?? []
                var spans = sets[place]["spans"] as? [[Any]] ?? []
                for span in spans.indices where span < wantedSpans.count && spans[span].count == 2 && wantedSpans[span].count == 2 {
                    let keys = Set((wantedSpans[span][1] as? [String: Any] ?? [:]).keys)
                    spans[span][1] = (spans[span][1] as? [String: Any] ?? [:]).filter { keys.contains($0.key) }
                }
                sets[place]["spans"] = spans
            }
            traces[name] = sets
        }
        got["traces"] = traces
        return (want, got)
    }

    /// Equal as published: order of traces, sets and series aside, numbers within a millionth.
    static func same(_ a: Any, _ b: Any) -> Bool {
        if let a = a as? [String: Any], let b = b as? [String: Any] {
            if let left = a["series"] as? [[String: Any]], let right = b["series"] as? [[String: Any]] { return sameSeries(left, right) }
            return Set(a.keys) == Set(b.keys) && a.allSatisfy { key, value in b[key].map { same(value, $0) } ?? false }
        }
        if let a = a as? [Any], let b = b as? [Any] { return a.count == b.count && zip(a, b).allSatisfy { same($0, $1) } }
        if let a = a as? String, let b = b as? String { return a == b }
        if let a = number(a), let b = number(b) { return a == b || abs(a - b) <= max(1e-6 * max(abs(a), abs(b)), 1e-12) }
        return false
    }

    private static func number(_ value: Any) -> Double? { value is String ? nil : (value as? NSNumber)?.doubleValue ?? value as? Double }

    private static func sameSeries(_ a: [[String: Any]], _ b: [[String: Any]]) -> Bool {
        let left = a.sorted { text($0["labels"] ?? "") < text($1["labels"] ?? "") }
        let right = b.sorted { text($0["labels"] ?? "") < text($1["labels"] ?? "") }
        return left.count == right.count
            && zip(left, right).allSatisfy { one, other in
                Set(one.keys) == Set(other.keys) && one.allSatisfy { key, value in other[key].map { same(value, $0) } ?? false }
            }
    }

    /// The part of an answer that is not the same in both.
    static func difference(_ want: [String: Any], _ got: [String: Any], showing shown: [String: Any]) -> Any {
        if let wanted = want["traces"] as? [String: Any], let found = got["traces"] as? [String: Any],
            let traces = shown["traces"] as? [String: Any]
        {
            return traces.filter { name, _ in
                guard let a = wanted[name], let b = found[name] else { return true }
                return !same(a, b)
            }
        }
        if let wanted = want["series"] as? [[String: Any]], let found = got["series"] as? [[String: Any]],
            let series = shown["series"] as? [[String: Any]]
        {
            return series.filter { one in !(wanted.contains { same($0, one) } && found.contains { same($0, one) }) }
        }
        return shown
    }
}

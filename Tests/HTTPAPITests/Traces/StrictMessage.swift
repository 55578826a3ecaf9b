internal import Foundation
internal import Testing

/// The JSON of a protobuf message as a strict reader takes it: any member that the message does not have is an error, and so is a value of
/// another type. Numbers of 64 bits may be texts or numbers.
indirect enum StrictMessage: Sendable {
    case text
    case integer32
    case integer64
    case number
    case truth
    case list(StrictMessage)
    case map(StrictMessage)
    case words([String])
    case message([String: StrictMessage])
    /// An `AnyValue`, with just one member.
    case value

    /// What is wrong with a text, by path; empty where nothing is.
    func faults(in text: String) -> [String] {
        guard let json = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed]) else {
            return ["no JSON: \(text)"]
        }
        return faults(in: json, at: "")
    }

    private func faults(in json: Any, at path: String) -> [String] {
        switch self {
        case .text: return json is String ? [] : ["\(path): no text"]
        case .words(let words): return (json as? String).map { words.contains($0) } == true ? [] : ["\(path): \(json) is no word"]
        case .truth: return isTruth(json) ? [] : ["\(path): neither true nor false"]
        case .integer32:
            return integer(json).map { (0...Int64(UInt32.max)).contains($0) } == true && !(json is String) ? [] : ["\(path): \(json)"]
        case .integer64: return integer(json) != nil || (json as? String).flatMap { UInt64($0) } != nil ? [] : ["\(path): \(json)"]
        case .number:
            return json is NSNumber && !isTruth(json) || ["NaN", "Infinity", "-Infinity"].contains(json as? String)
                ? [] : ["\(path): \(json)"]
        case .list(let element):
            guard let list = json as? [Any] else { return ["\(path): no list"] }
            return list.enumerated().flatMap { element.faults(in: $1, at: "\(path)[\($0)]") }
        case .map(let element):
            guard let map = json as? [String: Any] else { return ["\(path): no map"] }
            return map.flatMap { element.faults(in: $1, at: "\(path).\($0)") }
        case .message(let members):
            guard let map = json as? [String: Any] else { return ["\(path): no message"] }
            return map.flatMap { name, json in
                members[name]?.faults(in: json, at: "\(path).\(name)") ?? ["\(path): unknown field \"\(name)\""]
            }
        case .value:
            guard let map = json as? [String: Any], map.count <= 1 else { return ["\(path): no value"] }
            return StrictMessage.anyValue.faults(in: json, at: path)
        }
    }

    private func isTruth(_ json: Any) -> Bool { (json as? NSNumber).map { CFGetTypeIDIsBoolean($0) } ?? false }
    private func CFGetTypeIDIsBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

    private func integer(_ json: Any) -> Int64? {
        if let text = json as? String { return Int64(text) }
        guard let number = json as? NSNumber, !isTruth(json), number.doubleValue == number.doubleValue.rounded() else { return nil }
        return number.int64Value
    }

    private static let anyValue = StrictMessage.message([
        "stringValue": .text, "boolValue": .truth, "intValue": .integer64, "doubleValue": .number, "bytesValue": .text,
        "arrayValue": .message(["values": .list(.value)]), "kvlistValue": .message(["values": .list(keyValueOnce)]),
    ])
    private static let keyValueOnce = StrictMessage.message(["key": .text, "value": .value])
    static var keyValues: StrictMessage { .list(keyValueOnce) }
}

extension StrictMessage {
    private static let searchMetrics = StrictMessage.message([
        "inspectedTraces": .integer32, "inspectedBytes": .integer64, "totalBlocks": .integer32, "completedJobs": .integer32,
        "totalJobs": .integer32, "totalBlockBytes": .integer64, "inspectedSpans": .integer64, "backendReads": .integer64,
        "backendBytes": .integer64, "additionalMetrics": .map(.integer64),
    ])
    private static let spanSet = StrictMessage.message([
        "spans": .list(
            .message([
                "spanID": .text, "name": .text, "startTimeUnixNano": .integer64, "durationNanos": .integer64, "attributes": keyValues,
            ])),
        "matched": .integer32, "attributes": keyValues,
    ])

    /// `tempopb.SearchResponse`.
    static let searchResponse = StrictMessage.message([
        "traces": .list(
            .message([
                "traceID": .text, "rootServiceName": .text, "rootTraceName": .text, "startTimeUnixNano": .integer64,
                "durationMs": .integer32,
                "spanSet": spanSet, "spanSets": .list(spanSet),
                "serviceStats": .map(.message(["spanCount": .integer32, "errorCount": .integer32])),
            ])),
        "metrics": searchMetrics,
    ])
    /// `tempopb.QueryInstantResponse`.
    static let instantResponse = StrictMessage.message([
        "series": .list(.message(["labels": keyValues, "value": .number])), "metrics": searchMetrics,
        "status": .words(["COMPLETE", "PARTIAL"]), "message": .text,
    ])
    /// `tempopb.QueryRangeResponse`.
    static let rangeResponse = StrictMessage.message([
        "series": .list(
            .message([
                "labels": keyValues, "samples": .list(.message(["timestampMs": .integer64, "value": .number])),
                "exemplars": .list(.message(["labels": keyValues, "value": .number, "timestampMs": .integer64])),
            ])),
        "metrics": searchMetrics, "status": .words(["COMPLETE", "PARTIAL"]), "message": .text,
    ])
}

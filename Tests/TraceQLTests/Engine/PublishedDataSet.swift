internal import Foundation
internal import TelemetryModel

/// The published data set, as its own program describes it.
struct PublishedDataSet {
    static let baseMilliseconds: UInt64 = 1_700_000_040_000

    private struct Value: Decodable {
        let value: AttributeValue

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let array = try? container.decode([Value].self) {
                value = .array(array.map(\.value))
                return
            }
            let text = try container.decode(String.self)
            let content = String(text.dropFirst(2))
            switch text.first {
            case "b": value = .bool(content == "True")
            case "i": value = .int(Int64(content) ?? 0)
            case "f": value = .double(Double(content) ?? 0)
            default: value = .string(content)
            }
        }
    }

    private struct Pair: Decodable {
        var key: String
        var value: Value
        var attribute: Attribute { Attribute(key, value.value) }
    }

    private struct Event: Decodable {
        var name: String
        var time: UInt64
        var attributes: [Pair]
    }

    private struct Link: Decodable {
        var trace: String
        var span: String
        var attributes: [Pair]
    }

    private struct Span: Decodable {
        var trace: String
        var id: String
        var parent: String
        var name: String
        var kind: Int32
        var start: UInt64
        var end: UInt64
        var status: Int32
        var message: String
        var resource: [Pair]
        var scopeName: String
        var scopeVersion: String
        var scope: [Pair]
        var attributes: [Pair]
        var events: [Event]
        var links: [Link]
    }

    private struct Document: Decodable {
        var spans: [Span]
        var traceNames: [String: String]
        var spanKeys: [String: String]
    }

    /// By digits without zeros in front.
    let traceNames: [String: String]
    /// By the name of the trace, a bar, and digits without zeros in front.
    let spanKeys: [String: String]
    let batch: SpanBatch

    init() throws {
        let document = try JSONDecoder().decode(Document.self, from: Self.run())
        traceNames = document.traceNames
        spanKeys = document.spanKeys
        var batch = SpanBatch()
        for span in document.spans {
            var resource = ResourceRecord()
            resource.attributes = span.resource.map(\.attribute)
            var scope = ScopeRecord()
            (scope.name, scope.version, scope.attributes) = (span.scopeName, span.scopeVersion, span.scope.map(\.attribute))
            guard let trace = TraceID(hexadecimal: span.trace), let id = SpanID(hexadecimal: span.id) else { continue }
            var record = SpanRecord(traceID: trace, spanID: id)
            record.parentSpanID = SpanID(hexadecimal: span.parent) ?? .none
            (record.name, record.statusMessage) = (span.name, span.message)
            record.kind = SpanKind(rawValue: span.kind)
            record.statusCode = SpanStatusCode(rawValue: span.status)
            (record.start, record.end) = (span.start, span.end)
            record.attributes = span.attributes.map(\.attribute)
            record.events = span.events.map {
                var event = SpanEvent(time: $0.time, name: $0.name)
                event.attributes = $0.attributes.map(\.attribute)
                return event
            }
            record.links = span.links.compactMap {
                guard let trace = TraceID(hexadecimal: $0.trace), let id = SpanID(hexadecimal: $0.span) else { return nil }
                var link = SpanLink(traceID: trace, spanID: id)
                link.attributes = $0.attributes.map(\.attribute)
                return link
            }
            (record.resource, record.scope) = (batch.resources.count, batch.scopes.count)
            batch.resources.append(resource)
            batch.scopes.append(scope)
            batch.spans.append(record)
        }
        self.batch = batch
    }

    private static let program = """
        import json, sys
        sys.dont_write_bytecode = True
        sys.path.insert(0, sys.argv[1])
        import dataset as d
        base = int(sys.argv[2])
        def value(v):
            if isinstance(v, bool): return "b:" + str(v)
            if isinstance(v, int): return "i:" + str(v)
            if isinstance(v, float): return "f:" + repr(v)
            if isinstance(v, str): return "s:" + v
            return [value(x) for x in v]
        def pairs(a): return [{"key": k, "value": value(v)} for k, v in a.items()]
        spans = []
        for name, start, members in d.TRACES:
            for s in members:
                begin = (base + start) * 1000000 + round(s["at"] * 1000000)
                spans.append({
                    "trace": d.TRACE_IDS[name], "id": d.SPAN_IDS[name, s["key"]],
                    "parent": d.SPAN_IDS[name, s["parent"]] if s["parent"] else "", "name": s["name"], "kind": d.KINDS[s["kind"]],
                    "start": begin, "end": begin + round(s["dur"] * 1000000), "status": d.STATUS[s["status"]], "message": s["msg"],
                    "resource": pairs({"service.name": s["res"], **d.RES[s["res"]]}), "scopeName": d.SCOPES[s["scope"]][0],
                    "scopeVersion": d.SCOPES[s["scope"]][1], "scope": pairs(d.SCOPES[s["scope"]][2]), "attributes": pairs(s["attrs"]),
                    "events": [{"name": e["name"], "time": begin + round(e["at"] * 1000000), "attributes": pairs(e["attrs"])} for e in s["events"]],
                    "links": [{"trace": d.TRACE_IDS[l["trace"]], "span": d.SPAN_IDS[l["trace"], l["span"]], "attributes": pairs(l["attrs"])}
                              for l in s["links"]]})
        print(json.dumps({"spans": spans, "traceNames": d.TRACE_NAMES, "spanKeys": {t + "|" + i: k for (t, i), k in d.SPAN_KEYS.items()}}))
        """

    private static func run() throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program, Conformance.folder.path, String(baseMilliseconds)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return data
    }
}

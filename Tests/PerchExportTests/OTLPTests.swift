import Foundation
import Logging
import PerchLogging
import PerchMetrics
import PerchTracing
import PerchWire
import Synchronization
import TestSupport
import Testing
import Tracing

@testable import PerchExport

private struct Failure: Error, CustomStringConvertible {
    var description: String { "no money" }
}

/// What Python's `opentelemetry-proto` reads in our messages.
@Suite struct OTLPTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path
    static let python = root + "/.venv-clients/bin/python"
    static let hasPython = FileManager.default.isExecutableFile(atPath: python)

    private let resource = TelemetryResource(["service.name": "checkout", "process.pid": 7, "args": .strings(["a", "b"])])

    /// The message as JSON.
    private func decoded(_ message: [UInt8], _ signal: String, _ type: String) throws -> [String: Any] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.python)
        process.arguments = [
            "-c",
            """
            import sys
            from google.protobuf.json_format import MessageToJson
            from opentelemetry.proto.collector.\(signal).v1 import \(signal)_service_pb2 as m
            print(MessageToJson(m.Export\(type)ServiceRequest.FromString(sys.stdin.buffer.read())))
            """,
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: message)
        try input.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func value(_ json: Any?, _ path: Any...) throws -> Any? {
        var json = json
        for step in path {
            if let key = step as? String { json = (json as? [String: Any])?[key] }
            if let index = step as? Int {
                let array = try #require(json as? [Any], "\(path)")
                try #require(index < array.count, "\(path)")
                json = array[index]
            }
        }
        return json
    }

    private func attributes(_ json: Any?) throws -> [String: String] {
        var found: [String: String] = [:]
        for entry in json as? [[String: Any]] ?? [] {
            let data = try JSONSerialization.data(withJSONObject: entry["value"] ?? [:], options: .sortedKeys)
            found[entry["key"] as? String ?? ""] = String(decoding: data, as: UTF8.self)
        }
        return found
    }

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `spans are read with all that they hold`() throws {
        let finished = Mutex<[FinishedSpan]>([])
        let tracer = PerchTracer(sink: ImmediateSpans { span in finished.withLock { $0.append(span) } })
        var remote = InstrumentationContext.topLevel
        remote.traceContext = TraceContext(
            identity: SpanIdentity(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3), flags: 1), state: "v=1", isRemote: true)
        let span = tracer.startSpan("GET /orders/{id}", context: remote, ofKind: .server, at: Time(nanosecondsSinceEpoch: 1_000_000_007))
        span.attributes = [
            "text": "héllo", "int": 42, "double": 1.5, "flag": true, "list": .stringArray(["a", "b"]), "ints": .int64Array([1, -2]),
        ]
        span.addEvent(SpanEvent(name: "cache miss", at: Time(nanosecondsSinceEpoch: 5), attributes: ["key": "k"]))
        span.addLink(SpanLink(context: remote, attributes: ["why": "batch"]))
        span.setStatus(SpanStatus(code: .error, message: "broken"))
        span.end(at: Time(nanosecondsSinceEpoch: 2_000_000_007))
        let message = OTLPSpans.encode(finished.withLock { $0 }, resource: resource, attributeBytesMax: 3)
        let json = try decoded(message, "trace", "Trace")
        let resourceSpans = try value(json, "resourceSpans", 0)
        #expect(
            try attributes(try value(resourceSpans, "resource", "attributes")) == [
                "service.name": #"{"stringValue":"checkout"}"#, "process.pid": #"{"intValue":"7"}"#,
                "args": #"{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}"#,
            ])
        let decodedSpan = try value(resourceSpans, "scopeSpans", 0, "spans", 0)
        func field(_ name: String) throws -> String? { (try value(decodedSpan, name)).map { "\($0)" } }
        #expect(try field("name") == "GET /orders/{id}")
        #expect(try field("kind") == "SPAN_KIND_SERVER")
        #expect(try field("startTimeUnixNano") == "1000000007")
        #expect(try field("endTimeUnixNano") == "2000000007")
        #expect(try field("traceState") == "v=1")
        #expect(try field("flags") == "769")
        #expect(Data(base64Encoded: try field("traceId") ?? "")?.count == 16)
        #expect(Data(base64Encoded: try field("parentSpanId") ?? "").map { [UInt8]($0) } == [0, 0, 0, 0, 0, 0, 0, 3])
        #expect(
            try attributes(try value(decodedSpan, "attributes")) == [
                "text": #"{"stringValue":"hé"}"#, "int": #"{"intValue":"42"}"#, "double": #"{"doubleValue":1.5}"#,
                "flag": #"{"boolValue":true}"#, "list": #"{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}"#,
                "ints": #"{"arrayValue":{"values":[{"intValue":"1"},{"intValue":"-2"}]}}"#,
            ])
        #expect(try value(decodedSpan, "events", 0, "name") as? String == "cache miss")
        #expect(try value(decodedSpan, "links", 0, "traceState") as? String == "v=1")
        #expect(try value(decodedSpan, "status", "code") as? String == "STATUS_CODE_ERROR")
        #expect(try value(decodedSpan, "status", "message") as? String == "broken")
    }

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `log records are read with all that they hold`() throws {
        let span = SpanIdentity(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3), flags: 1)
        let record = LogRecord(
            time: 1_000_000_007, level: .error, logger: "shop", message: "payment failed",
            metadata: ["n": .stringConvertible(3), "list": ["a", "b"], "map": ["k": "v"]], error: Failure(), source: "Shop",
            file: "Shop/Pay.swift", function: "pay()", line: 12, span: span, stack: ["one", "two"])
        var other = record
        other.logger = "other"
        let json = try decoded(OTLPLogs.encode([record, other, record], resource: resource), "logs", "Logs")
        let scopes = try #require(try value(json, "resourceLogs", 0, "scopeLogs") as? [[String: Any]])
        #expect(scopes.count == 2)
        #expect(try value(scopes[0], "scope", "name") as? String == "shop")
        #expect((scopes[0]["logRecords"] as? [Any])?.count == 2)
        let first = try value(scopes[0], "logRecords", 0)
        #expect(try value(first, "severityNumber") as? String == "SEVERITY_NUMBER_ERROR")
        #expect(try value(first, "body", "stringValue") as? String == "payment failed")
        #expect(try value(first, "timeUnixNano") as? String == "1000000007")
        let attributes = try attributes(try value(first, "attributes"))
        #expect(attributes["n"] == #"{"intValue":"3"}"#)
        #expect(attributes["map"] == #"{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"v"}}]}}"#)
        #expect(attributes["exception.message"] == #"{"stringValue":"no money"}"#)
        #expect(attributes["exception.stacktrace"] == #"{"stringValue":"one\ntwo"}"#)
        #expect(attributes["code.line.number"] == #"{"intValue":"12"}"#)
        #expect(try value(first, "flags") as? Int == 1)
    }

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `metrics of every kind are read with their numbers`() throws {
        let span = SpanIdentity(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3), flags: 1)
        let registry = MetricRegistry(exemplars: ExemplarSource { span })
        registry.counter("a_requests_total", help: "A.", labels: ["code": "200"]).increment(by: 7)
        registry.gauge("b_bytes", help: "B.", unit: "bytes").set(-1.5)
        let classic = registry.histogram("c_seconds", help: "C.", unit: "seconds", bounds: [1, 2], labels: ["route": "c"])
        let native = registry.histogram(
            "d_seconds", help: "D.", unit: "seconds", buckets: .native(schema: 0), labels: ["route": "d"])
        for value in [0.5, 1.5, 9] {
            classic.record(value)
            native.record(value)
        }
        native.record(0)
        registry.summary("e_seconds", help: "E.", unit: "seconds", quantiles: [0.5], labels: ["route": "e"]).record(4)
        let json = try decoded(OTLPMetrics.encode(registry.snapshot(), resource: resource, time: 99), "metrics", "Metrics")
        let metrics = try #require(try value(json, "resourceMetrics", 0, "scopeMetrics", 0, "metrics") as? [[String: Any]])
        #expect(metrics.compactMap { $0["name"] as? String } == ["a_requests_total", "b_bytes", "c_seconds", "d_seconds", "e_seconds"])
        #expect(try value(metrics[0], "sum", "isMonotonic") as? Bool == true)
        #expect(try value(metrics[0], "sum", "aggregationTemporality") as? String == "AGGREGATION_TEMPORALITY_CUMULATIVE")
        #expect(try value(metrics[0], "sum", "dataPoints", 0, "asDouble") as? Double == 7)
        #expect(try value(metrics[0], "sum", "dataPoints", 0, "timeUnixNano") as? String == "99")
        #expect(try attributes(try value(metrics[0], "sum", "dataPoints", 0, "attributes")) == ["code": #"{"stringValue":"200"}"#])
        #expect(try value(metrics[0], "sum", "dataPoints", 0, "exemplars", 0, "asDouble") as? Double == 7)
        for (index, kind, route) in [(2, "histogram", "c"), (3, "exponentialHistogram", "d"), (4, "summary", "e")] {
            let labels = try attributes(try value(metrics[index], kind, "dataPoints", 0, "attributes"))
            #expect(labels == ["route": #"{"stringValue":"\#(route)"}"#], "\(kind)")
        }
        #expect(metrics[1]["unit"] as? String == "By")
        #expect(try value(metrics[2], "histogram", "dataPoints", 0, "bucketCounts") as? [String] == ["1", "1", "1"])
        #expect(try value(metrics[2], "histogram", "dataPoints", 0, "explicitBounds") as? [Double] == [1, 2])
        #expect((try value(metrics[2], "histogram", "dataPoints", 0, "exemplars") as? [Any])?.count == 3)
        let point = try value(metrics[3], "exponentialHistogram", "dataPoints", 0)
        #expect(try value(point, "count") as? String == "4")
        #expect(try value(point, "zeroCount") as? String == "1")
        // 0.5 is in (2^-2, 2^-1], 1.5 in (1, 2], 9 in (8, 16]; OpenTelemetry's index is the exponent of the lower bound.
        #expect(try value(point, "positive", "offset") as? Int == -2)
        #expect(try value(point, "positive", "bucketCounts") as? [String] == ["1", "0", "1", "0", "0", "1"])
        #expect(try value(metrics[4], "summary", "dataPoints", 0, "quantileValues", 0, "quantile") as? Double == 0.5)
    }

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `the JSON form says what the protobuf form says`() throws {
        let span = SpanIdentity(traceID: TraceID(high: 0x0123_4567_89ab_cdef, low: 2), spanID: SpanID(3), flags: 1)
        let finished = Mutex<[FinishedSpan]>([])
        let tracer = PerchTracer(sink: ImmediateSpans { span in finished.withLock { $0.append(span) } })
        var remote = InstrumentationContext.topLevel
        remote.traceContext = TraceContext(identity: span, state: "v=1", isRemote: true)
        for name in ["GET /\"x\"\n", "é\u{1}"] {
            let recorded = tracer.startSpan(name, context: remote, ofKind: .client)
            recorded.attributes = [
                "text": "a", "int": -42, "double": 1.5, "nan": .double(.nan), "flag": true, "ints": .int64Array([1, -2]),
            ]
            recorded.addEvent(SpanEvent(name: "e", at: Time(nanosecondsSinceEpoch: 5), attributes: ["key": "k"]))
            recorded.addLink(SpanLink(context: remote, attributes: ["why": "batch"]))
            recorded.setStatus(SpanStatus(code: .error, message: "broken"))
            recorded.end()
        }
        let record = LogRecord(
            time: 1_000_000_007, level: .error, logger: "shop", message: "payment failed",
            metadata: ["n": .stringConvertible(3), "list": ["a", "b"], "map": ["k": ["in": "v"]]], error: Failure(), source: "Shop",
            file: "Shop/Pay.swift", function: "pay()", line: 12, span: span, stack: ["one", "two"])
        let registry = MetricRegistry(exemplars: ExemplarSource { span })
        registry.counter("a_total", help: "A.", labels: ["code": "200"]).add(7.5)
        registry.gauge("b", help: "B.").set(-.infinity)
        let classic = registry.histogram("c_seconds", help: "C.", unit: "seconds", bounds: [1, 2], labels: ["route": "/c"])
        let native = registry.histogram("d_seconds", help: "D.", unit: "seconds", buckets: .native(schema: 0))
        for value in [0.5, 1.5, 9, -3] {
            classic.record(value)
            native.record(value)
        }
        registry.summary("e_seconds", help: "E.", unit: "seconds", quantiles: [0.5]).record(4)
        let messages: [(OTLPSignal, String, String, [UInt8])] = [
            (.traces, "trace", "Trace", OTLPSpans.encode(finished.withLock { $0 }, resource: resource)),
            (.logs, "logs", "Logs", OTLPLogs.encode([record, record], resource: resource)),
            (.metrics, "metrics", "Metrics", OTLPMetrics.encode(registry.snapshot(), resource: resource, time: 99)),
        ]
        for (signal, module, type, message) in messages {
            let json = try #require(OTLPJSON.encode(message, signal))
            #expect(try compared(message, json, module, type) == "same\n")
        }
    }

    /// What Python makes of the protobuf form in OTLP's JSON form, compared with ours: members that hold nothing are left out of both.
    private func compared(_ message: [UInt8], _ json: [UInt8], _ module: String, _ type: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.python)
        process.arguments = [
            "-c",
            """
            import sys, json, base64
            from google.protobuf.json_format import MessageToDict
            from opentelemetry.proto.collector.\(module).v1 import \(module)_service_pb2 as m
            both = json.load(sys.stdin)
            theirs = MessageToDict(m.Export\(type)ServiceRequest.FromString(bytes(both["message"])), use_integers_for_enums=True)
            def plain(value, key=""):
                if isinstance(value, dict): return {k: p for k, v in value.items() if (p := plain(v, k)) not in (0, "0", "", False, [], {})}
                if isinstance(value, list): return [plain(v) for v in value]
                if isinstance(value, float): return repr(value)
                return base64.b64decode(value).hex() if key in ("traceId", "spanId", "parentSpanId") and len(value) in (12, 24) else value
            ours, theirs = plain(json.loads(bytes(both["json"]))), plain(theirs)
            print("same" if ours == theirs else f"ours: {ours}\\ntheirs: {theirs}")
            """,
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(
            contentsOf: JSONSerialization.data(withJSONObject: ["message": message.map { Int($0) }, "json": json.map { Int($0) }]))
        try input.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test func `a log record has as many attributes as it may, and values no longer than they may be`() throws {
        var limits = LogRecordLimits()
        limits.attributesMax = 3
        limits.attributeBytesMax = 4
        let record = LogRecord(
            time: 1, level: .info, logger: "l", message: "a long message",
            metadata: ["a": "short", "b": ["k": "nested"], "c": "d", "e": "f"],
            error: nil, source: "S", file: "f", function: "f()", line: 1, span: nil, stack: [])
        let message = OTLPLogs.encode([record], resource: resource, limits: limits)
        let json = String(decoding: try #require(OTLPJSON.encode(message, .logs)), as: UTF8.self)
        #expect(json.contains("\"a long message\""))
        #expect(json.contains("\"shor\"") && json.contains("\"nest\"") && !json.contains("short") && !json.contains("nested"))
        // Of the fourth, and of file, line and function, only the number is told.
        #expect(json.contains("\"droppedAttributesCount\":4"), "\(json)")
        #expect(!json.contains("code.file.path") && !json.contains("\"f\""))
    }

    @Test func `a message of any bytes becomes no JSON, or some, and does no harm`() {
        var generator = SeededGenerator(seed: .random(in: 0...1_000_000))
        let whole = OTLPLogs.encode(
            [
                LogRecord(
                    time: 1, level: .info, logger: "l", message: "m", metadata: ["k": "v"], error: nil, source: "S", file: "f",
                    function: "f()", line: 1, span: nil, stack: [])
            ], resource: resource)
        for length in whole.indices {
            let json = OTLPJSON.encode(Array(whole[..<length]), .logs)
            #expect(length == 0 || json == nil, "cut to \(length) of \(whole.count) bytes")
        }
        for _ in 0..<2000 {
            var changed = whole
            for _ in 0..<3 { changed[Int.random(in: changed.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator) }
            for signal in OTLPSignal.allCases { _ = OTLPJSON.encode(changed, signal) }
        }
        // A value within a value within a value …
        var nested = ProtobufBytes()
        for _ in 0..<2000 {
            var outer = ProtobufBytes()
            outer.write(5) { list in list.write(1, bytes: nested.bytes) }
            nested = outer
        }
        var deep = ProtobufBytes()
        deep.write(1) { $0.write(1) { $0.write(1, attribute: "k") { $0.bytes += nested.bytes } } }
        #expect(OTLPJSON.encode(deep.bytes, .logs) == nil)
    }

    @Test func `answers in JSON say what was left out`() {
        let answer = #"{ "partialSuccess" : { "rejectedSpans": "2", "errorMessage": "too \"old\"" } }"#
        #expect(OTLPResponse.partialSuccess(json: answer.utf8) == (2, "too \"old\""))
        #expect(OTLPResponse.partialSuccess(json: #"{"partialSuccess":{"rejectedLogRecords":7}}"#.utf8) == (7, ""))
        #expect(OTLPResponse.partialSuccess(json: "{}".utf8) == (0, ""))
        var generator = SeededGenerator(seed: .random(in: 0...1_000_000))
        for _ in 0..<5000 { _ = OTLPResponse.partialSuccess(json: generator.bytes(Int.random(in: 0...40, using: &generator))) }
        for length in 0..<answer.utf8.count { _ = OTLPResponse.partialSuccess(json: answer.utf8.prefix(length)) }
    }

    @Test func `text is cut between characters`() {
        #expect(cut("héllo", 3) == "hé")
        #expect(cut("héllo", 2) == "h")
        #expect(cut("👩‍👩‍👧x", 10) == "")
        #expect(cut("abc", nil) == "abc")
        #expect(cut("abc", 0) == "")
    }
}

private struct Time: TracerInstant {
    let nanosecondsSinceEpoch: UInt64
    static func < (left: Time, right: Time) -> Bool { left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch }
}

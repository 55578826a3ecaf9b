internal import LogFormats
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import Ingestion

@Suite("Levels of log entries")
struct LogLevelTests {
    /// `detected_level` of one entry.
    private func detected(
        _ line: String, labels: KeyValuePairs<String, String> = ["app": "shop"], metadata: KeyValuePairs<String, String> = [:],
        _ options: LogIntakeOptions = LogIntakeOptions()
    ) -> String? {
        let logs = RecordingLogs()
        let intake = LogIntake(storage: logs, options: options) { logNow }
        _ = intake.deliver(liftsTraceIDs: false) { delivery in
            delivery.begin(labels)
            delivery.add(line, metadata)
        }
        return logs.entries.first?.metadata["detected_level"]
    }

    @Test(
        arguments: [
            (#"{"level":"ERROR","msg":"info"}"#, "error"), (#"{"msg":"x","lvl":"wrn"}"#, "warn"),
            (#" {"a":{"severity":"Fatal"}} "#, "fatal"),
            (#"{"a":{"b":{"level":"wrn"}}}"#, "unknown"), (#"{"log.level":"information"}"#, "info"),
            (#"{"level":30,"msg":"x"}"#, "unknown"),
            (#"{"level":"notice","msg":"a warning: x"}"#, "warn"), (#"{"level":"debug",broken}"#, "debug"),
            (#"{"LeVeL":"error"}"#, "error"),
            ("level=dbg msg=\"x y\"", "debug"), ("ts=1 lvl=trc level=info", "info"), ("LEVEL=critical", "critical"),
            ("msg=\"level=error\" severity=inf", "info"), ("a=b ERROR something", "error"), ("a=\"b", "unknown"),
            ("2024 [WARN] disk", "warn"), ("INFO: started", "info"), ("an error occured", "error"), ("err", "error"), ("terror", "unknown"),
            ("errors: 5", "unknown"), ("misc:error", "unknown"), ("warn then error", "warn"), ("(critical)", "critical"),
            ("debug", "debug"),
            ("", "unknown"), ("information", "unknown"), ("trace|info", "trace"), ("Warning! it", "warn"),
        ])
    func `a line says its level`(line: String, level: String) { #expect(detected(line) == level) }

    @Test func `what somebody said counts before what the line says`() {
        #expect(detected("error", labels: ["app": "a", "level": "WARN"]) == "warn")
        #expect(detected("error", labels: ["app": "a", "severity": "notice"]) == "notice")
        #expect(detected("error", metadata: ["level": "Info"]) == "info")
        #expect(detected("error", metadata: ["lvl": "info", "level": "debug"]) == "debug")
        #expect(detected("error", labels: ["app": "a", "level": "warn"], metadata: ["level": "debug"]) == "warn")
        #expect(detected("error", labels: ["app": "a", "level": "warn"], metadata: ["detected_level": "DEBUG"]) == "debug")
        #expect(detected("error", metadata: ["severity_number": "9"]) == "info")
        #expect(detected("error", metadata: ["severity_number": "99"]) == "unknown")
        #expect(detected("error", metadata: ["severity_number": "x"]) == "info")
        #expect(detected("x", metadata: ["severity_number": "9", "severity_text": "WARN"]) == "warn")
    }

    @Test func `discovery can be turned off, and told where to look`() {
        var options = LogIntakeOptions()
        options.discoversLevels = false
        #expect(detected("error", labels: ["app": "a", "level": "WARN"], metadata: ["level": "debug"], options) == nil)
        #expect(detected("error", metadata: ["detected_level": "DEBUG"], options) == "DEBUG")
        options.discoversLevels = true
        options.levelFields = ["prio"]
        options.levelDepthMax = 0
        #expect(detected(#"{"level":"info","a":{"b":{"c":{"prio":"error"}}}}"#, options: options) == "error")
        #expect(detected(#"{"level":"error"}"#, options: options) == "error", "a word of the line")
    }

    private func detected(_ line: String, options: LogIntakeOptions) -> String? { detected(line, metadata: [:], options) }

    @Test func `severity numbers have levels`() {
        let levels = (0...25).map { LogLevel(severityNumber: $0).name }
        let expected = [("trace", 4), ("debug", 4), ("info", 4), ("warn", 4), ("error", 4), ("fatal", 4)].flatMap {
            [String](repeating: $0.0, count: $0.1)
        }
        #expect(levels == ["unknown"] + expected + ["unknown"])
    }

    @Test func `no line traps`() {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        let scan = LogLineScan(levelFields: LogIntakeOptions.defaultLevelFields, depthMax: 2)
        for line in [#"{"level":"x","a":{"trace":{"id":"0123456789abcdef"}}}"#, "a=b level=\"q\\\"\" c", "error = warn ="] {
            checkDamageNeverTraps(Array(line.utf8), rounds: 3000, using: &generator) { bytes in
                bytes.withUnsafeBufferPointer { _ = scan.level(of: $0, scan.scan($0, findsLevel: true, findsIDs: true)) }
            }
        }
    }
}

@Suite("Trace ids in lines")
struct LineTraceIDTests {
    private func lifted(_ line: String, metadata: KeyValuePairs<String, String> = [:], lifts: Bool = true) -> LabelSet {
        let logs = RecordingLogs()
        var options = LogIntakeOptions()
        options.discoversLevels = false
        _ = LogIntake(storage: logs, options: options) { logNow }.deliver(liftsTraceIDs: lifts) { delivery in
            delivery.begin(["app": "shop"])
            delivery.add(line, metadata)
        }
        return logs.entries.first?.metadata ?? ["no": "entry"]
    }

    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    @Test(
        arguments: [
            #"{"trace_id":"T","span_id":"S"}"#, #"{"a":1,"traceId":"T","spanId":"S"}"#, #"{"trace.id":"T","span.id":"S"}"#,
            #"{"trace":{"id":"T"},"span":{"name":"x","id":"S"}}"#, "traceid=T msg=\"a b\" spanID=\"S\"",
        ])
    func `ids become structured metadata`(line: String) {
        let text = line.replacing("T", with: Self.trace.uppercased()).replacing("S", with: Self.span)
        #expect(lifted(text) == ["trace_id": Self.trace, "span_id": Self.span])
    }

    @Test func `what is no id, or was not asked for, stays in the line`() {
        #expect(lifted(#"{"trace_id":"xyz","span_id":"0000000000000000"}"#).isEmpty)
        #expect(lifted(#"{"dd.trace_id":"\#(Self.trace)","other":{"id":"\#(Self.trace)"}}"#).isEmpty)
        #expect(lifted(#"{"trace_id":"\#(Self.trace)"}"#, lifts: false).isEmpty)
        #expect(lifted(#"{"trace_id":"\#(Self.trace)"}"#, metadata: ["trace_id": "mine"]) == ["trace_id": "mine"])
    }
}

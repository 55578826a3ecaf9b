internal import LogFormats
internal import TestSupport
internal import Testing

@Suite("Newline-delimited JSON")
struct JSONLinesTests {
    private static func decode(_ body: [UInt8], _ fields: JSONLineFields = JSONLineFields()) -> (RecordingSink, JSONLines.Report) {
        var sink = RecordingSink()
        let mapping = fields.mapping(metadataFieldsMax: 8, metadataBytesMax: 1000)
        let report = body.withUnsafeBufferPointer { JSONLines.decode($0, mapping, labels: fields.labels, into: &sink) }
        return (sink, report)
    }

    private func decode(_ text: String, _ fields: JSONLineFields = JSONLineFields()) -> (RecordingSink, JSONLines.Report) {
        Self.decode(Array(text.utf8), fields)
    }

    @Test func `the whole line is kept by default, with its time and its service`() {
        let (sink, report) = decode(
            """
            {"ts":1700000000.5,"level":"warn","service":{"name":"shop"},"msg":"x"}\r

              {"@timestamp":"2023-11-14T22:13:20Z","a":[1,{"ts":5}]}
            """)
        #expect(
            sink.entries == [
                .init(
                    labels: ["service_name=shop"], time: 1_700_000_000_500_000_000,
                    line: Array(#"{"ts":1700000000.5,"level":"warn","service":{"name":"shop"},"msg":"x"}"#.utf8), metadata: ["level=warn"]),
                .init(
                    labels: [], time: 1_700_000_000_000_000_000,
                    line: Array(#"{"@timestamp":"2023-11-14T22:13:20Z","a":[1,{"ts":5}]}"#.utf8),
                    metadata: []),
            ])
        #expect(report.lines == 2 && report.refused == 0)
    }

    @Test func `fields that are named become the line, labels, the level and structured metadata`() {
        var fields = JSONLineFields()
        fields.time = ["t"]
        fields.message = ["m"]
        fields.level = ["l"]
        fields.stream = ["host", "k8s.pod"]
        fields.labels = [.init(name: "env", value: "prod")]
        let (sink, _) = decode(
            #"{"t":"1700000000000","m":"a\nb","l":"info","host":"h","k8s":{"pod":"p","node":null},"traceId":"T","n":1.50,"deep":{"x":[1]}}"#,
            fields)
        #expect(
            sink.entries == [
                .init(
                    labels: ["env=prod", "host=h", "k8s.pod=p"], time: 1_700_000_000_000_000_000, line: Array("a\nb".utf8),
                    metadata: ["level=info", "trace_id=T", "n=1.50", "deep.x=[1]"])
            ])
        let (other, _) = decode(#"{"x":"no message, and no time"}"#, fields)
        #expect(other.entries.first?.text == #"{"x":"no message, and no time"}"#)
        #expect(other.entries.first?.time == other.now)
    }

    @Test func `a document with more fields than are kept stays whole`() {
        var fields = JSONLineFields()
        fields.message = ["m"]
        let document = #"{"m":"x",\#((0..<20).map { "\"f\($0)\":\($0)" }.joined(separator: ",")),"time":1700000000}"#
        let (sink, _) = decode(document, fields)
        #expect(sink.entries.first?.text == document)
        #expect(sink.entries.first?.time == 1_700_000_000_000_000_000)
        #expect(sink.entries.first?.metadata == [])
    }

    @Test func `wrong lines are told by their numbers and take no others with them`() {
        let (sink, report) = decode("{\"a\":1}\nnonsense\n\n[1]\n{\"time\":\"soon\"}\n{\"a\":2}\n{\"a\":")
        #expect(sink.entries.map(\.text) == ["{\"a\":1}", "{\"a\":2}"])
        #expect(report.lines == 6 && report.refused == 4)
        #expect(report.faults.map(\.line) == [2, 4, 5, 7])
        #expect(report.faults[0].reason.contains("not a JSON object") && report.faults[2].reason.contains("time"))
    }

    @Test func `an array of documents is taken`() {
        let (sink, report) = decode(" [{\"a\":1}, 5 , {\"a\":2}]\n")
        #expect(sink.entries.map(\.text) == ["{\"a\":1}", "{\"a\":2}"])
        #expect(report.faults.map(\.line) == [2])
        #expect(decode("[{\"a\":1},").1.refused == 1)
    }

    @Test func `deep nesting and long names are bounded`() {
        let deep = String(repeating: "{\"a\":", count: 100) + "1" + String(repeating: "}", count: 100)
        #expect(decode(deep).1.refused == 1)
        var fields = JSONLineFields()
        fields.message = ["m"]
        let long = String(repeating: "n", count: 2000)
        #expect(decode("{\"m\":\"x\",\"\(long)\":{\"\(long)\":1}}", fields).0.entries.count == 1)
    }

    @Test func `damaged bodies never trap`() {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        var fields = JSONLineFields()
        fields.message = ["m"]
        let body = Array("{\"m\":\"a\\u00e4\",\"b\":{\"c\":[1,null],\"d\":true},\"time\":\"2023-11-14T22:13:20Z\"}\n{\"ts\":1.5e9}\n".utf8)
        checkTruncationNeverTraps(body, mustThrow: false) { _ = Self.decode($0, fields) }
        checkDamageNeverTraps(body, rounds: 3000, using: &generator) { _ = Self.decode($0, fields) }
        checkDamageNeverTraps(Array("[{\"m\":\"a\"},{}]".utf8), rounds: 1000, using: &generator) { _ = Self.decode($0, fields) }
    }
}

internal import LogFormats
internal import TestSupport
internal import Testing

@Suite("Elasticsearch's bulk bodies")
struct ElasticsearchBulkTests {
    private static let mapping = ElasticsearchBulk.mapping(metadataFieldsMax: 128, metadataBytesMax: 64 << 10)

    private static func decode(_ body: [UInt8], index: String? = nil) throws -> (RecordingSink, [ElasticsearchBulk.Item]) {
        var sink = RecordingSink()
        let items = try body.withUnsafeBufferPointer {
            try ElasticsearchBulk.decode($0, defaultIndex: index, mapping, into: &sink)
        }
        return (sink, items)
    }

    private func decode(_ text: String, index: String? = nil) throws -> (RecordingSink, [ElasticsearchBulk.Item]) {
        try Self.decode(Array(text.utf8), index: index)
    }

    @Test func `a beat's document becomes an entry`() throws {
        let (sink, items) = try decode(
            #"""
            {"create":{"_index":"filebeat-8.17.0-2026.11.28","_id":"a1"}}
            {"@timestamp":"2023-11-14T22:13:20.123Z","message":"hello","log":{"level":"warn","file":{"path":"/x"}},"host":{"name":"h1"},"service":{"name":"shop"},"kubernetes":{"namespace":"prod","pod":{"name":"p"},"container":{"name":"c"},"labels":{"app":"x"}},"trace":{"id":"T"},"span":{"id":"S"},"tags":["a","b"]}

            """#)
        let item = try #require(items.first)
        #expect(item.action == "create" && item.index == "filebeat-8.17.0-2026.11.28" && item.id == "a1" && item.refusal == nil)
        let entry = try #require(sink.entries.first)
        #expect(entry.time == 1_700_000_000_123_000_000 && entry.text == "hello")
        #expect(
            entry.labels == [
                "index=filebeat-8.17.0", "service_name=shop", "host=h1", "k8s_namespace_name=prod", "k8s_pod_name=p",
                "k8s_container_name=c",
            ])
        #expect(
            entry.metadata == [
                "level=warn", "log.file.path=/x", "kubernetes.labels.app=x", "trace_id=T", "span_id=S", #"tags=["a","b"]"#,
            ])
    }

    @Test func `each action has its own answer`() throws {
        let (sink, items) = try decode(
            """
            {"index":{}}
            {"msg":"one"}
            {"delete":{"_id":"x"}}
            {"update":{"_id":"y"}}
            {"doc":{}}
            { "index" : { "_index" : "other", "routing": {"a": 1} } }
            nonsense
            {"create":{"_index":"other"}}
            {"no message": true}
            """, index: "logs")
        #expect(items.map(\.action) == ["index", "delete", "update", "index", "create"])
        #expect(items.map(\.index) == ["logs", "logs", "logs", "other", "other"])
        #expect(items.map { $0.refusal == nil } == [true, false, false, false, true])
        #expect(items[3].refusal?.contains("not a JSON object") == true)
        #expect(sink.entries.map(\.text) == ["one", "{\"no message\": true}"])
        #expect(sink.refusals.count == 3)
    }

    @Test(
        arguments: [
            "nonsense\n{}\n", "{\"upsert\":{}}\n{}\n", "{\"index\":{}}\n", "{\"index\":{},\"create\":{}}\n{}\n", "{\"index\":5}\n{}\n",
            "{}\n",
        ])
    func `where it is not said what to do, the body is refused with the line`(body: String) {
        let error = #expect(throws: LogFormatError.self) { try decode(body) }
        #expect(error?.message.contains("line [1]") == true, "\(error?.message ?? "")")
    }

    @Test(
        arguments: [
            ("filebeat-8.1-2026.11.28", "filebeat-8.1"), ("logs-2026.11", "logs"), ("logs_2026-11-28", "logs"),
            ("logs-app-default", "logs-app-default"),
            ("x-12", "x-12"), ("2026.11.28", "2026.11.28"), ("", ""), ("a-1-2-3", "a-1-2-3"), ("v-2026", "v-2026"),
        ])
    func `an index is a label without its date`(index: String, label: String) throws {
        let (sink, _) = try decode("{\"index\":{\"_index\":\"\(index)\"}}\n{}\n")
        #expect(sink.entries.first?.labels == (label.isEmpty ? [] : ["index=" + label]))
    }

    @Test func `damaged bodies never trap`() throws {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        let body = Array("{\"index\":{\"_index\":\"a\",\"_id\":\"\\u00e4\"}}\n{\"message\":\"x\",\"a\":{\"b\":1}}\n{\"delete\":{}}\n".utf8)
        checkTruncationNeverTraps(body, mustThrow: false) { _ = try Self.decode($0) }
        checkDamageNeverTraps(body, rounds: 3000, using: &generator) { _ = try Self.decode($0) }
    }
}

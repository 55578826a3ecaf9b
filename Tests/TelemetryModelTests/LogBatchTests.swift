internal import TelemetryModel
internal import Testing

@Suite("Batches of log entries")
struct LogBatchTests {
    @Test func `entries lie one after the other, and each part knows which are its`() {
        var batch = LogBatch()
        let orders: LabelSet = ["service_name": "orders"]
        batch.beginPart(orders)
        batch.append(time: 2, line: Array("paid".utf8), metadata: (["trace_id": "ab"] as LabelSet).packed)
        batch.append(time: 1, line: [0xff, 0x00])
        batch.beginPart(["service_name": "users"])
        batch.append(time: 3, line: [])

        #expect(batch.entryCount == 3)
        #expect(batch.parts.map(\.entries) == [0..<2, 2..<3])
        #expect(batch.parts[0].labels == orders)
        #expect(batch.times == [2, 1, 3])
        #expect(batch.lines.string(0) == "paid")
        #expect(Array(batch.lines.bytes[batch.lines.range(1)]) == [0xff, 0x00])
        #expect(batch.lines.range(2).isEmpty)
        #expect(LabelSet(canonical: Array(batch.metadata.bytes[batch.metadata.range(0)]))["trace_id"] == "ab")
        #expect(batch.metadata.range(1).isEmpty)
    }

    @Test func `texts that are removed leave no trace`() {
        var texts = PackedTexts()
        texts.append(Array("first".utf8))
        texts.removeAll()
        texts.append(Array("second".utf8))
        #expect(texts.count == 1)
        #expect(texts.string(0) == "second")
    }
}

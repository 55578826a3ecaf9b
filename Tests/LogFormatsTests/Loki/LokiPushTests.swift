internal import ByteCoding
internal import LogFormats
internal import TestSupport
internal import Testing

@Suite("Bodies of Loki's push API")
struct LokiPushTests {
    private func json(_ text: String, refusing line: String? = nil) throws -> (RecordingSink, LokiPush.Contents) {
        try Self.json(Array(text.utf8), refusing: line)
    }

    private static func json(_ body: [UInt8], refusing line: String? = nil) throws -> (RecordingSink, LokiPush.Contents) {
        var sink = RecordingSink()
        sink.refusedLine = line
        let contents = try body.withUnsafeBufferPointer { try LokiPush.decodeJSON($0, into: &sink) }
        return (sink, contents)
    }

    private static func protobuf(_ body: [UInt8]) throws -> (RecordingSink, LokiPush.Contents) {
        var sink = RecordingSink()
        let contents = try body.withUnsafeBytes { try LokiPush.decodeProtobuf($0, into: &sink) }
        return (sink, contents)
    }

    @Test func `streams, entries and structured metadata are found`() throws {
        let (sink, contents) = try json(
            #"""
            {"streams": [
              {"stream": {"app": "shop", "host": "a\"b"}, "values": [
                ["1700000000000000001", "first"], ["-5", "tab\there \u00e4", {"trace_id": "ab", "user": "ä\n"}]]},
              {"values": [["1", "before its labels"]], "other": [{"x": null}], "stream": {}},
              {"stream": {"app": "empty"}, "values": []}, {"stream": {"app": "nothing"}, "values": null}
            ], "more": 1}
            """#)
        #expect(contents.streams == 4)
        #expect(
            sink.entries == [
                .init(labels: ["app=shop", "host=a\"b"], time: 1_700_000_000_000_000_001, line: Array("first".utf8), metadata: []),
                .init(
                    labels: ["app=shop", "host=a\"b"], time: -5, line: Array("tab\there ä".utf8), metadata: ["trace_id=ab", "user=ä\n"]),
                .init(labels: [], time: 1, line: Array("before its labels".utf8), metadata: []),
            ])
        #expect(sink.refusals.isEmpty && sink.faults.isEmpty)
    }

    @Test func `lines keep their bytes, UTF-8 or not`() throws {
        let line: [UInt8] = [0xff, 0xfe, 0x80] + Array("x".utf8)
        let (sink, _) = try Self.json(Array(#"{"streams":[{"stream":{"a":"b"},"values":[["1",""#.utf8) + line + Array("\"]]}]}".utf8))
        #expect(sink.entries.map(\.line) == [line])
    }

    @Test func `the first version's shape is taken`() throws {
        let (sink, _) = try json(
            #"{"streams":[{"labels":"{app=\"shop\"}","entries":[{"ts":"2023-11-14T22:13:20.5Z","line":"one","structuredMetadata":{"a":"b"}},{"ts":"x","line":"two"}]}]}"#
        )
        #expect(sink.entries.map(\.text) == ["one"])
        #expect(sink.entries.first?.time == 1_700_000_000_500_000_000)
        #expect(sink.entries.first?.labels == ["app=shop"])
        #expect(sink.refusals == ["the time of an entry must be RFC 3339"])
    }

    @Test(
        arguments: [
            (#"[1700000000000000000, "x"]"#, "a string with nanoseconds"), (#"["17.5", "x"]"#, "nanoseconds"),
            (#"["99999999999999999999", "x"]"#, "nanoseconds"), (#"["1"]"#, "the line"), (#"["1", 5]"#, "the line"),
            (#"["1", "x", {"a": 5}]"#, "must be strings"), (#"["1", "x", {"a": {"b": "c"}}]"#, "must be strings"),
            (#"["1", "x", "y"]"#, "an object"), (#"["1", "x", {}, 4]"#, "two or three"), (#"{"ts": "1"}"#, "an array"),
            ("[]", "nanoseconds"),
            ("5", "an array"),
        ])
    func `a wrong entry is refused by itself`(entry: String, reason: String) throws {
        let (sink, _) = try json(#"{"streams":[{"stream":{"a":"b"},"values":[["1","before"],\#(entry),["2","behind"]]}]}"#)
        #expect(sink.entries.map(\.text) == ["before", "behind"])
        #expect(sink.refusals.count == 1 && sink.refusals[0].contains(reason), "\(sink.refusals)")
    }

    @Test func `what is no push request is refused as a whole`() {
        for wrong in [
            "", "[]", "{", #"{"streams":5}"#, #"{"streams":[{"stream":5}]}"#, #"{"streams":[{"stream":{},"values":[["1","x"]}]}"#,
            #"{"streams":[{"stream":{},"values":{}}]}"#, #"{"streams":[]} x"#,
        ] { #expect(throws: LogFormatError.self, "\(wrong)") { try json(wrong) } }
        #expect(throws: Never.self) { try json(#"{"streams":null}"#) }
    }

    // MARK: - Protobuf

    private struct Model {
        var streams: [(labels: String, entries: [(time: Int64, line: String, metadata: [(String, String)])])] = []

        var protobuf: [UInt8] {
            var writer = ProtobufWriter()
            for stream in streams {
                writer.write(1) { writer in
                    writer.write(1, string: stream.labels)
                    for entry in stream.entries {
                        writer.write(2) { writer in
                            writer.write(1) { writer in
                                writer.write(1, int64: entry.time / 1_000_000_000)
                                writer.write(2, int64: entry.time % 1_000_000_000)
                            }
                            writer.write(2, string: entry.line)
                            for (name, value) in entry.metadata {
                                writer.write(3) { writer in
                                    writer.write(1, string: name)
                                    writer.write(2, string: value)
                                }
                            }
                        }
                    }
                    writer.write(3, uint64: 77)
                }
            }
            return writer.bytes
        }

        var json: [UInt8] {
            var writer = JSONTextWriter()
            writer.beginObject()
            writer.name("streams")
            writer.beginArray()
            for stream in streams {
                writer.beginObject()
                writer.name("labels")
                writer.value(stream.labels)
                writer.name("values")
                writer.beginArray()
                for entry in stream.entries {
                    writer.beginArray()
                    writer.quoted(entry.time)
                    writer.value(entry.line)
                    writer.beginObject()
                    for (name, value) in entry.metadata {
                        writer.name(name)
                        writer.value(value)
                    }
                    writer.endObject()
                    writer.endArray()
                }
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return writer.bytes
        }

        static func random(_ generator: inout SeededGenerator) -> Model {
            let texts = ["", "x", "näme", "quote \" and \\ and \n", "日本語 🦅", String(repeating: "long ", count: 60), "\u{1}\u{7f}"]
            var model = Model()
            for stream in 0..<Int.random(in: 0...4, using: &generator) {
                model.streams.append(
                    (
                        "{stream=\"\(stream)\", app=\"shop\"}",
                        (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                            (
                                Int64.random(in: 0...2_000_000_000_000_000_000, using: &generator),
                                texts.randomElement(using: &generator) ?? "",
                                (0..<Int.random(in: 0...3, using: &generator)).map {
                                    ("name\($0)", texts.randomElement(using: &generator) ?? "")
                                }
                            )
                        }
                    ))
            }
            return model
        }
    }

    @Test func `protobuf and JSON that say the same come to the same`() throws {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for _ in 0..<100 {
            let model = Model.random(&generator)
            let (sink, contents) = try Self.protobuf(model.protobuf)
            let (other, _) = try Self.json(model.json)
            #expect(contents.streams == model.streams.count, "seed \(generator.seed)")
            #expect(sink.entries == other.entries, "seed \(generator.seed)")
            #expect(sink.entries.map(\.text) == model.streams.flatMap { $0.entries.map(\.line) })
            #expect(sink.entries.map(\.time) == model.streams.flatMap { $0.entries.map(\.time) })
        }
    }

    @Test func `labels behind the entries, and times beyond reach`() throws {
        var writer = ProtobufWriter()
        writer.write(1) { writer in
            writer.write(2) { $0.write(2, string: "without a time") }
            writer.write(2) { $0.write(1) { $0.write(1, int64: Int64.max) } }
            writer.write(1, string: "{a=\"b\"}")
        }
        let (sink, _) = try Self.protobuf(writer.bytes)
        #expect(sink.entries == [.init(labels: ["a=b"], time: 0, line: Array("without a time".utf8), metadata: [])])
        #expect(sink.refusals == ["the time of an entry is beyond the years 1678 to 2262"])
    }

    @Test func `damaged bodies never trap`() throws {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        var model = Model.random(&generator)
        while model.streams.isEmpty { model = Model.random(&generator) }
        checkTruncationNeverTraps(model.json) { _ = try Self.json($0) }
        checkTruncationNeverTraps(model.protobuf, mustThrow: false) { _ = try Self.protobuf($0) }
        checkDamageNeverTraps(model.json, rounds: 2000, using: &generator) { _ = try Self.json($0) }
        checkDamageNeverTraps(model.protobuf, rounds: 2000, using: &generator) { _ = try Self.protobuf($0) }
    }
}

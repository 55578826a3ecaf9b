internal import Compression
internal import TestSupport
internal import Testing

@testable internal import LogFormats

@Suite("Frames of the Beats protocol")
struct LumberjackReaderTests {
    private let frames: [LumberjackFrame] = [
        .window(2), .json(sequence: 1, Array("{}".utf8)), .pairs(sequence: 2, LumberjackBytes.pairs([("line", "text"), ("host", "")])),
        .compressed([1, 2, 3]), .window(0), .json(sequence: .max, []), .pairs(sequence: 3, LumberjackBytes.pairs([])),
    ]

    @Test func `frames are the same however the bytes are cut`() throws {
        let stream = frames.flatMap { LumberjackBytes.frame($0) }
        var generator = SeededGenerator(seed: 0x2b)
        for round in 0..<200 {
            var reader = LumberjackReader()
            var found: [LumberjackFrame] = []
            var start = 0
            while start < stream.count {
                let end = round == 0 ? start + 1 : min(stream.count, start + Int.random(in: 1...12, using: &generator))
                reader.append(stream[start..<end])
                while let frame = try reader.next() { found.append(frame) }
                start = end
            }
            #expect(found == frames)
            #expect(reader.pendingBytes == 0)
        }
    }

    @Test func `the version is that of the sender`() throws {
        var reader = LumberjackReader()
        reader.append(LumberjackBytes.frame(.window(1), version: UInt8(ascii: "1")))
        #expect(try reader.next() == .window(1))
        #expect(reader.version == UInt8(ascii: "1"))
        #expect(LumberjackFrame.acknowledgement(version: reader.version, sequence: 0x0102_0304) == [0x31, 0x41, 1, 2, 3, 4])
    }

    @Test func `what is too large is refused before it has come`() {
        var limits = LumberjackLimits()
        limits.windowMax = 10
        limits.frameBytesMax = 100
        limits.pairsMax = 3
        func fails(_ bytes: [UInt8]) -> Bool {
            var reader = LumberjackReader(limits: limits)
            reader.append(bytes)
            do throws(LogFormatError) { return try reader.next() == nil && false } catch { return true }
        }
        #expect(fails(Array("2W".utf8) + [0, 0, 0, 11]))
        #expect(fails(Array("2C".utf8) + [0, 0, 0, 101]))
        #expect(fails(Array("2J".utf8) + [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]))
        #expect(fails(Array("1D".utf8) + [0, 0, 0, 1, 0, 0, 0, 4]))
        #expect(fails(Array("1D".utf8) + [0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 200]))
        #expect(fails(Array("3W".utf8) + [0, 0, 0, 1]))
        #expect(fails(Array("2X".utf8) + [0, 0, 0, 1]))
        #expect(fails(Array("GET / HTTP/1.1\r\n".utf8)))
        #expect(!fails(Array("2J".utf8) + [0, 0, 0, 1, 0, 0, 0, 100]))
    }

    @Test func `whatever comes, reading gives frames or an error`() {
        var generator = SeededGenerator(seed: 0x2c)
        let stream = frames.flatMap { LumberjackBytes.frame($0) }
        for _ in 0..<5000 {
            var bytes = stream
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            var reader = LumberjackReader()
            reader.append(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            var count = 0
            do throws(LogFormatError) { while try reader.next() != nil { count += 1 } } catch { #expect(error.offset <= bytes.count) }
            #expect(count <= bytes.count / 6)
        }
    }
}

@Suite("Events of Beats")
struct LumberjackEventsTests {
    private let events = LumberjackEvents(
        mapping: ElasticsearchBulk.mapping(metadataFieldsMax: 128, metadataBytesMax: 64 << 10), labels: [("cluster", "test")])

    private func write(_ frames: [LumberjackFrame]) throws(LogFormatError) -> (sink: RecordingSink, sequences: [UInt32]) {
        var found: [LumberjackFrame] = []
        var sequences: [UInt32] = []
        try events.events(of: frames) {
            sequences.append($0)
            found.append($1)
        }
        var sink = RecordingSink()
        events.write(found, into: &sink)
        return (sink, sequences)
    }

    /// As Filebeat 8 sends a line of a container, after `add_kubernetes_metadata`.
    private let event = """
        {"@timestamp":"2026-11-28T12:00:00.500Z","@metadata":{"beat":"filebeat","type":"_doc","version":"8.15.0"},"message":"{\\"event\\":\\"Fetching product\\"}",\
        "stream":"stdout","log":{"offset":1234,"file":{"path":"/var/lib/docker/containers/0a/0a-json.log"}},"input":{"type":"container"},\
        "host":{"name":"node-1"},"kubernetes":{"namespace":"shop","pod":{"name":"product-catalog-5d","uid":"u"},"container":{"name":"server"},\
        "labels":{"app":"product-catalog"}},"service":{"name":"product-catalog"},"trace":{"id":"0af7651916cd43dd8448eb211c80319c"},"span":{"id":"b7ad6b7169203331"}}
        """

    @Test func `an event of Filebeat keeps its line, and says where it comes from`() throws {
        let (sink, sequences) = try write([.json(sequence: 7, Array(event.utf8))])
        #expect(sequences == [7])
        let entry = try #require(sink.entries.first)
        #expect(entry.text == #"{"event":"Fetching product"}"#)
        #expect(entry.time == 1_795_867_200_500_000_000)
        #expect(
            Set(entry.labels) == [
                "cluster=test", "service_name=product-catalog", "host=node-1", "k8s_namespace_name=shop", "k8s_pod_name=product-catalog-5d",
                "k8s_container_name=server",
            ])
        #expect(
            Set(entry.metadata).isSuperset(of: [
                "stream=stdout", "log.file.path=/var/lib/docker/containers/0a/0a-json.log", "trace_id=0af7651916cd43dd8448eb211c80319c",
                "span_id=b7ad6b7169203331", "kubernetes.labels.app=product-catalog",
            ]))
    }

    @Test func `fields that Filebeat took out of the line are structured metadata`() throws {
        let decoded =
            #"{"@timestamp":"2026-11-28T12:00:00Z","message":"Fetching product","log":{"level":"warning"},"product_id":17,"host":{"name":"n"}}"#
        let entry = try #require(try write([.json(sequence: 1, Array(decoded.utf8))]).sink.entries.first)
        #expect(entry.text == "Fetching product")
        #expect(Set(entry.metadata).isSuperset(of: ["level=warning", "product_id=17"]))
    }

    @Test func `compressed events are as the others, and one that is wrong does not take them with it`() throws {
        let inner =
            LumberjackBytes.frame(.json(sequence: 1, Array(event.utf8))) + LumberjackBytes.frame(.json(sequence: 2, Array("{no".utf8)))
            + LumberjackBytes.frame(.json(sequence: 3, Array(#"{"message":"last"}"#.utf8)))
        let (sink, sequences) = try write([.window(3), .compressed(try Codec.zlib.compress(inner))])
        #expect(sequences == [1, 2, 3])
        #expect(sink.entries.map(\.text) == [#"{"event":"Fetching product"}"#, "last"])
        #expect(sink.refusals.count == 1)
    }

    @Test func `events of the first version are names and values`() throws {
        let pairs = LumberjackBytes.pairs([("line", "a \"line\""), ("host", "node-2"), ("file", "/var/log/a.log"), ("offset", "12")])
        let entry = try #require(try write([.pairs(sequence: 9, pairs)]).sink.entries.first)
        #expect(entry.text == "a \"line\"")
        #expect(Set(entry.labels) == ["cluster=test", "host=node-2"])
        #expect(Set(entry.metadata) == ["log.file.path=/var/log/a.log", "offset=12"])
    }

    @Test func `compressed frames that are no frames, too large or within each other are refused`() throws {
        let frame = LumberjackBytes.frame(.json(sequence: 1, Array("{}".utf8)))
        let nested = try Codec.zlib.compress(LumberjackBytes.frame(.compressed(try Codec.zlib.compress(frame))))
        var limits = LumberjackLimits()
        limits.decompressedBytesMax = 100_000
        let bounded = LumberjackEvents(
            limits: limits, mapping: ElasticsearchBulk.mapping(metadataFieldsMax: 128, metadataBytesMax: 64 << 10))
        let bomb = try Codec.zlib.compress([UInt8](repeating: 0x20, count: 100_001))
        #expect(throws: LogFormatError.self) { try bounded.events(of: [.compressed(bomb)]) { _, _ in } }
        for bytes in [nested, [1, 2, 3], try Codec.zlib.compress(frame.dropLast()), try Codec.zlib.compress(Array("GET /".utf8))] {
            #expect(throws: LogFormatError.self) { try write([.compressed(bytes)]) }
        }
    }

    @Test func `pairs that are no pairs give a document all the same`() {
        var generator = SeededGenerator(seed: 0x2d)
        let pairs = LumberjackBytes.pairs([("line", "text"), ("host", "a")])
        for _ in 0..<2000 {
            var bytes = pairs
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            let document = LumberjackEvents.document(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
            #expect(document.first == UInt8(ascii: "{") && document.last == UInt8(ascii: "}"))
        }
    }
}

/// Frames as a Beat writes them.
enum LumberjackBytes {
    static func frame(_ frame: LumberjackFrame, version: UInt8 = UInt8(ascii: "2")) -> [UInt8] {
        switch frame {
        case .window(let count): [version, UInt8(ascii: "W")] + number(count)
        case .json(let sequence, let bytes): [version, UInt8(ascii: "J")] + number(sequence) + number(UInt32(bytes.count)) + bytes
        case .pairs(let sequence, let bytes): [version, UInt8(ascii: "D")] + number(sequence) + bytes
        case .compressed(let bytes): [version, UInt8(ascii: "C")] + number(UInt32(bytes.count)) + bytes
        }
    }

    static func pairs(_ pairs: [(String, String)]) -> [UInt8] {
        number(UInt32(pairs.count)) + pairs.flatMap { [$0, $1].flatMap { number(UInt32($0.utf8.count)) + Array($0.utf8) } }
    }

    static func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }
}

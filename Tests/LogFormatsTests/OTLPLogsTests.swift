internal import ByteCoding
internal import LogFormats
internal import TestSupport
internal import Testing

@Suite("Log records of OTLP")
struct OTLPLogsTests {
    private static func decode(_ message: [UInt8], _ mapping: OTLPLogMapping = OTLPLogMapping()) throws -> RecordingSink {
        var sink = RecordingSink()
        try message.withUnsafeBytes { try OTLPLogs.decode($0, mapping: mapping, into: &sink) }
        return sink
    }

    private typealias Fields = (inout ProtobufWriter) -> Void

    private static func text(_ value: String) -> Fields { { $0.write(1, string: value) } }

    private static func attributes(_ number: Int, _ pairs: KeyValuePairs<String, Fields>) -> Fields {
        { writer in
            for (name, value) in pairs {
                writer.write(number) { writer in
                    writer.write(1, string: name)
                    writer.write(2, message: value)
                }
            }
        }
    }

    private static func message(
        resource: @escaping Fields = { _ in }, scope: @escaping Fields = { _ in }, records: [Fields]
    ) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1) { writer in
            writer.write(2) { writer in
                for record in records { writer.write(2, message: record) }
                writer.write(1, message: scope)
            }
            // Behind its records, where it may stand as well.
            writer.write(1, message: resource)
            writer.write(3, string: "https://schema")
        }
        return writer.bytes
    }

    private static let whole = message(
        resource: attributes(
            1,
            [
                "service.name": text("shop"), "k8s.pod.name": text("pod-1"), "service.version": text("1.2"),
                "process": {
                    $0.write(6) {
                        $0.write(1) {
                            $0.write(1, string: "pid")
                            $0.write(2) { $0.write(3, int64: 7) }
                        }
                    }
                },
            ]),
        scope: { writer in
            writer.write(1, string: "logger")
            writer.write(2, string: "0.1")
            attributes(3, ["thread": text("main")])(&writer)
            writer.write(4, uint64: 2)
        },
        records: [
            { writer in
                writer.write(1, fixed64: 1_700_000_000_000_000_001)
                writer.write(11, fixed64: 1_700_000_000_000_000_002)
                writer.write(2, uint64: 17)
                writer.write(3, string: "ERROR")
                writer.write(5, message: text("it \"broke\""))
                attributes(
                    6,
                    ["http.status": { $0.write(3, int64: 500) }, "ratio": { $0.write(4, double: 0.5) }, "ok": { $0.write(2, bool: false) }])(
                        &writer)
                writer.write(7, uint64: 3)
                writer.write(8, fixed32: 1)
                writer.write(9, bytes: (1...16).map { UInt8($0) })
                writer.write(10, bytes: (1...8).map { UInt8($0) })
                writer.write(12, string: "broken")
            }
        ])

    @Test func `a record becomes an entry as Loki makes it`() throws {
        let sink = try Self.decode(Self.whole)
        let entry = try #require(sink.entries.first)
        #expect(sink.entries.count == 1)
        #expect(entry.labels == ["service.name=shop", "k8s.pod.name=pod-1"])
        #expect(entry.time == 1_700_000_000_000_000_001)
        #expect(entry.text == "it \"broke\"")
        #expect(
            entry.metadata.sorted() == [
                "dropped_attributes_count=3", "event_name=broken", "flags=1", "http.status=500", "observed_timestamp=1700000000000000002",
                "ok=false", "process_pid=7", "ratio=0.5", "scope_dropped_attributes_count=2", "scope_name=logger", "scope_version=0.1",
                "service.version=1.2", "severity_number=17", "severity_text=ERROR", "span_id=0102030405060708",
                "thread=main", "trace_id=0102030405060708090a0b0c0d0e0f10",
            ])
    }

    @Test func `bodies of all types become text`() throws {
        let bodies: [(Fields, String)] = [
            ({ $0.write(1, string: "text") }, "text"), ({ $0.write(2, bool: true) }, "true"), ({ $0.write(3, int64: -5) }, "-5"),
            ({ $0.write(4, double: 1.5) }, "1.5"), ({ $0.write(4, double: 3) }, "3"), ({ $0.write(4, double: .nan) }, "NaN"),
            ({ $0.write(7, bytes: [1, 2, 255]) }, "AQL/"), ({ _ in }, ""),
            (
                {
                    $0.write(5) { list in
                        list.write(1) { $0.write(1, string: "a\"b\n\u{1}") }
                        list.write(1) { $0.write(3, int64: 1) }
                        list.write(1) { _ in }
                        list.write(1) { $0.write(4, double: .infinity) }
                    }
                }, #"["a\"b\n\u0001",1,null,"Infinity"]"#
            ),
            (
                {
                    $0.write(6) { map in
                        map.write(1) {
                            $0.write(1, string: "k")
                            $0.write(2) { $0.write(7, bytes: [1]) }
                        }
                        map.write(1) { $0.write(1, string: "empty") }
                    }
                }, #"{"k":"AQ==","empty":null}"#
            ),
        ]
        let sink = try Self.decode(Self.message(records: bodies.map { body in { $0.write(5, message: body.0) } }))
        #expect(sink.entries.map(\.text) == bodies.map(\.1))
        #expect(sink.entries.allSatisfy { $0.time == sink.now }, "without any time it is now")
    }

    @Test func `the observed time counts where there is no other`() throws {
        let sink = try Self.decode(Self.message(records: [{ $0.write(11, fixed64: 5) }, { $0.write(1, fixed64: UInt64.max) }]))
        #expect(sink.entries.map(\.time) == [5, Int64.max])
        #expect(sink.entries.map(\.metadata) == [[], []])
    }

    @Test func `labels are bounded, and the rest is metadata`() throws {
        let names = (0..<5).map { "label\($0)" }
        var mapping = OTLPLogMapping(resource: [.init(.label, names: names + ["service.name"])], labelsMax: 2, labelValueBytesMax: 10)
        mapping.record = [.init(.drop) { $0.hasPrefix("secret") }]
        mapping.scope = [.init(.drop, names: ["gone"])]
        let resource = Self.attributes(
            1,
            [
                "label0": Self.text("0"), "label1": Self.text("more than ten bytes"), "label2": Self.text("2"), "label3": Self.text("3"),
                "service.name": Self.text("s"),
            ])
        let sink = try Self.decode(
            Self.message(
                resource: resource, scope: Self.attributes(3, ["gone": Self.text("x"), "kept": Self.text("y")]),
                records: [Self.attributes(6, ["secret.a": Self.text("x"), "b": Self.text("z")])]), mapping)
        #expect(sink.entries.first?.labels == ["label0=0", "label2=2", "service.name=s"])
        #expect(sink.entries.first?.metadata == ["label1=more than ten bytes", "label3=3", "kept=y", "b=z"])
    }

    @Test func `values within each other beyond a depth refuse their record alone`() throws {
        func nested(_ depth: Int) -> Fields {
            depth == 0 ? { $0.write(1, string: "x") } : { writer in writer.write(5) { $0.write(1, message: nested(depth - 1)) } }
        }
        let sink = try Self.decode(
            Self.message(records: [{ $0.write(5, message: nested(64)) }, { $0.write(5, message: nested(65)) }, { _ in }]))
        #expect(sink.entries.count == 2)
        #expect(sink.refusals.count == 1 && sink.refusals[0].contains("deeper than 64"))
    }

    @Test func `what a resource says too much of is not copied for each record`() throws {
        let resource = Self.attributes(1, ["long": Self.text(String(repeating: "x", count: 70_000))])
        let sink = try Self.decode(Self.message(resource: resource, records: [{ _ in }, { _ in }]))
        #expect(sink.entries.isEmpty)
        #expect(sink.refusals.count == 2 && sink.refusals[0].contains("structured metadata too large"))
    }

    @Test func `damaged messages never trap`() throws {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        checkTruncationNeverTraps(Self.whole, mustThrow: false) { _ = try Self.decode($0) }
        checkDamageNeverTraps(Self.whole, rounds: 5000, using: &generator) { _ = try Self.decode($0) }
        #expect(throws: LogFormatError.self) { try Self.decode([0x0a, 5, 1]) }
        #expect(throws: LogFormatError.self) { try Self.decode([0x08, 1]) }
    }
}

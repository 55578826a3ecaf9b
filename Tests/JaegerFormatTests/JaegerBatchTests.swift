internal import ByteCoding
internal import JaegerFormat
internal import OTLPFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Jaeger's batches")
struct JaegerBatchTests {
    typealias Fields = (inout ThriftWriter) -> Void

    private func tag(_ key: String, _ text: String) -> Fields {
        { tag in
            tag.field(1, string: key)
            tag.field(2, int32: 0)
            tag.field(3, string: text)
        }
    }

    private func process(_ batch: inout ThriftWriter) {
        batch.field(1) { process in
            process.field(1, string: "shop")
            process.field(2, structures: [tag("hostname", "h1"), tag("service.name", "shop")])
        }
    }

    /// A span with everything that there is.
    private func span(_ span: inout ThriftWriter) {
        span.field(1, int64: 2)
        span.field(2, int64: -1)
        span.field(3, int64: -2)
        span.field(4, int64: 0)
        span.field(5, string: "GET /")
        let named: [(Int32, Int64, Int64)] = [(0, 2, 9), (1, 7, 8), (0, 7, 6)]
        let references: [Fields] = named.map { kind, low, id in
            { reference in
                reference.field(1, int32: kind)
                reference.field(2, int64: low)
                reference.field(3, int64: -1)
                reference.field(4, int64: id)
            }
        }
        span.field(6, structures: references)
        span.field(7, int32: 3)
        span.field(8, int64: 1_700_000_000_000_000)
        span.field(9, int64: 1500)
        span.field(
            10,
            structures: [
                tag("http.method", "GET"), tag("span.kind", "server"), tag("otel.status_code", "ERROR"),
                tag("otel.status_description", "why"),
                tag("otel.library.name", "lib"), tag("otel.library.version", "1.0"), tag("w3c.tracestate", "a=b"),
                {
                    $0.field(1, string: "error"); $0.field(2, int32: 2); $0.field(5, bool: true)
                },
                {
                    $0.field(1, string: "flag"); $0.field(2, int32: 2); $0.field(5, bool: false)
                },
                {
                    $0.field(1, string: "ratio"); $0.field(2, int32: 1); $0.field(4, double: 0.25)
                },
                {
                    $0.field(1, string: "count"); $0.field(2, int32: 3); $0.field(6, int64: -5)
                },
                {
                    $0.field(1, string: "raw"); $0.field(2, int32: 4); $0.field(7, string: "\u{1}")
                },
                {
                    $0.field(1, string: "otel.dropped_events_count"); $0.field(2, int32: 3); $0.field(6, int64: 4)
                },
                { $0.field(2, int32: 3) },
            ] + (0..<20).map { tag("k\($0)", "v") })
        span.field(
            11,
            structures: [
                {
                    $0.field(1, int64: 1_700_000_000_000_001); $0.field(2, structures: [tag("event", "cache miss"), tag("key", "k")])
                },
                {
                    $0.field(1, int64: 1_700_000_000_000_002); $0.field(2, structures: [tag("message", "said")])
                },
            ])
        span.field(99, structure: { $0.field(1, structures: [{ $0.field(300, double: 1) }]) })
    }

    private func message(_ encoding: ThriftEncoding, processFirst: Bool = true) -> [UInt8] {
        var writer = ThriftWriter(encoding)
        writer.message("emitBatch")
        writer.structure { arguments in
            arguments.field(1) { batch in
                if processFirst { process(&batch) }
                batch.field(2, structures: [span])
                if !processFirst { process(&batch) }
            }
        }
        return writer.bytes
    }

    private func read(_ bytes: [UInt8], _ encoding: ThriftEncoding) throws -> [(SpanRecord, ResourceRecord, ScopeRecord)] {
        var found: [(SpanRecord, ResourceRecord, ScopeRecord)] = []
        try JaegerBatch.readAgentMessage(bytes, encoding) { found.append(($0, $1, $2)) }
        return found
    }

    @Test(arguments: ThriftEncoding.allCases, [true, false])
    func `a span's parts find their places`(encoding: ThriftEncoding, processFirst: Bool) throws {
        let (span, resource, scope) = try #require(read(message(encoding, processFirst: processFirst), encoding).first)
        #expect(resource.attributes == [Attribute("service.name", .string("shop")), Attribute("hostname", .string("h1"))])
        #expect(scope.name == "lib" && scope.version == "1.0")
        #expect(span.traceID.hexadecimal == "ffffffffffffffff0000000000000002")
        #expect(span.spanID.hexadecimal == "fffffffffffffffe")
        #expect(span.parentSpanID == SpanID(9))
        #expect(span.name == "GET /" && span.kind == .server && span.flags == 1 && span.traceState == "a=b")
        #expect(span.start == 1_700_000_000_000_000_000 && span.duration == 1_500_000)
        #expect(span.statusCode == .error && span.statusMessage == "why")
        #expect(span.droppedEventsCount == 4)
        #expect(
            span.attributes.prefix(5) == [
                Attribute("http.method", .string("GET")), Attribute("flag", .bool(false)), Attribute("ratio", .double(0.25)),
                Attribute("count", .int(-5)), Attribute("raw", .bytes([1])),
            ])
        #expect(span.attributes.count == 25)
        #expect(span.links.map(\.spanID) == [SpanID(8), SpanID(6)])
        #expect(span.links.map(\.attributes) == ["follows_from", "child_of"].map { [Attribute("opentracing.ref_type", .string($0))] })
        #expect(span.events.map(\.name) == ["cache miss", "said"])
        #expect(span.events.map(\.attributes) == [[Attribute("key", .string("k"))], [Attribute("message", .string("said"))]])
        #expect(span.events.map(\.time) == [1_700_000_000_000_001_000, 1_700_000_000_000_002_000])
    }

    @Test(arguments: ThriftEncoding.allCases)
    func `times out of range do no harm`(encoding: ThriftEncoding) throws {
        for (start, duration) in [(Int64.max, Int64.max), (.min, .min), (5, -10), (-5, 10)] {
            var writer = ThriftWriter(encoding)
            writer.structure { batch in
                batch.field(
                    2,
                    structures: [
                        {
                            $0.field(8, int64: start); $0.field(9, int64: duration)
                        }
                    ])
            }
            var count = 0
            try JaegerBatch.read(writer.bytes, encoding) { span, _, _ in count += span.traceID.isValid ? 0 : 1 }
            #expect(count == 1)
        }
    }

    @Test(arguments: ThriftEncoding.allCases)
    func `another call is refused`(encoding: ThriftEncoding) {
        var writer = ThriftWriter(encoding)
        writer.message("emitZipkinBatch")
        writer.structure { _ in }
        #expect(throws: ByteCodingError.self) { try read(writer.bytes, encoding) }
        #expect(throws: ByteCodingError.self) { try JaegerBatch.read([0, 0], encoding) { _, _, _ in } }
    }

    @Test(arguments: ThriftEncoding.allCases)
    func `damaged and hostile bytes are survived`(encoding: ThriftEncoding) {
        var generator = SeededGenerator(seed: 9)
        let bytes = message(encoding)
        checkTruncationNeverTraps(bytes) { _ = try read($0, encoding) }
        checkDamageNeverTraps(bytes, rounds: 3000, using: &generator) { _ = try read($0, encoding) }
        for _ in 0..<2000 {
            let random = generator.bytes(Int.random(in: 0...64, using: &generator))
            try? JaegerBatch.read(random, encoding) { _, _, _ in }
        }
        // A struct in a struct in a struct …, and a list of 2^31 - 1 elements.
        let deep: [UInt8] = encoding == .compact ? [0x1c] : [12, 0, 1]
        #expect(throws: ByteCodingError.self) {
            try JaegerBatch.read(Array([[UInt8]](repeating: deep, count: 100_000).joined()), encoding) { _, _, _ in }
        }
        let long: [UInt8] = encoding == .compact ? [0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07] : [15, 0, 2, 12, 0x7f, 0xff, 0xff, 0xff]
        #expect(throws: ByteCodingError(.lengthTooLarge, at: long.count)) { try JaegerBatch.read(long, encoding) { _, _, _ in } }
    }
}

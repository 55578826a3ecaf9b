internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("OTLP spans")
struct SpanBatchTests {
    @Test(arguments: 0..<20)
    func `everything comes back from protobuf and from JSON`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let batch = generator.spanBatch(spans: 30)
        checkRoundTrip(batch, encode: \.otlp, decode: SpanBatch.init(otlp:), "seed \(seed)")
        checkRoundTrip(batch, encode: { $0.otlpJSON() }, decode: SpanBatch.init(otlpJSON:), "seed \(seed)")
        var stream = SpanStreamEncoder()
        for span in batch.spans { stream.append(span, resource: batch.resources[span.resource], scope: batch.scopes[span.scope]) }
        #expect(stream.count == batch.spans.count)
        let streamed = try SpanBatch(otlp: stream.finish())
        #expect(streamed.spans.map(\.spanID) == batch.spans.map(\.spanID))
        #expect(streamed.spans.map { streamed.resources[$0.resource] } == batch.spans.map { batch.resources[$0.resource] })
        #expect(streamed.spans.map { streamed.scopes[$0.scope] } == batch.spans.map { batch.scopes[$0.scope] })
    }

    @Test func `bytes laid out by hand are read`() throws {
        var writer = ProtobufWriter()
        writer.write(1) { resourceSpans in
            resourceSpans.write(2) { scopeSpans in
                scopeSpans.write(2) { span in
                    span.write(1, bytes: (0...15).map { UInt8($0) })
                    span.write(2, bytes: (16...23).map { UInt8($0) })
                    span.write(9) { attribute in
                        attribute.write(1, string: "a")
                        attribute.write(2) { $0.write(3, int64: -1) }
                    }
                    span.write(15) { $0.write(3, uint64: 2) }
                    span.write(16, fixed32: 0x101)
                    span.write(77, string: "of a later version")
                }
            }
            resourceSpans.write(1) { $0.write(1) { $0.write(1, string: "service.name") } }
        }
        let batch = try SpanBatch(otlp: writer.bytes)
        let span = try #require(batch.spans.first)
        #expect(span.traceID.hexadecimal == "000102030405060708090a0b0c0d0e0f")
        #expect(span.spanID.hexadecimal == "1011121314151617")
        #expect(span.attributes == [Attribute("a", .int(-1))])
        #expect(span.statusCode == .error)
        #expect(span.flags == 0x101)
        #expect(batch.resources[span.resource].attributes == [Attribute("service.name", .empty)])
    }

    @Test func `entities of a resource are read and written`() throws {
        var writer = ProtobufWriter()
        writer.write(1) { resourceSpans in
            resourceSpans.write(1) { resource in
                resource.write(3) { entity in
                    entity.write(1, string: "https://schemas.example/1")
                    entity.write(2, string: "host")
                    entity.write(3, string: "host.id")
                    entity.write(3, string: "host.zone")
                    entity.write(4, string: "host.name")
                }
            }
            resourceSpans.write(2) {
                $0.write(2) { span in
                    span.write(1, bytes: (0...15).map { UInt8($0) })
                    span.write(2, bytes: (16...23).map { UInt8($0) })
                }
            }
        }
        let batch = try SpanBatch(otlp: writer.bytes)
        let entity = try #require(batch.resources.first?.entities.first)
        #expect(entity.schemaURL == "https://schemas.example/1" && entity.type == "host")
        #expect(entity.idKeys == ["host.id", "host.zone"] && entity.descriptionKeys == ["host.name"])
        #expect(try SpanBatch(otlp: batch.otlp) == batch)
        #expect(String(decoding: batch.otlpJSON(), as: UTF8.self).contains(#""entityRefs":[{"schemaUrl""#))
    }

    @Test func `spans are grouped by resource and scope`() throws {
        var generator = SeededGenerator(seed: 1)
        var batch = SpanBatch()
        for name in ["a", "b"] {
            var resource = ResourceRecord()
            resource.attributes = [Attribute("service.name", .string(name))]
            batch.resources.append(resource)
            var scope = ScopeRecord()
            scope.name = name
            batch.scopes.append(scope)
        }
        for index in 0..<8 {
            var span = generator.span()
            span.resource = index % 2
            span.scope = index / 2 % 2
            batch.spans.append(span)
        }
        let grouped = try SpanBatch(otlp: batch.otlp)
        #expect(grouped.resources.map(\.serviceName) == ["a", "b"])
        #expect(grouped.scopes.map(\.name) == ["a", "b", "a", "b"])
        #expect(grouped.spans.map(\.spanID) == [0, 4, 2, 6, 1, 5, 3, 7].map { batch.spans[$0].spanID })
    }

    @Test func `ids of a wrong length are invalid, and the span's neighbours are well`() throws {
        var writer = ProtobufWriter()
        writer.write(1) {
            $0.write(2) { scopeSpans in
                for (trace, span) in [(16, 8), (15, 8), (16, 9), (0, 0)] {
                    scopeSpans.write(2) { message in
                        message.write(1, bytes: [UInt8](repeating: 7, count: trace))
                        message.write(2, bytes: [UInt8](repeating: 7, count: span))
                    }
                }
            }
        }
        let spans = try SpanBatch(otlp: writer.bytes).spans
        #expect(spans.map(\.traceID.isValid) == [true, false, true, false])
        #expect(spans.map(\.spanID.isValid) == [true, true, false, false])
    }

    @Test func `values that are nested too deep are refused, with their place`() throws {
        func nested(_ depth: Int) -> AttributeValue { depth == 0 ? .int(1) : .array([nested(depth - 1)]) }
        var batch = SpanBatch()
        batch.resources = [ResourceRecord()]
        batch.scopes = [ScopeRecord()]
        batch.spans = [SpanRecord(traceID: TraceID(high: 1, low: 1), spanID: SpanID(1))]
        batch.spans[0].attributes = [Attribute("deep", nested(OTLPLimits.valueDepthMax - 1))]
        #expect(try SpanBatch(otlp: batch.otlp) == batch)
        #expect(try SpanBatch(otlpJSON: batch.otlpJSON()) == batch)
        batch.spans[0].attributes = [Attribute("deep", nested(OTLPLimits.valueDepthMax))]
        #expect(throws: ByteCodingError.self) { try SpanBatch(otlp: batch.otlp) }
        #expect(throws: JSONError.self) { try SpanBatch(otlpJSON: batch.otlpJSON()) }
    }

    @Test func `damaged messages are survived`() {
        var generator = SeededGenerator(seed: 5)
        let batch = generator.spanBatch(spans: 3)
        checkTruncationNeverTraps(batch.otlp, mustThrow: false) { _ = try SpanBatch(otlp: $0) }
        checkDamageNeverTraps(batch.otlp, rounds: 1000, using: &generator) { _ = try SpanBatch(otlp: $0) }
        checkTruncationNeverTraps(batch.otlpJSON()) { _ = try SpanBatch(otlpJSON: $0) }
        checkDamageNeverTraps(batch.otlpJSON(), rounds: 1000, using: &generator) { _ = try SpanBatch(otlpJSON: $0) }
        for _ in 0..<1000 { _ = try? SpanBatch(otlp: generator.bytes(Int.random(in: 0...64, using: &generator))) }
    }
}

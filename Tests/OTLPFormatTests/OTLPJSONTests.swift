internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel
internal import Testing

@Suite("OTLP in JSON")
struct OTLPJSONTests {
    private func read(_ text: String) throws -> SpanBatch { try SpanBatch(otlpJSON: Array(text.utf8)) }

    private func readSpan(_ members: String) throws -> SpanRecord {
        try #require(try read(#"{"resourceSpans":[{"scopeSpans":[{"spans":[{\#(members)}]}]}]}"#).spans.first)
    }

    @Test func `numbers may be strings, enumerations names, ids of either case`() throws {
        for (kind, code, start, count) in [
            ("2", "2", "1544712660300000000", "3"), (#""SPAN_KIND_SERVER""#, #""STATUS_CODE_ERROR""#, #""1544712660300000000""#, #""3""#),
        ] {
            let span = try readSpan(
                """
                "traceId":"5B8EFFF798038103D269b633813fc60c","spanId":"EEE19B7EC3C1B174","kind":\(kind),"status":{"code":\(code)},
                "startTimeUnixNano":\(start),"endTimeUnixNano":1.5e18,"droppedLinksCount":\(count)
                """)
            #expect(span.traceID.hexadecimal == "5b8efff798038103d269b633813fc60c")
            #expect(span.spanID.hexadecimal == "eee19b7ec3c1b174")
            #expect(span.kind == .server)
            #expect(span.statusCode == .error)
            #expect(span.start == 1_544_712_660_300_000_000)
            #expect(span.end == 1_500_000_000_000_000_000)
            #expect(span.droppedLinksCount == 3)
        }
    }

    @Test func `every type of value is read`() throws {
        let values = [
            (#"{"stringValue":"a\u00e4\ud83e\udd85\ud800"}"#, AttributeValue.string("aä🦅\u{fffd}")),
            (#"{"boolValue":false}"#, .bool(false)),
            (#"{"intValue":"-9223372036854775808"}"#, .int(.min)), (#"{"intValue":5}"#, .int(5)), (#"{"doubleValue":5}"#, .double(5)),
            (#"{"doubleValue":"-Infinity"}"#, .double(-.infinity)), (#"{"bytesValue":"AQI="}"#, .bytes([1, 2])), ("{}", .empty),
            (#"{"stringValue":null}"#, .empty), (#"{"arrayValue":{"values":[{"intValue":1},{}]}}"#, .array([.int(1), .empty])),
            (#"{"arrayValue":{}}"#, .array([])),
            (#"{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":true}}]}}"#, .map([Attribute("k", .bool(true))])),
        ]
        for (text, value) in values {
            #expect(try readSpan(#""attributes":[{"key":"a","value":\#(text)}]"#).attributes == [Attribute("a", value)], "\(text)")
        }
    }

    @Test func `what is not known is stepped over`() throws {
        let batch = try read(
            #"{"new":{"a":[1,{"b":null}]},"resourceSpans":[{"resource":null,"scopeSpans":[{"spans":[{"later":1.5,"name":"n"}]}]}]}"#)
        #expect(batch.spans.map(\.name) == ["n"])
        #expect(try read("{}") == SpanBatch())
    }

    @Test func `a wrong id leaves the span without one`() throws {
        #expect(try readSpan(#""traceId":"5b8efff798038103","spanId":"zzzzzzzzzzzzzzzz""#).traceID.isValid == false)
        #expect(try readSpan(#""traceId":"5b8efff798038103","spanId":"zzzzzzzzzzzzzzzz""#).spanID.isValid == false)
    }

    @Test(arguments: [
        ("{\n \"resourceSpans\": [\n  5 ]}", "expected an object at line 3, column 3"),
        ("{\"resourceSpans\":[{}", "expected a comma or ] at line 1, column 21"),
        ("{\"resourceSpans\":[{},]}", "expected a value behind the comma at line 1, column 22"),
        ("{} {}", "expected the end of the text at line 1, column 4"),
        ("", "expected an object at line 1, column 1"),
        ("{\"a\":\"\n\"}", "a control character must be escaped at line 1, column 7"),
        ("{\"a\":01}", "expected a number at line 1, column 6"),
        ("{\"a\":\"b}", "the quote is never closed at line 1, column 6"),
    ])
    func `an error says where it is`(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try read(text) }
        #expect(error?.description == message)
    }

    @Test func `bad values are refused with their place`() throws {
        let bad = [
            (#""kind":"SERVER""#, "expected a number, or one of SPAN_KIND_UNSPECIFIED"),
            (#""startTimeUnixNano":-1"#, "expected a whole number from 0"),
            (#""startTimeUnixNano":"18446744073709551616""#, "expected a whole number"), (#""name":5"#, "expected a string"),
            (#""attributes":[{"value":{"bytesValue":"*"}}]"#, "expected base64"),
            (#""flags":4294967296"#, "expected a whole number from 0 to 4294967295"),
        ]
        for (members, message) in bad {
            let error = #expect(throws: JSONError.self) { try readSpan(members) }
            #expect(error?.message.hasPrefix(message) == true, "\(members): \(String(describing: error))")
            #expect((error?.column ?? 0) > 50)
        }
    }

    @Test func `Tempo's flavour has ids in base64, names of enumerations and numbers in quotes`() {
        var batch = SpanBatch()
        var resource = ResourceRecord()
        resource.attributes = [Attribute("service.name", .string("shop"))]
        batch.resources = [resource]
        var scope = ScopeRecord()
        scope.name = "lib"
        batch.scopes = [scope]
        var span = SpanRecord(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3))
        span.name = "GET"
        span.kind = .client
        span.start = 5
        span.end = 6
        span.attributes = [Attribute("n", .int(7))]
        span.statusCode = .error
        batch.spans = [span]
        let inner = """
            [{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"lib"},\
            "spans":[{"traceId":"AAAAAAAAAAEAAAAAAAAAAg==","spanId":"AAAAAAAAAAM=","name":"GET","kind":"SPAN_KIND_CLIENT",\
            "startTimeUnixNano":"5","endTimeUnixNano":"6","attributes":[{"key":"n","value":{"intValue":"7"}}],\
            "status":{"code":"STATUS_CODE_ERROR"}}]}]}]
            """
        #expect(String(decoding: batch.otlpJSON(.tempoV1), as: UTF8.self) == #"{"batches":\#(inner)}"#)
        #expect(String(decoding: batch.otlpJSON(.protobuf), as: UTF8.self) == #"{"resourceSpans":\#(inner)}"#)
    }
}

internal import NIOCore
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import HTTPAPI

@Suite struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return writer.finish().map { String(buffer: $0) }.joined()
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "-0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (1e15, "1000000000000000"), (123456789.125, "123456789.125"),
            (1e20, "100000000000000000000"), (1e21, "1e+21"), (1.5e21, "1.5e+21"), (-1e22, "-1e+22"), (1e-6, "0.000001"),
            (0.00001234, "0.00001234"), (9.9e-7, "9.9e-07"), (.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (9007199254740992, "9007199254740992"),
            (StaleMarker.value, "NaN"), (1.0 / 3, "0.3333333333333333"), (123456789012345680, "123456789012345680"),
        ] as [(Double, String)])
    func floatsAreWrittenAsPrometheusDoes(number: Double, expected: String) {
        #expect(text { $0.quotedFloat(number) } == "\"\(expected)\"")
    }

    @Test func floatsReadBackTheSame() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let number = Double(bitPattern: generator.next())
            guard number.isFinite else { continue }
            let written = text { $0.value(number) }
            #expect(Double(written)?.bitPattern == number.bitPattern, "\(number) became \(written), seed \(generator.seed)")
        }
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.001"), (1_500, "1.500"), (1_050, "1.050"), (1_700_000_000_000, "1700000000"), (-1, "-0.001"),
            (-1_500, "-1.500"),
            (-2_000, "-2"), (.max, "9223372036854775.807"), (.min, "-9223372036854775.808"),
        ] as [(Timestamp, String)])
    func timestampsHaveThreeDigitsOrNone(time: Timestamp, expected: String) {
        #expect(text { $0.timestamp(time) } == expected)
    }

    @Test func stringsAreEscaped() {
        #expect(text { $0.value("a\"b\\c\n\r\t\u{1}\u{7f}é😀</script>") } == "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007fé😀</script>\"")
        let broken = LabelSet(canonical: [1, 0x61, 2, 0xff, 0x62])
        #expect(text { $0.labels(broken) } == "{\"a\":\"\u{fffd}b\"}")
    }

    @Test func commasAreInTheRightPlaces() {
        let json = text { writer in
            writer.beginObject()
            writer.member("a", 1)
            writer.name("b")
            writer.beginArray()
            writer.value("x")
            writer.beginArray()
            writer.endArray()
            writer.null()
            writer.value(true)
            writer.endArray()
            writer.member("c", false)
            writer.name("d")
            writer.beginObject()
            writer.endObject()
            writer.endObject()
        }
        #expect(json == #"{"a":1,"b":["x",[],null,true],"c":false,"d":{}}"#)
    }

    @Test func largeTextsComeInPieces() {
        var writer = JSONWriter()
        writer.beginArray()
        for time in 0..<100_000 { writer.sample(Timestamp(time) * 1000, 1.5) }
        writer.endArray()
        let pieces = writer.finish()
        #expect(pieces.count > 2)
        let whole = pieces.map { String(buffer: $0) }.joined()
        #expect(whole.hasPrefix(#"[[0,"1.5"],[1,"1.5"],"#) && whole.hasSuffix(#",[99999,"1.5"]]"#))
    }

    @Test func nativeHistogramsShowTheirBuckets() {
        let histogram = NativeHistogram(
            schema: 0, zeroThreshold: 0.001, zeroCount: 2, count: 12, sum: 18.4,
            positiveSpans: [.init(offset: 0, length: 3)], negativeSpans: [.init(offset: 1, length: 1)], positiveBuckets: [1, 0, 4],
            negativeBuckets: [5])
        #expect(
            text { $0.histogram(histogram) }
                == #"{"count":"12","sum":"18.4","buckets":[[1,"-2","-1","5"],[3,"-0.001","0.001","2"],[0,"0.5","1","1"],[0,"2","4","4"]]}"#)
        #expect(text { $0.histogram(NativeHistogram()) } == #"{"count":"0","sum":"0"}"#)
        let custom = NativeHistogram(
            schema: NativeHistogram.customBucketsSchema, count: 3, sum: 5, positiveSpans: [.init(offset: 0, length: 3)],
            positiveBuckets: [1, 1, 1], customBounds: [1, 2])
        #expect(
            text { $0.histogram(custom) }
                == #"{"count":"3","sum":"5","buckets":[[3,"-Inf","1","1"],[0,"1","2","1"],[0,"2","+Inf","1"]]}"#)
    }
}

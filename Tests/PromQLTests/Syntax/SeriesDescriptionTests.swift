internal import PromQL
internal import QueryModel
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct SeriesDescriptionTests {
    private static let parser = PromQLParser(features: .all)

    private func numbers(_ text: String) throws -> [Double?] {
        try Self.parser.parseSeriesDescription("s " + text).points.map { point in
            guard case .float(let value)? = point?.value else { return nil }
            return value
        }
    }

    @Test func `numbers, repetitions, sequences and gaps stand one after another`() throws {
        #expect(
            try numbers("1 2x2 3+1x2 3-2x1 _ _x2 -1-1x1 .5 1e3 1_000") == [
                1, 2, 2, 2, 3, 4, 5, 3, 1, nil, nil, nil, -1, -2, 0.5, 1000, 1000,
            ])
        #expect(try numbers("") == [])
        #expect(try numbers("_x0 5x0") == [5])
        #expect(try numbers("Inf -inf+1x0") == [.infinity, -.infinity])
        #expect(try numbers("0x3") == [0, 0, 0, 0], "no number is hexadecimal here")
    }

    @Test func `stale is the marker, and NaN is not`() throws {
        let points = try Self.parser.parseSeriesDescription("s stale NaN stale").points
        let markers = points.map { point -> Bool in
            guard case .float(let value)? = point?.value else { return false }
            return StaleMarker.matches(value)
        }
        #expect(markers == [true, false, true])
    }

    @Test(arguments: [
        ("s 1", "{__name__=\"s\"}"), ("s{a=\"x y\",b='{{'} 1", "{__name__=\"s\", a=\"x y\", b=\"{{\"}"), ("{} 1", "{}"),
        ("{\"a.b\", c=\"d\"} 1", "{__name__=\"a.b\", c=\"d\"}"), ("sum{by=\"x\"} 1", "{__name__=\"sum\", by=\"x\"}"),
    ])
    func `labels are those of a metric`(text: String, labels: String) throws {
        let description = try Self.parser.parseSeriesDescription(text)
        #expect(description.labels == (try Self.parser.parseMetric(String(text.dropLast(2)))))
        #expect(description.points.count == 1, "\(labels)")
    }

    @Test func `histograms have all their fields, and sequences of them are sums`() throws {
        let points = try Self.parser.parseSeriesDescription(
            """
            s {{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7] offset:-3 n_buckets:[4.1 5] n_offset:-5 \
            counter_reset_hint:gauge}} {{}} {{schema:0 count:1 sum:2 buckets:[1]}}+{{count:1 sum:1 buckets:[1]}}x2
            """
        ).points
        #expect(points.count == 5)
        guard case .histogram(let first)? = points[0]?.value, case .histogram(let last)? = points[4]?.value else {
            Issue.record("no histograms")
            return
        }
        #expect(first.schema == 1 && first.sum == -0.3 && first.count == 3.1 && first.zeroCount == 7.1 && first.zeroThreshold == 0.05)
        #expect(first.positiveBuckets == [5.1, 10, 7] && first.positiveSpans == [.init(offset: -3, length: 3)])
        #expect(first.negativeBuckets == [4.1, 5] && first.negativeSpans == [.init(offset: -5, length: 2)])
        #expect(first.resetHint == .gauge && points[0]?.hasResetHint == true && points[1]?.hasResetHint == false)
        #expect(last.count == 3 && last.sum == 4 && last.positiveBuckets == [3])
    }

    @Test(arguments: [
        "", "1", "s 1+2", "s 1x", "s 1x-1", "s 1x1.5", "s 1y", "s stalex", "s Stale", "s +stale", "s 1,2", "s 5 {{", "s {{schema:1",
        "s {{schema:1.5}}", "s {{schema:0 schema:0}}", "s {{what:1}}", "s {{ schema:0}}", "s {{buckets:[]}}", "s {{buckets:[1 2}}",
        "s {{counter_reset_hint:no}}", "s {a=\"b\"} 1", "s{a=\"b\"}1", "s{a=~\"b\"} 1", "s{a=\"b\"", "s # 1", "s 1_", "s {{sum}}",
        "s {{schema:1 buckets:[1]}}+{{schema:0 buckets:[1]}}x2", "s {{count:1}}+{{count:1}}",
    ])
    func `what is no series is refused with a place`(text: String) {
        let error = #expect(throws: QueryError.self) { try Self.parser.parseSeriesDescription(text) }
        #expect(error?.message.contains("parse error: ") == true, "\(text)")
    }

    @Test(arguments: [
        "s 1x18446744073709551615", "s 1x99999999999999999999", "s _x9999999999", "s 1 {{}}x9999999999", "s {{}}+{{}}x999999999",
    ])
    func `a description that stands for too many points is refused`(text: String) {
        #expect(throws: QueryError.self) { try Self.parser.parseSeriesDescription(text) }
    }

    @Test func `starts of points are durations from their times`() throws {
        let starts = try Self.parser.parseSeriesStarts("s{a=\"b\"}@st -30s _ -1mx2 0s-1m30sx2 _x2 +5s")
        #expect(starts?.labels == ["__name__": "s", "a": "b"])
        #expect(starts?.offsets == [-30_000, nil, -60_000, -60_000, -60_000, 0, -90_000, -180_000, nil, nil, 5000])
        #expect(try Self.parser.parseSeriesStarts("s 1 2 3") == nil)
        for wrong in ["s@st 1", "s@st -1m-1m", "s@st -1mx", "s@stx", "s@st _x", "s@st -1x9"] {
            #expect(throws: QueryError.self, "\(wrong)") { try Self.parser.parseSeriesStarts(wrong) }
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `changed descriptions give points or a fault inside the text`(seed: UInt64) {
        let samples = [
            "s{a=\"b\"} 1 2+3x4 _ stale _x3 -1.5e3x2", "s@st -30s _ -1mx3 0s-1mx2",
            "s {{schema:1 sum:-0.3 count:3.1 buckets:[5.1 10 7] offset:-3 counter_reset_hint:gauge}}+{{count:1}}x3",
        ]
        let pieces = ["{{", "}}", "x", "+", "-", "_", "[", "]", ":", " ", "9", "99999999999", "@st", "inf", "stale", "\"", "é", "e"]
        var random = SeededGenerator(seed: seed)
        for sample in samples {
            for length in 0...sample.utf8.count { check(String(decoding: Array(sample.utf8.prefix(length)), as: UTF8.self), seed) }
            for _ in 0..<300 {
                var scalars = Array(sample.unicodeScalars)
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let position = Int.random(in: 0...scalars.count, using: &random)
                    if Bool.random(using: &random), position < scalars.count { scalars.remove(at: position) }
                    scalars.insert(
                        contentsOf: (pieces.randomElement(using: &random) ?? "").unicodeScalars, at: min(position, scalars.count))
                }
                check(String(String.UnicodeScalarView(scalars)), seed)
            }
        }
    }

    private func check(_ text: String, _ seed: UInt64) {
        do throws(QueryError) {
            let description = try Self.parser.parseSeriesDescription(text, pointsMax: 10_000)
            #expect(description.points.count <= 10_000)
        } catch {
            let range = error.range ?? SourceRange(-1, -1)
            #expect(0 <= range.start && range.start <= range.end && range.end <= text.utf8.count, "seed \(seed): \(text) \(range)")
        }
        _ = try? Self.parser.parseSeriesStarts(text, pointsMax: 10_000)
    }
}

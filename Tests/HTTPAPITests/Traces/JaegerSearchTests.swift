internal import TelemetryModel
internal import Testing
internal import TraceQL

@testable internal import HTTPAPI

/// How searches of Jaeger are said in TraceQL.
@Suite struct JaegerSearchTests {
    private let now: UnixNanoseconds = 1_700_000_000_000_000_000

    private func search(_ query: String) throws -> JaegerSearch {
        var parameters = FormParameters()
        parameters.add(encoded: query.utf8)
        return try JaegerSearch(parameters, now: now)
    }

    @Test func allIsAsked() throws {
        #expect(try search("").query == "{  }")
        #expect(try search("service=a&operation=GET+%22x%22").query == #"{ resource.service.name = "a" && name = "GET \"x\"" }"#)
        #expect(try search("service=OTLPResourceNoServiceName").query == #"{ resource.service.name = "" }"#)
        #expect(try search("minDuration=1.2ms&maxDuration=2s").query == "{ duration >= 1200000ns && duration <= 2000000000ns }")
    }

    @Test func timesAreInMicroseconds() throws {
        let search = try search("start=1600000000000000&end=1600000001000000&limit=7")
        #expect(search.range.start == 1_600_000_000_000_000_000 && search.range.end == 1_600_000_001_000_000_000)
        #expect(search.tracesMax == 7)
        let open = try self.search("")
        #expect(open.range.end == now && open.range.start == now - 2 * 86_400_000_000_000)
        #expect(open.tracesMax == 100)
        #expect(try self.search("limit=99999999").tracesMax == JaegerSearch.tracesMax)
        #expect(try self.search("limit=0").tracesMax == 100)
    }

    @Test func tagsAreComparedAsTheyAreWritten() throws {
        #expect(
            try search("tag=http.status_code:200").query
                == #"{ (span."http.status_code" = "200" || span."http.status_code" = 200 || span."http.status_code" = 200.0 || "#
                + #"resource."http.status_code" = "200" || resource."http.status_code" = 200 || resource."http.status_code" = 200.0) }"#)
        // Only the string is written with a zero in front.
        #expect(try search("tag=a:007").query == #"{ (span."a" = "007" || resource."a" = "007") }"#)
        #expect(try search("tag=a:b:c").query == #"{ (span."a" = "b:c" || resource."a" = "b:c") }"#)
        #expect(
            try search("tags=%7B%22c%22:%22true%22%7D").query
                == #"{ (span."c" = "true" || span."c" = true || resource."c" = "true" || resource."c" = true) }"#)
    }

    @Test func fieldsOfSpansAreTagsToo() throws {
        for (tag, condition) in [
            ("error:true", "status = error"), ("span.kind:server", "kind = server"), ("otel.status_code:ERROR", "status = error"),
            ("otel.status_description:no", #"statusMessage = "no""#), ("otel.scope.name:lib", #"instrumentation:name = "lib""#),
            ("otel.scope.version:1", #"instrumentation:version = "1""#),
        ] {
            #expect(try search("tag=\(tag)").query.hasPrefix("{ (\(condition) || (span."), "\(tag)")
        }
        #expect(try search("tag=span.kind:odd").query == #"{ (span."span.kind" = "odd" || resource."span.kind" = "odd") }"#)
    }

    @Test func durationsOfGoAreRead() {
        for (text, nanoseconds) in [
            ("0", 0), ("1ns", 1), ("1us", 1_000), ("2µs", 2_000), ("1.5ms", 1_500_000), ("1h2m3s", 3_723_000_000_000),
            ("-1s", -1_000_000_000),
            (".5s", 500_000_000), ("1.s", 1_000_000_000),
        ] as [(String, Int64)] {
            #expect(GoDuration.parse(text) == nanoseconds, "\(text)")
        }
        for text in ["", "1", "s", "1x", "1s2", ".s", "-", "99999999999999999999s", "9223372036854775807h", "1 s"] {
            #expect(GoDuration.parse(text) == nil, "\(text)")
        }
    }
}

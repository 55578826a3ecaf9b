internal import ExpositionFormat
internal import Testing

@Suite("OpenMetrics")
struct OpenMetricsTests {
    @Test func `a page with everything in it`() throws {
        let page = try ReadPage(
            """
            # TYPE process_cpu_seconds counter
            # UNIT process_cpu_seconds seconds
            # HELP process_cpu_seconds Time with a \\"quote\\" and a \\n.
            process_cpu_seconds_total{mode="user"} 4.2 1395066363.5
            process_cpu_seconds_created{mode="user"} 1.5e9
            # TYPE h histogram
            h_bucket{le="0.1"} 8 # {} 0.054
            h_bucket{le="1"} 11 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.789
            h_bucket{le="+Inf"} 17 1.5 # {a="b",c="d"} 9.8
            h_count 17
            h_sum 324789.3
            h_created 1520430000.123
            # TYPE "my.summary" summary
            {"my.summary","quantile"="0.5"} 1
            {"my.summary_created",a="b"} 7
            # TYPE thing_created gauge
            thing_created 1
            # TYPE s stateset
            s{s="on"} 1
            # TYPE target info
            target_info{version="1"} 1
            # TYPE u unknown
            u NaN
            # EOF

            """, .openMetrics)
        #expect(
            page.samples == [
                "process_cpu_seconds_total{mode=\"user\"} 4.2 @1395066363500", "h_bucket{le=\"0.1\"} 8.0", "h_bucket{le=\"1\"} 11.0",
                "h_bucket{le=\"+Inf\"} 17.0 @1500", "h_count 17.0", "h_sum 324789.3", "{\"my.summary\", quantile=\"0.5\"} 1.0",
                "thing_created 1.0", "s{s=\"on\"} 1.0", "target_info{version=\"1\"} 1.0", "u nan(0x1)",
            ])
        #expect(
            page.created == [
                "process_cpu_seconds_created{mode=\"user\"} 1500000000.0", "h_created 1520430000.123",
                "{\"my.summary_created\", a=\"b\"} 7.0",
            ])
        #expect(
            page.exemplars == ["{} 0.054 @-1", "{trace_id=\"KOO5S4vxi0o\"} 0.67 @1520879607789", "{a=\"b\", c=\"d\"} 9.8 @-1"])
        #expect(
            page.metadata.prefix(3) == [
                "process_cpu_seconds is a counter", "process_cpu_seconds in seconds",
                "process_cpu_seconds: Time with a \"quote\" and a \n.",
            ])
    }

    @Test(arguments: ["# EOF", "# EOF\n"])
    func `an empty page has its end marker`(text: String) throws {
        #expect(try ReadPage(text, .openMetrics).samples.isEmpty)
    }

    static let errors: [(String, ExpositionError.Code, Int, Int)] = [
        ("", .missingEndMarker, 1, 1),
        ("a 1\n", .missingEndMarker, 2, 1),
        ("# EOF\na 1\n", .textBehindEndMarker, 2, 1),
        ("\n# EOF\n", .blankLine, 1, 1),
        ("# a comment\n# EOF\n", .invalidComment, 1, 1),
        ("#EOF\n", .invalidComment, 1, 1),
        ("a  1\n# EOF\n", .expectedValue, 1, 3),
        ("a\t1\n# EOF\n", .expectedValue, 1, 2),
        ("a 1 \n# EOF\n", .expectedEndOfLine, 1, 5),
        ("a 1 nan\n# EOF\n", .invalidTimestamp, 1, 5),
        ("a 1 1e300\n# EOF\n", .invalidTimestamp, 1, 5),
        ("a 1 # {b=\"c\"}\n# EOF\n", .invalidExemplar, 1, 14),
        ("a 1 # {b} 1\n# EOF\n", .expectedEqualsSign, 1, 9),
        ("a 1 #{} 1\n# EOF\n", .invalidTimestamp, 1, 5),
        ("a 1", .expectedEndOfLine, 1, 4),
        ("# TYPE a untyped\n# EOF\n", .unknownMetricType, 1, 10),
        ("# UNIT a_seconds metres\n# EOF\n", .unitNotSuffix, 1, 18),
        ("# UNIT seconds seconds\n# EOF\n", .unitNotSuffix, 1, 16),
    ]

    @Test(arguments: errors)
    func `an error says where it is`(text: String, code: ExpositionError.Code, line: Int, column: Int) throws {
        let error = try #require(expositionError(text, .openMetrics))
        #expect(error.code == code)
        #expect([error.line, error.column] == [line, column], "\(error)")
    }
}

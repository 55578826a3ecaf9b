internal import ExpositionFormat
internal import Testing

@Suite("Prometheus text format")
struct PrometheusTextTests {
    @Test func `a page with everything in it`() throws {
        let page = try ReadPage(
            """
            # HELP http_requests_total The \\\\ total\\nof requests, "all".
            # TYPE http_requests_total counter
            http_requests_total{method="post",code="200"} 1027 1395066363000
            http_requests_total{method="post",code="400"}    3 -1395066363000

            # Escaping in label values:
            msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
            metric_without_timestamp_and_labels 12.47
            \tsomething_weird { problem = "division by zero" , } +Inf -3982045\t
            # TYPE rpc untyped
            rpc{quantile="0.01"} NaN
            #TYPE this is a comment
            # TYPE
            # and this
            empty{} -0
            {"quoted.name","l.x"="v",z=""} 1
            {a="b","ünï"} 2
            no_line_end 3
            """, .prometheus)
        #expect(
            page.samples == [
                "http_requests_total{code=\"200\", method=\"post\"} 1027.0 @1395066363000",
                "http_requests_total{code=\"400\", method=\"post\"} 3.0 @-1395066363000",
                "msdos_file_access_time_seconds{error=\"Cannot find file:\\n\\\"FILE.TXT\\\"\", path=\"C:\\\\DIR\\\\FILE.TXT\"} 1458255915.0",
                "metric_without_timestamp_and_labels 12.47",
                "something_weird{problem=\"division by zero\"} inf @-3982045",
                "rpc{quantile=\"0.01\"} nan(0x1)",
                "empty -0.0",
                "{\"quoted.name\", \"l.x\"=\"v\"} 1.0",
                "{\"ünï\", a=\"b\"} 2.0",
                "no_line_end 3.0",
            ])
        #expect(
            page.metadata == [
                "http_requests_total: The \\ total\nof requests, \"all\".",
                "http_requests_total is a counter", "rpc is a unknown",
            ])
    }

    @Test func `an empty page is a page`() throws {
        #expect(try ReadPage("", .prometheus).samples.isEmpty)
        #expect(try ReadPage("\n\n  \n", .prometheus).samples.isEmpty)
    }

    static let errors: [(String, ExpositionError.Code, Int, Int)] = [
        ("ok 1\na", .expectedValue, 2, 2),
        ("a\n", .expectedValue, 1, 2),
        ("a 1 x\n", .invalidTimestamp, 1, 5),
        ("a 1 1.5\n", .invalidTimestamp, 1, 5),
        ("a 1 1 1\n", .expectedEndOfLine, 1, 7),
        ("a x\n", .invalidValue, 1, 3),
        ("a 0x12p3\n", .invalidValue, 1, 3),
        ("a 1_0\n", .invalidValue, 1, 3),
        ("a{b=\"c\n", .unclosedQuote, 1, 5),
        ("a{b=\"c\" 1\n", .unclosedBrace, 1, 2),
        ("a{b=\"c\"d=\"e\"} 1\n", .expectedCommaOrBrace, 1, 8),
        ("a{b} 1\n", .expectedEqualsSign, 1, 4),
        ("a{b=c} 1\n", .expectedQuotedValue, 1, 5),
        ("a{1b=\"c\"} 1\n", .expectedLabelName, 1, 3),
        ("a{,} 1\n", .expectedLabelName, 1, 3),
        ("a{b=\"c\",b=\"d\"} 1\n", .duplicateLabel, 1, 9),
        ("a{\"b\"} 1\n", .twoMetricNames, 1, 3),
        ("{b=\"c\"} 1\n", .noMetricName, 1, 1),
        ("{\"\"} 1\n", .noMetricName, 1, 2),
        ("a{__name__=\"b\"} 1\n", .duplicateLabel, 1, 3),
        ("9a 1\n", .expectedMetricName, 1, 1),
        ("a$b 1\n", .expectedMetricName, 1, 2),
        ("=\n", .expectedValue, 1, 2),
        ("# TYPE a count\n", .unknownMetricType, 1, 10),
        ("# TYPE a info\n", .unknownMetricType, 1, 10),
        ("# TYPE 9 counter\n", .expectedMetricName, 1, 8),
        ("a 1\r\n", .invalidValue, 1, 3),
        ("\u{0}a 1\n", .expectedMetricName, 1, 1),
    ]

    @Test(arguments: errors)
    func `an error says where it is`(text: String, code: ExpositionError.Code, line: Int, column: Int) throws {
        let error = try #require(expositionError(text, .prometheus))
        #expect(error.code == code)
        #expect([error.line, error.column] == [line, column], "\(error)")
    }

    @Test func `text that is not UTF-8 is refused`() {
        #expect(throws: ExpositionError.self) { try ReadPage(bytes: Array("a{b=\"".utf8) + [0xff] + Array("\"} 1\n".utf8), .prometheus) }
    }
}

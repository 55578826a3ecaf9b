internal import OTLPFormat
internal import Testing

@Suite("Names of OpenTelemetry's metrics")
struct MetricNameTests {
    struct Row: Sendable {
        let name: String
        let unit: String
        var isCounter = false
        var isGauge = false
        /// By strategy, in the order of ``OTLPTranslationStrategy/allCases``; nil where the name is refused.
        let expected: [String?]
    }

    /// Worked out by hand from the rules of Prometheus' translator.
    static let rows: [Row] = [
        Row(
            name: "http.server.duration", unit: "s",
            expected: ["http_server_duration_seconds", "http_server_duration", "http.server.duration_seconds", "http.server.duration"]),
        Row(
            name: "process.uptime", unit: "ms", isGauge: true,
            expected: ["process_uptime_milliseconds", "process_uptime", "process.uptime_milliseconds", "process.uptime"]),
        Row(
            name: "http.requests", unit: "{request}", isCounter: true,
            expected: ["http_requests_total", "http_requests", "http.requests_total", "http.requests"]),
        Row(
            name: "jobs_total", unit: "1", isCounter: true, expected: ["jobs_total", "jobs_total", "jobs_total", "jobs_total"]),
        // The word moves to the end.
        Row(
            name: "total.jobs", unit: "", isCounter: true, expected: ["jobs_total", "total_jobs", "total.jobs_total", "total.jobs"]),
        Row(
            name: "pool.utilization", unit: "1", isGauge: true,
            expected: ["pool_utilization_ratio", "pool_utilization", "pool.utilization_ratio", "pool.utilization"]),
        Row(
            name: "cache.ratio", unit: "1", isGauge: true, expected: ["cache_ratio", "cache_ratio", "cache_ratio", "cache.ratio"]),
        Row(
            name: "pool.utilization", unit: "1", isCounter: true,
            expected: ["pool_utilization_total", "pool_utilization", "pool.utilization_total", "pool.utilization"]),
        Row(
            name: "disk.io", unit: "By/s", isGauge: true,
            expected: ["disk_io_bytes_per_second", "disk_io", "disk.io_bytes_per_second", "disk.io"]),
        Row(
            name: "disk.io.bytes", unit: "By/s", isGauge: true,
            expected: ["disk_io_bytes_per_second", "disk_io_bytes", "disk.io.bytes_per_second", "disk.io.bytes"]),
        Row(
            name: "net.io", unit: "By/m", isCounter: true,
            expected: ["net_io_bytes_per_minute_total", "net_io", "net.io_bytes_per_minute_total", "net.io"]),
        Row(
            name: "rate", unit: "{things}/h", isGauge: true, expected: ["rate_per_hour", "rate", "rate_per_hour", "rate"]),
        Row(name: "rate", unit: "/s", isGauge: true, expected: ["rate_per_second", "rate", "rate_per_second", "rate"]),
        Row(name: "load", unit: "By/", expected: ["load_bytes", "load", "load_bytes", "load"]),
        // Units that are not known stand for themselves.
        Row(name: "depth", unit: "fathom", expected: ["depth_fathom", "depth", "depth_fathom", "depth"]),
        Row(name: "depth", unit: "m^2/x y", expected: ["depth_m_2_per_x_y", "depth", "depth_m^2_per_x y", "depth"]),
        Row(name: "temp", unit: " Cel ", isGauge: true, expected: ["temp_celsius", "temp", "temp_celsius", "temp"]),
        Row(name: "cpu", unit: "%", isGauge: true, expected: ["cpu_percent", "cpu", "cpu_percent", "cpu"]),
        Row(name: "already.seconds", unit: "s", expected: ["already_seconds", "already_seconds", "already.seconds", "already.seconds"]),
        Row(name: "seconds.of.day", unit: "s", expected: ["seconds_of_day", "seconds_of_day", "seconds.of.day_seconds", "seconds.of.day"]),
        Row(name: "a..b__c", unit: "", expected: ["a_b_c", "a_b__c", "a..b__c", "a..b__c"]),
        Row(name: ".leading.", unit: "", expected: ["leading", "leading", ".leading.", ".leading."]),
        Row(name: "2nd.try", unit: "", expected: ["_2nd_try", "_2nd_try", "2nd.try", "2nd.try"]),
        Row(name: "größe", unit: "", expected: ["gr_e", "gr_e", "größe", "größe"]),
        Row(name: "job:rate", unit: "", expected: ["job:rate", "job:rate", "job:rate", "job:rate"]),
        Row(name: "度", unit: "", expected: [nil, nil, "度", "度"]),
        Row(name: "度", unit: "s", expected: ["seconds", nil, "度_seconds", "度"]),
        Row(name: "___", unit: "", expected: [nil, "___", "___", "___"]),
        Row(name: "__.__", unit: "", expected: [nil, nil, "__.__", "__.__"]),
    ]

    @Test(arguments: rows.indices)
    func `every strategy makes of a name what Prometheus makes of it`(index: Int) {
        let row = Self.rows[index]
        for (strategy, expected) in zip(OTLPTranslationStrategy.allCases, row.expected) {
            let namer = OTLPMetricNamer(strategy)
            let name = try? namer.name(row.name, unit: row.unit, isCounter: row.isCounter, isGauge: row.isGauge)
            #expect(name == expected, "\(row.name) [\(row.unit)] by \(strategy.rawValue)")
        }
    }

    @Test(arguments: [
        ("s", "seconds"), ("By/s", "bytes_per_second"), ("1", ""), ("{packet}", ""), ("{packet}/s", "per_second"), ("", ""),
        ("%", "percent"),
        ("KiBy", "kibibytes"), ("_x_", "x"), ("a//b", "a_per_b"), ("us", "microseconds"),
    ])
    func `units become words`(unit: String, word: String) { #expect(OTLPUnit.word(for: unit) == word) }

    @Test func `attributes become label names`() throws {
        let asWas = OTLPLabelNamer()
        let bySpecification = OTLPLabelNamer(sanitizesUnderscores: false, preservesUnderscores: false)
        let plain = OTLPLabelNamer(allowsUTF8: true)
        let rows: [(String, String?, String?, String?)] = [
            ("http.method", "http_method", "http_method", "http.method"), ("2xx", "key_2xx", "key_2xx", "2xx"),
            ("_hidden", "key_hidden", "_hidden", "_hidden"), ("__meta__", "__meta__", "__meta__", "__meta__"),
            ("a..b", "a__b", "a_b", "a..b"), (".x", "key_x", "_x", ".x"), ("..x", "__x", "_x", "..x"), ("ä", "key_", nil, "ä"),
            ("___", nil, nil, nil), ("", nil, nil, nil), ("__a.-b__", "__a__b__", "__a_b__", "__a.-b__"),
        ]
        for (attribute, first, second, third) in rows {
            #expect((try? asWas.name(attribute)) == first, "\(attribute)")
            #expect((try? bySpecification.name(attribute)) == second, "\(attribute)")
            #expect((try? plain.name(attribute)) == third, "\(attribute)")
        }
    }
}

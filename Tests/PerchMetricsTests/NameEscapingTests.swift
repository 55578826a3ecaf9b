import CoreMetrics
import Testing

@testable import PerchMetrics

@Suite struct NameEscapingTests {
    // The examples are those of Prometheus' documentation of its escaping schemes, and cases beside them.
    @Test(arguments: [
        (
            "mysystem.prod.west.cpu.load", "mysystem_prod_west_cpu_load", "mysystem_dot_prod_dot_west_dot_cpu_dot_load",
            "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load"
        ),
        ("http.status:sum", "http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum"),
        ("no:escaping_required", "no:escaping_required", "no:escaping__required", "no:escaping_required"),
        ("label with 😱", "label_with__", "label__with____", "U__label_20_with_20__1f631_"),
        ("0lead", "_lead", "__lead", "U___30_lead"),
    ])
    func `names are escaped by each scheme`(name: String, underscores: String, dots: String, values: String) {
        #expect(NameEscaping.underscores.escaped(name, allowsColon: true) == underscores)
        #expect(NameEscaping.dots.escaped(name, allowsColon: true) == dots)
        #expect(NameEscaping.allowUTF8.escaped(name, allowsColon: true) == name)
        if !name.hasPrefix("0") { #expect(NameEscaping.values.escaped(name, allowsColon: true) == values) }
    }

    @Test func `names that are not classic stand in quotes, and are escaped for those who do not take them`() {
        let registry = MetricRegistry()
        var configuration = MetricsConfiguration()
        configuration.naming = .utf8
        let factory = PerchMetricsFactory(registry, configuration: configuration)
        factory.makeCounter(label: "orders.placed", dimensions: [("a.b", "1"), ("a_b", "2")]).increment(by: 3)
        func lines(_ format: MetricFormat) -> [String] {
            var output: [UInt8] = []
            registry.render(format, into: &output)
            return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        #expect(
            lines(MetricFormat(.text, escaping: .allowUTF8)) == [
                "# HELP \"orders.placed_total\" The counter orders.placed.", "# TYPE \"orders.placed_total\" counter",
                "{\"orders.placed_total\",\"a.b\"=\"1\",a_b=\"2\"} 3",
            ])
        #expect(lines(.prometheus).last == "orders_placed_total{a_b=\"1;2\"} 3")
        #expect(lines(MetricFormat(.text, escaping: .dots)).last == "orders_dot_placed__total{a__b=\"2\",a_dot_b=\"1\"} 3")
    }

    @Test(arguments: [
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,text/plain;q=0.5",
            MetricFormat(.protobuf)
        ),
        ("application/vnd.google.protobuf;proto=other;encoding=delimited,text/plain;q=0.1", .prometheus),
        ("text/plain;version=1.0.0;escaping=values", MetricFormat(.text, escaping: .values)),
        ("text/plain;version=0.0.4;escaping=allow-utf-8", .prometheus),
    ])
    func `format and escaping are negotiated`(accept: String, expected: MetricFormat) {
        #expect(MetricFormat.negotiated(accept: accept) == expected)
    }

    @Test func `answers are compressed for those who take that`() {
        let registry = MetricRegistry()
        let family = registry.counters("a_total", help: "A.", labelNames: "k")
        for index in 0..<100 { family.with("\(index)").increment() }
        let plain = registry.exposition(accept: nil, acceptEncoding: "br, gzip;q=0")
        let compressed = registry.exposition(accept: nil, acceptEncoding: "br;q=1, gzip;q=0.5")
        #expect(plain.contentEncoding == nil)
        #expect(compressed.contentEncoding == "gzip")
        #expect(compressed.body.count < plain.body.count / 3)
        #expect(compressed.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }
}

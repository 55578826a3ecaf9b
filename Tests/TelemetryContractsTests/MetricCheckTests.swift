import PerchMetrics
import Testing

@testable import TelemetryContracts

@Suite struct MetricCheckTests {
    private func findings(_ arrived: ArrivedMetrics, _ options: MetricCheck.Options = .init()) throws -> [String] {
        try MetricCheck(ShopTelemetry.contract, options: options).findings(arrived).map(\.line)
    }

    @Test func `what is as declared has no findings`() throws {
        let arrived = ShopTelemetry.arrived { telemetry, registry in
            telemetry.orders[.accepted, .gold].increment()
            telemetry.work[.gold].record(3)
            registry.gauge("process_open_fds", help: "Made by a library.").set(3)
        }
        #expect(try findings(arrived) == [])
    }

    @Test func `a metric that does not arrive is missing, unless nothing was counted of it yet`() throws {
        #expect(
            try findings(ArrivedMetrics()) == [
                "shop_orders_total: is declared, and did not arrive [missing-metric]",
                "shop_queue_bytes: is declared, and did not arrive [missing-metric]",
                "shop_work_seconds: is declared, and did not arrive [missing-metric]",
            ])
    }

    @Test func `metrics that nobody declared are named by their families`() throws {
        let arrived = ShopTelemetry.arrived { _, registry in
            registry.counter("shop_extra_total", help: "X.").increment()
            registry.histogram("shop_more_seconds", help: "X.", unit: "seconds").record(1)
            registry.gauge("go_threads", help: "X.").set(1)
            registry.gauge("swift_threads", help: "Made by a library.").set(1)
        }
        let own = ["shop_extra_total", "shop_more_seconds"].map { "\($0): arrives, and is not declared [undeclared-metric]" }
        #expect(try findings(arrived, .init(ignoredPrefixes: ["go_"])) == own)
        #expect(try findings(arrived).count == 3)
        #expect(try findings(arrived, .init(isStrict: true)).count == 4)
    }

    @Test func `type, help, unit and buckets are held against the declaration`() throws {
        var arrived = ShopTelemetry.arrived()
        arrived.descriptions["shop_orders_total"] = [.init(type: "gauge", help: "Orders.", unit: "")]
        arrived.descriptions["shop_queue_bytes"] = [.init(type: "unknown", help: "What waits.", unit: "By")]
        arrived.descriptions["shop_work_seconds"] = [
            .init(type: "histogram", help: "Another service's.", unit: "ms"), .init(type: "summary", help: "Work.", unit: ""),
        ]
        arrived.add(["__name__": "shop_work_seconds_bucket", "tier": "gold", "le": "5"])
        #expect(
            try findings(arrived) == [
                "shop_orders_total: is declared as counter, and is gauge [wrong-type]",
                "shop_orders_total: is declared with the help “Orders by what became of them.”, and has “Orders.” [wrong-help]",
                "shop_work_seconds: is declared with the unit “seconds”, and has “milliseconds” [wrong-unit]",
                "shop_work_seconds: has the buckets “5.0”, which are not declared [wrong-buckets]",
            ])
    }

    @Test func `labels and values are those that are declared`() throws {
        var arrived = ShopTelemetry.arrived()
        arrived.add(["__name__": "shop_orders_total", "job": "shop", "outcome": "lost", "tier": "gold", "region": "eu"])
        arrived.add(["__name__": "shop_queue_bytes", "job": "shop", "env": "prod"])
        arrived.add(["__name__": "shop_work_seconds_count", "job": "shop"])
        #expect(
            try findings(arrived, .init(ignoredLabels: ["env"])) == [
                "shop_orders_total: outcome: has values that are not declared: “lost” [undeclared-value]",
                "shop_orders_total: region: is not declared; it has the values “eu” [undeclared-label]",
                "shop_work_seconds: tier: is missing in 1 of 3 series [missing-label]",
            ])
    }

    @Test func `a value that is declared and has no series is told`() throws {
        var arrived = ArrivedMetrics()
        for tier in ["gold", "silver"] {
            arrived.add(["__name__": "shop_orders_total", "outcome": "accepted", "tier": tier])
            arrived.add(["__name__": "shop_work_seconds_count"])
        }
        arrived.add(["__name__": "shop_queue_bytes"])
        #expect(
            try findings(arrived) == [
                "shop_orders_total: outcome: has no series with “declined” [missing-value]",
                "shop_work_seconds: tier: is declared, and no series has it [missing-label]",
            ])
    }

    @Test func `labels without bound are found: by their number, by their growth, and by what is counted together`() throws {
        let many = ShopTelemetry.arrived { telemetry, _ in
            for customer in 0..<10 { telemetry.visits[OpenValue("c\(customer)")].increment() }
        }
        #expect(
            try findings(many) == ["shop_visits_total: customer: has more than 3 values; some are counted as _other [limit-reached]"])
        var wild = ShopTelemetry.arrived()
        for user in 0..<60 { wild.add(["__name__": "shop_queue_bytes", "user": "u\(user)"]) }
        for user in 0..<30 {
            wild.add(["__name__": "shop_visits_total", "customer": "v\(user)", "session": "s\(user)"])
            if user < 5 { wild.addEarly(["__name__": "shop_visits_total", "session": "s\(user)"]) }
        }
        wild.add(["__name__": "shop_orders_total", "otel_metric_overflow": "true"])
        let lines = try findings(wild)
        #expect(lines.count == 4, "\(lines)")
        #expect(lines[0].hasPrefix("shop_orders_total: otel_metric_overflow: the metric has more series than it may"))
        #expect(lines[1].hasPrefix("shop_queue_bytes: user: is not declared, and has 60 values"))
        #expect(lines[1].hasSuffix("[unbounded-label]"))
        #expect(lines[2].hasPrefix("shop_visits_total: customer: has 31 values, more than the 3 declared [unbounded-label]"))
        #expect(lines[3].hasPrefix("shop_visits_total: session: is not declared, and has 30 values, and ever more of them"))
    }
}

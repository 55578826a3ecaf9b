internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import SpanMetrics

struct ServiceGraphTests {
    private static let total = "traces_service_graph_request_total"

    /// A request from `shop` to `stock` over a gateway's trace, in any order of its spans.
    private static let spans: [(service: String, kind: SpanKind, id: UInt64, parent: UInt64, ms: Double)] = [
        ("shop", .client, 2, 1, 40), ("stock", .server, 3, 2, 25),
    ]

    @Test(arguments: [[0, 1], [1, 0]], [true, false])
    func clientAndServerArePairedInAnyOrder(_ order: [Int], inOneMessage: Bool) {
        var bench = Workbench()
        var messages: [(inout SpanMaker) -> Void] = []
        for index in order {
            let span = Self.spans[index]
            messages.append {
                $0.resource(span.service)
                $0.span("call", span.kind, id: span.id, parent: span.parent, ms: span.ms)
            }
        }
        if inOneMessage {
            bench.observe { maker in for message in messages { message(&maker) } }
        } else {
            for message in messages { bench.observe(message) }
        }
        #expect(bench.generator.statistics.waitingEdges == 0)
        bench.run(seconds: 15)
        let labels = #"client="shop", server="stock""#
        #expect(bench.values(Self.total) == ["\(Self.total){\(labels)}": 1])
        #expect(bench.value("traces_service_graph_request_server_seconds_sum{\(labels)}") == 0.025)
        #expect(bench.value("traces_service_graph_request_client_seconds_sum{\(labels)}") == 0.04)
        #expect(bench.value("traces_service_graph_request_client_seconds_bucket{\(labels.replacing(", ", with: ", le=\"0.1\", "))}") == 1)
        #expect(bench.values("request_server_seconds_bucket").count == 9)
        #expect(bench.values("failed").isEmpty)
        #expect(bench.values("unpaired").isEmpty)
        let native = bench.histograms["traces_service_graph_request_server_seconds{\(labels)}"]
        #expect(native?.last?.histogram.count == 1)
    }

    @Test func sameSpanIDsInOtherTracesAreOtherRequests() {
        var bench = Workbench()
        bench.observe {
            $0.resource("shop")
            $0.span("call", .client, trace: 1, id: 2)
            $0.resource("stock")
            $0.span("call", .server, trace: 2, id: 3, parent: 2)
        }
        #expect(bench.generator.statistics.waitingEdges == 2)
    }

    @Test(arguments: [true, false], [true, false])
    func aFailureOnEitherSideFailsTheRequest(client: Bool, server: Bool) {
        var bench = Workbench()
        bench.observe {
            $0.resource("shop")
            $0.span("call", .client, id: 2, status: client ? .error : .unset)
            $0.resource("stock")
            $0.span("call", .server, id: 3, parent: 2, status: server ? .error : .ok)
        }
        bench.run(seconds: 15)
        let failed = bench.value(#"traces_service_graph_request_failed_total{client="shop", server="stock"}"#)
        #expect(failed == (client || server ? 1 : nil))
    }

    @Test func messagesArePairedLikeRequests() {
        var options = ServiceGraphOptions()
        options.hasMessagingLatency = true
        var bench = Workbench(graph: options)
        bench.observe {
            $0.resource("orders")
            $0.span("send", .producer, id: 2, ms: 5, end: -1000)
            $0.resource("mail")
            $0.span("receive", .consumer, id: 3, parent: 2, ms: 100, end: -400)
        }
        bench.run(seconds: 15)
        let labels = #"client="orders", connection_type="messaging_system", server="mail""#
        #expect(bench.values(Self.total) == ["\(Self.total){\(labels)}": 1])
        #expect(bench.value("traces_service_graph_request_messaging_system_seconds_sum{\(labels)}") == 0.5)
    }

    @Test func databasesNeedNoSpanOfTheirOwn() {
        let cases: [([Attribute], String)] = [
            ([.text("db.name", "carts")], "carts"), ([.text("db.system", "redis")], "redis"),
            ([.text("db.system.name", "postgresql")], "postgresql"),
            ([.text("db.system", "mysql"), .text("db.namespace", "stock"), .text("db.name", "old")], "stock"),
            ([.text("db.name", "carts"), .text("server.address", "db-1")], "db-1"),
            ([.text("db.name", "carts"), .text("server.address", "db-1"), .text("peer.service", "main-db")], "main-db"),
            (
                [.text("db.name", "carts"), .text("network.peer.address", "10.0.0.1"), Attribute("network.peer.port", .int(5432))],
                "10.0.0.1:5432"
            ),
            ([.text("db.name", "carts"), .text("network.peer.address", "10.0.0.1")], "10.0.0.1"),
        ]
        var bench = Workbench()
        bench.observe { maker in
            maker.resource("shop")
            for (index, test) in cases.enumerated() { maker.span("query", .client, id: UInt64(index + 10), ms: 200, test.0) }
        }
        #expect(bench.generator.statistics.waitingEdges == 0)
        bench.run(seconds: 15)
        var expected: [String: Double] = [:]
        for (_, server) in cases {
            expected["\(Self.total){client=\"shop\", connection_type=\"database\", server=\"\(server)\"}"] = 1
        }
        #expect(bench.values(Self.total) == expected)
        #expect(
            bench.value(#"traces_service_graph_request_server_seconds_sum{client="shop", connection_type="database", server="redis"}"#)
                == 0.2)
    }

    @Test func whoSendsNoSpansIsAVirtualNode() {
        var options = ServiceGraphOptions()
        options.hasVirtualNodeLabel = true
        options.peerAttributes = ["peer.service", "server.name"]
        var bench = Workbench(graph: options)
        bench.observe {
            $0.resource("shop")
            $0.span("GET /", .server, id: 1, ms: 50)
            $0.span("pay", .client, id: 2, parent: 1, ms: 30, [.text("server.name", "bank")])
            $0.span("unknown", .client, id: 3, parent: 1)
            $0.span("orphan", .server, id: 4, parent: 99)
            $0.span("named", .server, id: 5, [.text("peer.service", "partner")])
        }
        bench.run(seconds: 15)
        #expect(
            bench.values(Self.total) == [
                #"traces_service_graph_request_total{client="user", connection_type="virtual_node", server="shop", virtual_node="client"}"#:
                    1,
                #"traces_service_graph_request_total{client="partner", connection_type="virtual_node", server="shop", virtual_node="client"}"#:
                    1,
                #"traces_service_graph_request_total{client="shop", connection_type="virtual_node", server="bank", virtual_node="server"}"#:
                    1,
            ])
        #expect(
            bench.values("unpaired") == [
                #"traces_service_graph_unpaired_spans_total{client="shop"}"#: 1,
                #"traces_service_graph_unpaired_spans_total{server="shop"}"#: 1,
            ])
    }

    @Test func withoutAUserRootsAreUnpaired() {
        var options = ServiceGraphOptions()
        options.hasUserNode = false
        var bench = Workbench(graph: options)
        bench.observe {
            $0.resource("shop")
            $0.span("GET /", .server, id: 1)
        }
        bench.run(seconds: 15)
        #expect(bench.values(Self.total).isEmpty)
        #expect(bench.values("unpaired") == [#"traces_service_graph_unpaired_spans_total{server="shop"}"#: 1])
    }

    @Test func theOtherSideIsWaitedForAsLongAsConfigured() {
        var options = ServiceGraphOptions()
        options.waitMilliseconds = 4000
        for (wait, isPaired) in [(3999, true), (4000, false)] as [(Int64, Bool)] {
            var bench = Workbench(graph: options)
            bench.observe {
                $0.resource("shop")
                $0.span("call", .client, id: 2)
            }
            bench.now += wait
            bench.generator.expire(bench.now)
            bench.observe {
                $0.resource("stock")
                $0.span("call", .server, id: 3, parent: 2)
            }
            #expect(bench.generator.statistics.waitingEdges == (isPaired ? 0 : 1))
            bench.run(seconds: 15)
            #expect(bench.values(Self.total).count == (isPaired ? 1 : 0))
            #expect(bench.values("unpaired").count == (isPaired ? 0 : 2))
        }
    }

    @Test func noMoreRequestsWaitThanMay() {
        var options = ServiceGraphOptions()
        options.waitingMax = 10
        var bench = Workbench(graph: options)
        bench.observe { maker in
            maker.resource("shop")
            for id in 1...15 { maker.span("call", .client, id: UInt64(id)) }
            // Those that wait are still paired.
            maker.resource("stock")
            maker.span("call", .server, id: 100, parent: 3)
        }
        #expect(bench.generator.statistics.waitingEdges == 9)
        #expect(bench.generator.statistics.droppedSpans == 5)
        bench.run(seconds: 15)
        #expect(bench.values("dropped") == [#"traces_service_graph_dropped_spans_total{client="shop"}"#: 5])
        #expect(bench.values(Self.total).values.reduce(0, +) == 1)
    }

    @Test(arguments: [true, false])
    func dimensionsComeFromBothSides(prefixes: Bool) {
        var options = ServiceGraphOptions()
        options.dimensions = ["service.namespace", "route"]
        options.prefixesDimensions = prefixes
        var bench = Workbench(graph: options)
        bench.observe {
            $0.resource("shop", [.text("service.namespace", "eu")])
            $0.span("call", .client, id: 2)
            $0.resource("stock", [.text("service.namespace", "us")])
            $0.span("call", .server, id: 3, parent: 2, [.text("route", "/r")])
        }
        bench.run(seconds: 15)
        let expected =
            prefixes
            ? #"{client="shop", client_service_namespace="eu", server="stock", server_route="/r", server_service_namespace="us"}"#
            : #"{client="shop", route="/r", server="stock", service_namespace="us"}"#
        #expect(bench.values(Self.total) == [Self.total + expected: 1])
    }

    @Test func spansWithoutAServiceAreNoNodes() {
        var bench = Workbench()
        bench.observe {
            $0.resource(nil, [.text("host.name", "h")])
            $0.span("call", .client, id: 2)
        }
        #expect(bench.generator.statistics.waitingEdges == 0)
    }

    @Test func namesOfPastRequestsAreForgotten() {
        var options = ServiceGraphOptions()
        options.waitMilliseconds = 1000
        var general = MetricGenerationOptions()
        general.activeSeriesMax = 100
        var bench = Workbench(general, graph: options)
        var generator = SeededGenerator(seed: 3)
        for round in 0..<40 {
            bench.observe { maker in
                maker.resource("shop")
                for id in 1...500 {
                    maker.span(
                        "call", .client, trace: generator.next(), id: UInt64(id), end: Double(round) * 2000,
                        [.text("peer.service", "peer-\(round)-\(id)")])
                }
            }
            bench.now += 2000
            bench.generator.expire(bench.now)
        }
        #expect(bench.generator.statistics.waitingEdges == 0)
        #expect(bench.generator.nameCount < 10_000)
    }
}

internal import Foundation
internal import HTTPTypes
internal import Logging
internal import PerchLogging
internal import PerchTestKit
internal import PerchTracing
internal import ShopKit
internal import ShopPayments
internal import Testing
internal import Tracing

@Suite struct PaymentsServiceTests {
    private static func payment(_ order: String = "o-1", amount: JSONValue = 19.99, card: JSONValue = "4000 1234 5678 9017") -> JSONValue {
        ["order_id": .string(order), "amount": amount, "card": card]
    }

    @Test func `a card is charged, and the telemetry says how much`() async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            let reply = try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"])
            #expect(reply.status == 201)
            #expect(reply.json["status"] == "accepted")
            #expect(reply.json["amount"] == 19.99)
            #expect(reply.json["card"] == "9017")
            #expect(try await shop.get("/payments/o-1").json == reply.json)
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "accepted"], 1)
            shop.telemetry.expectMetric("shop_payment_amount_euros_total", [:], 19.99)
            shop.telemetry.expectLog("payment accepted", level: .info, metadata: ["order_id": "o-1"])
            shop.telemetry.expectSpan("POST /process-payment", kind: .server)
            shop.telemetry.expectSpan("INSERT", kind: .client, attributes: ["db.system.name": "sqlite"])
        }
    }

    @Test func `the same key has the same answer, and nobody is charged twice`() async throws {
        // A moment that a database which keeps milliseconds takes for the next second.
        let now: @Sendable () -> Date = { Date(timeIntervalSince1970: 1_795_000_000.9999) }
        try await ServiceHarness.run(PaymentsService.self, now: now) { shop async throws in
            let first = try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"])
            #expect(try await shop.post("/payments/o-1/refund", [:]).json["status"] == "refunded")
            let second = try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"])
            #expect(second.status == first.status)
            #expect(second.json == first.json, "also after the refund")
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "accepted"], 1)
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "replayed"], 1)
            shop.telemetry.expectMetric("shop_payment_amount_euros_total", [:], 19.99)
        }
    }

    @Test func `of requests with the same key that come at the same time one charges, and all have its answer`() async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            let replies = try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask { try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"]) }
                }
                return try await group.reduce(into: [Reply]()) { $0.append($1) }
            }
            #expect(replies.allSatisfy { $0.status == 201 })
            #expect(Set(replies.map(\.json)).count == 1)
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "accepted"], 1)
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "replayed"], 19)
            shop.telemetry.expectMetric("shop_payment_amount_euros_total", [:], 19.99)
        }
    }

    @Test func `the same key for another payment is refused`() async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            #expect(try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"]).status == 201)
            let others = [Self.payment("o-2"), Self.payment(amount: 20), Self.payment(card: "4000123456789018")]
            for other in others {
                #expect(try await shop.post("/process-payment", other, headers: ["Idempotency-Key": "k-1"]).status == 422)
            }
            #expect(try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-2"]).status == 409)
        }
    }

    @Test func `a payment without a key is refused`() async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            for headers in [[:], ["Idempotency-Key": String(repeating: "k", count: 256)]] {
                let reply = try await shop.post("/process-payment", Self.payment(), headers: headers)
                #expect(reply.status == 400)
                #expect(reply.detail.contains("Idempotency-Key"))
            }
        }
    }

    @Test(
        arguments: [
            payment(""), payment(amount: 0), payment(amount: -1), payment(amount: 1.001), payment(amount: 1e12), payment(amount: "1"),
            payment(card: "4000"), payment(card: "four thousand"), payment(card: 4_000_123_456_789_017), [:], [],
        ] as [JSONValue])
    func `payments that make no sense are refused`(body: JSONValue) async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            #expect(try await shop.post("/process-payment", body, headers: ["Idempotency-Key": "k-1"]).status == 400)
        }
    }

    @Test func `a declined card is told as 402, each time, and cannot be charged by trying again`() async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            let declined = Self.payment(card: "4000123456789001")
            for _ in 0..<2 {
                let reply = try await shop.post("/process-payment", declined, headers: ["Idempotency-Key": "k-1"])
                #expect(reply.status == 402)
                #expect(reply.detail == "the card was declined")
            }
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "declined"], 1)
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "replayed"], 1)
            shop.telemetry.expectMetric("shop_payment_amount_euros_total", [:], 0)
            shop.telemetry.expectLog("payment declined", level: .warning, metadata: ["order_id": "o-1"])
        }
    }

    @Test func `money is given back once, and what comes after a refund is too late`() async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            #expect(try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"]).status == 201)
            for _ in 0..<3 { #expect(try await shop.post("/payments/o-1/refund", [:]).json["status"] == "refunded") }
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "refunded"], 1)
            #expect(try await shop.post("/payments/o-2/refund", [:]).status == 200)
            let late = try await shop.post("/process-payment", Self.payment("o-2"), headers: ["Idempotency-Key": "k-2"])
            #expect(late.status == 409)
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "accepted"], 1)
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "refunded"], 1)
        }
    }

    @Test func `the fault failing-payments charges nobody, and the same key is tried afresh afterwards`() async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            #expect(try await shop.put("/faults/failing-payments", ["value": 1]).status == 200)
            let reply = try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"])
            #expect(reply.status == 502)
            #expect(try await shop.get("/payments/o-1").status == 404)
            shop.telemetry.expectMetric("shop_payments_total", ["outcome": "failed"], 1)
            shop.telemetry.expectMetric("shop_fault_active", ["fault": "failing-payments"], 1)
            let line = shop.telemetry.expectLog("payment provider failed", level: .error, metadata: ["order_id": "o-1"])
            let span = shop.telemetry.expectSpan("POST /process-payment", kind: .server, status: .error)
            #expect(line?.span?.traceID == span?.traceID)
            #expect(try await shop.delete("/faults/failing-payments").status == 204)
            #expect(try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"]).status == 201)
            #expect(try await shop.put("/faults/failing-payments", ["value": 1]).status == 200)
            #expect(try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"]).status == 201)
        }
    }

    @Test func `the number of a card is in no file and no line`() async throws {
        try await ServiceHarness.run(PaymentsService.self) { shop async throws in
            #expect(try await shop.post("/process-payment", Self.payment(), headers: ["Idempotency-Key": "k-1"]).status == 201)
            for file in try FileManager.default.contentsOfDirectory(atPath: shop.directory) {
                let data = try #require(FileManager.default.contents(atPath: shop.directory + "/" + file))
                for text in ["4000123456789017", "4000 1234 5678 9017"] { #expect(data.range(of: Data(text.utf8)) == nil, "\(file)") }
            }
            let lines = shop.telemetry.records.map { "\($0.message) \($0.metadata)" }
            for part in ["12345678", "1234 5678"] { #expect(!lines.contains { $0.contains(part) }, "\(part)") }
        }
    }

    @Test func `the document tells of every route`() async throws { try await checkDocument(of: PaymentsService.self) }
}

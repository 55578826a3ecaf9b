import TelemetryModel
import Testing

@testable import TelemetryContracts

@Suite struct SpanAndLogCheckTests {
    private func span(_ attributes: [Attribute]) -> ArrivedSpan { ArrivedSpan(name: "place order", attributes: attributes) }
    private let whole: [Attribute] = [
        Attribute("order.id", .string("o-1")), Attribute("tier", .string("gold")), Attribute("items", .int(3)),
    ]

    @Test func `spans have the kind and the attributes that are declared`() throws {
        let contract = try ShopTelemetry.contract
        let check = SpanCheck(contract)
        func lines(_ spans: [ArrivedSpan], ofOtherKind others: Int = 0) -> [String] {
            check.findings(contract.spans[0], spans, ofOtherKind: others).map(\.line)
        }
        #expect(lines([span(whole)]) == [])
        #expect(lines([]) == ["span “place order”: did not occur in this time [missing-span]"])
        #expect(check.findings(contract.spans[0], [], ofOtherKind: 0)[0].kind.isNote)
        #expect(
            lines([span(whole), span([Attribute("order.id", .int(7)), Attribute("tier", .string("lead"))])], ofOtherKind: 2) == [
                "span “place order”: is declared as server, and 2 of another kind arrived [wrong-kind]",
                "span “place order”: order.id: is declared as string, and is int in 1 of 2 [wrong-attribute-type]",
                "span “place order”: tier: has values that are not declared: “lead” [undeclared-value]",
                "span “place order”: items: is missing in 1 of 2 [missing-attribute]",
            ])
        #expect(check.undeclared(["place order", "x"]).map(\.line) == ["span “x”: arrives, and is not declared [undeclared-span]"])
    }

    @Test(arguments: [
        #"{"time":"2026-11-22T10:30:45.678Z","level":"info","message":"order placed","metadata":{"order":{"id":"o-1"},"paid":true}}"#,
        "order placed",
    ])
    func `lines are read as objects and as plain messages with metadata beside them`(line: String) throws {
        let contract = try ShopTelemetry.contract
        let labels = line.hasPrefix("{") ? [:] : ["severity_text": "INFO", "order_id": "o-1", "paid": "true"]
        #expect(LogCheck().findings(contract.logs[0], [ArrivedLine(line, labels: labels)]) == [])
    }

    @Test func `lines have the level and the metadata that are declared`() throws {
        let contract = try ShopTelemetry.contract
        let lines = [
            ArrivedLine("order placed", labels: ["severity_text": "debug", "order.id": "o-1", "paid": "maybe"]),
            ArrivedLine(#"{"level":"info","message":"order placed","metadata":{"order.id":"o-2"}}"#, labels: [:]),
            ArrivedLine("order placed twice", labels: [:]), ArrivedLine("{ no json", labels: [:]),
        ]
        #expect(
            LogCheck().findings(contract.logs[0], lines).map(\.line) == [
                "log “order placed”: is declared as info, and is debug [wrong-level]",
                "log “order placed”: paid: is missing in 1 of 2 [missing-attribute]",
                "log “order placed”: paid: is declared as bool, and is string in 1 of 2 [wrong-attribute-type]",
            ])
        #expect(
            LogCheck().findings(contract.logs[0], []).map(\.line) == ["log “order placed”: did not occur in this time [missing-line]"])
    }
}

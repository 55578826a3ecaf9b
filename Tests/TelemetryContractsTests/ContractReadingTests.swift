import ByteCoding
import PerchMetrics
import TestSupport
import Testing

@testable import TelemetryContracts

@Suite struct ContractReadingTests {
    @Test func `what a service prints is read with all that it declares`() throws {
        let contract = try ShopTelemetry.contract
        #expect(contract.service == "shop")
        #expect(contract.metrics.map(\.name) == ["shop_orders_total", "shop_queue_bytes", "shop_visits_total", "shop_work_seconds"])
        #expect(contract.metrics.map(\.type) == [.counter, .gauge, .counter, .histogram])
        #expect(contract.metrics[0].labels.map(\.values) == [["accepted", "declined"], ["gold", "silver"]])
        #expect(contract.metrics[0].isClosed)
        #expect(contract.metrics[1].unit == "bytes")
        #expect(contract.metrics[2].labels[0].valuesMax == 3)
        #expect(!contract.metrics[2].isClosed)
        #expect(contract.metrics[3].bounds == [0.1, 1, 10])
        let attributes = contract.spans[0].attributes
        #expect(contract.spans.map(\.kind) == ["server"])
        #expect(attributes.map(\.type) == [.string, .string, .int])
        #expect(attributes[1].values == ["gold", "silver"])
        #expect(contract.logs[0].level == "info")
        #expect(contract.logs[0].metadata.map(\.type) == [.string, .bool])
    }

    @Test(arguments: [
        ("[]", "expected an object"), ("{}", "names its service"), (#"{"contract":"s","version":2}"#, "version 2"),
        (#"{"contract":"s","metrics":[{"type":"counter"}]}"#, "“name” is missing"),
        (#"{"contract":"s","metrics":[{"name":"x","type":"count"}]}"#, "“count” is no type of a metric"),
        (#"{"contract":"s","metrics":[{"name":"x","type":"gauge","labels":[{"name":"l"}]}]}"#, "either “values” or “at_most”"),
        (#"{"contract":"s","metrics":[{"name":"x","type":"gauge","labels":[{"name":"l","at_most":0}]}]}"#, "at least one value"),
        (#"{"contract":"s","spans":[{"name":"x","kind":"outer"}]}"#, "“outer” is no kind of a span"),
        (#"{"contract":"s","logs":[{"message":"x","level":"loud"}]}"#, "“loud” is no level of a log line"),
    ])
    func `a text that is no contract is refused with the reason`(text: String, reason: String) {
        let error = #expect(throws: JSONError.self) { try Contract(json: Array(text.utf8)) }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func `whatever the text is, reading ends`() throws {
        let whole = Array(ShopTelemetry.schema(service: "shop").utf8)
        for length in whole.indices { #expect(throws: JSONError.self) { try Contract(json: Array(whole[..<length])) } }
        var generator = SeededGenerator(seed: .random(in: 0...1_000_000))
        for _ in 0..<2000 {
            var changed = whole
            for _ in 0..<3 { changed[Int.random(in: changed.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator) }
            _ = try? Contract(json: changed)
        }
    }
}

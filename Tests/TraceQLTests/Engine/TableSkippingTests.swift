internal import QueryModel
internal import Synchronization
internal import TelemetryModel
internal import Testing
internal import TraceQL

/// Queries read no more of a table than they need.
struct TableSkippingTests {
    /// A table that takes down what is read of it.
    private final class ObservedTable: SpanTable {
        let table: ArraySpanTable
        let reads = Mutex<[String]>([])

        init(_ table: ArraySpanTable) { self.table = table }

        var storedBytes: Int { table.storedBytes }

        func frame(budget: QueryBudget) throws(QueryError) -> SpanFrame {
            reads.withLock { $0.append("frame") }
            return try table.frame(budget: budget)
        }

        func column(_ field: SpanField, budget: QueryBudget) throws(QueryError) -> SpanColumn {
            reads.withLock { $0.append("\(field)") }
            return try table.column(field, budget: budget)
        }

        func attributeNames(of owner: AttributeOwner, budget: QueryBudget) throws(QueryError) -> [String] {
            try table.attributeNames(of: owner, budget: budget)
        }
    }

    private struct Source: SpanSource {
        var table: ObservedTable
        func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable] { [table] }
    }

    private func reads(_ text: String) throws -> [String] {
        var spans = SpanBuilder()
        spans.add(1, "get", service: "shop", [Attribute("n", .int(1))])
        spans.add(2, parent: 1, "put", service: "bank", [Attribute("n", .int(2))])
        let table = ObservedTable(ArraySpanTable(spans.batch))
        let engine = TraceQLEngine()
        let query = try engine.parse(text)
        if query.isMetrics {
            let options = MetricsOptions(range: NanosecondRange(start: 1_000_000, end: 1_000_000_000))
            _ = try engine.metricsRange(query, options, source: Source(table: table), budget: QueryBudget())
        } else {
            _ = try engine.search(query, SearchOptions(), source: Source(table: table), budget: QueryBudget())
        }
        return table.reads.withLock { $0 }
    }

    private let service = #"attribute(TelemetryModel.AttributeOwner.resource, "service.name")"#

    @Test func `a table without the value is not read beyond its column`() throws {
        #expect(try reads(#"{ resource.service.name = "nobody" && duration > 1s && .n = 1 }"#) == [service])
        #expect(try reads(#"{ resource.service.name = "nobody" } | rate() by (name)"#) == [service])
        #expect(try reads(#"{ } >> { resource.service.name = "nobody" }"#) == [service])
        #expect(try reads("{ false }").isEmpty)
    }

    @Test func `an empty mask reads no further columns, and each column is read once`() throws {
        #expect(try reads(#"{ resource.service.name = "shop" && duration > 1s && kind = client }"#).filter { $0 == service }.count == 1)
        #expect(try !reads(#"{ duration > 1s && statusMessage = "x" }"#).contains("statusMessage"))
        #expect(try reads("{ } | rate()") == ["frame"])
    }

    @Test func `alternatives are not skipped`() throws {
        for text in [
            #"{ name = "nobody" || name = "get" }"#, #"{ name = "nobody" } || { name = "get" }"#, #"{ name != "get" }"#, "{ .n = nil }",
            #"{ name = "get" } &> { name = "put" }"#,
        ] {
            #expect(try reads(text).contains("frame"), "\(text)")
        }
    }
}

internal import Relabeling
internal import RemoteWriteSending
internal import TelemetryModel
internal import Testing

@Suite struct SeriesBookTests {
    @Test func `external labels are added where the series has none of that name, then rules apply`() throws {
        let rules = try RelabelRules([
            RelabelRule(action: .drop, sourceLabels: ["__name__"], regex: "secret_.*"),
            RelabelRule(sourceLabels: ["region", "job"], regex: "(.*);(.*)", targetLabel: "place", replacement: "$1/$2"),
            RelabelRule(action: .labeldrop, regex: "job"),
        ])
        var book = SeriesBook(externalLabels: ["region": "eu", "job": "outer"], rules: rules)
        book.turn(to: 1)
        let up: LabelSet = ["__name__": "up", "job": "node"]
        let entry = book.entry(8, packed: up.packed[...])
        #expect(entry?.labels == (["__name__": "up", "region": "eu", "place": "eu/node"] as LabelSet).packed)
        #expect(book.entry(8, packed: [])?.id == entry?.id)
        let secret: LabelSet = ["__name__": "secret_a"]
        let dropped = book.entry(9, packed: secret.packed[...])
        #expect(dropped != nil)
        #expect(dropped?.labels == nil)
        #expect(book.entry(10, packed: []) == nil)
        book.turn(to: 2)
        #expect(book.entry(8, packed: []) == nil)
    }

    @Test func `the lane of a series depends on its own labels alone`() throws {
        let up: LabelSet = ["__name__": "up", "job": "node"]
        var plain = SeriesBook(externalLabels: LabelSet(), rules: RelabelRules())
        var relabeled = SeriesBook(
            externalLabels: ["a": "b"], rules: try RelabelRules([RelabelRule(targetLabel: "job", replacement: "x")]))
        #expect(plain.entry(1, packed: up.packed[...])?.lane == relabeled.entry(7, packed: up.packed[...])?.lane)
    }
}

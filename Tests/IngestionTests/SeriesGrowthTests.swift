internal import TelemetryModel
internal import Testing

@testable internal import Ingestion

@Suite("What grows, in words")
struct SeriesGrowthTests {
    @Test func `by bytes the metric and the label with the longest texts are named`() {
        var growth = SeriesGrowth()
        #expect(growth.byteWords == nil)
        for number in 0..<10 { growth.add(["__name__": "many", "id": "\(number)"]) }
        growth.add(["__name__": "long", "url": String(repeating: "u", count: 500), "id": "1"])
        #expect(growth.words == "most are of \"many\" (10 of 11), whose label \"id\" has 10 values")
        let words = growth.byteWords ?? ""
        #expect(words.hasPrefix("most bytes are of \"long\" (") && words.hasSuffix("whose label \"url\" takes 503"), "\(words)")
    }

    @Test func `the metric with most series is named, and its label with most values`() {
        var growth = SeriesGrowth()
        #expect(growth.words == nil)
        growth.add(["__name__": "up", "job": "a", "instance": "1"])
        for user in 0..<20 { growth.add(["__name__": "hits_total", "job": "a", "user": "\(user)", "code": user < 10 ? "200" : "500"]) }
        #expect(growth.words == #"most are of "hits_total" (20 of 21), whose label "user" has 20 values"#)
    }

    @Test func `series without labels, and equal counts, are told alike every time`() {
        var growth = SeriesGrowth()
        growth.add(["__name__": "b"])
        growth.add(["__name__": "a"])
        #expect(growth.words == #"most are of "a" (1 of 2)"#)
        growth.add(["__name__": "a", "y": "1"])
        growth.add(["__name__": "a", "x": "1"])
        #expect(growth.words == #"most are of "a" (3 of 4), whose label "x" has 1 value"#)
    }

    @Test func `a flood is looked at in part`() {
        var growth = SeriesGrowth()
        for number in 0..<30_000 { growth.add(["__name__": "m", "id": "\(number)"]) }
        #expect(growth.words == #"most are of "m" (10000 of 10000), whose label "id" has 10000 values"#)
    }
}

import AlertModel
import LabelMatching
import TelemetryModel
import Testing

@testable import HTTPAPI

@Suite struct AlertmanagerRuleTests {
    private func silence(_ id: String, _ start: Timestamp, _ end: Timestamp, _ value: String = "b") -> Silence {
        Silence(
            id: id, matchers: [LabelMatcher("a", equals: value)], startsAt: start, endsAt: end, updatedAt: 0, createdBy: "", comment: "")
    }

    @Test func `silences are sorted by state, and within a state by what comes next`() {
        let silences = [
            silence("expired", 0, 10), silence("expired later", 0, 20), silence("pending later", 300, 400), silence("pending", 200, 900),
            silence("active longer", 0, 500), silence("active", 0, 200),
        ]
        #expect(
            AlertmanagerAPI.sorted(silences, at: 100).map(\.id) == [
                "active", "active longer", "pending", "pending later", "expired later", "expired",
            ])
    }

    @Test func `a silence changes in place only where its past stays what it was`() {
        let active = silence("", 1_000, 90_000)
        func canUpdate(_ old: Silence, _ new: Silence) -> Bool { AlertmanagerAPI.canUpdate(old, to: new, now: 50_000) }
        #expect(canUpdate(active, silence("", 1_999, 60_000)), "the same second")
        #expect(!canUpdate(active, silence("", 2_000, 90_000)))
        #expect(!canUpdate(active, silence("", 1_000, 49_999)))
        #expect(!canUpdate(active, silence("", 1_000, 90_000, "c")))
        let pending = silence("", 60_000, 90_000)
        #expect(canUpdate(pending, silence("", 50_000, 90_000)))
        #expect(!canUpdate(pending, silence("", 49_999, 90_000)))
        #expect(!canUpdate(silence("", 1_000, 2_000), silence("", 1_000, 90_000)))
    }

    @Test func `ids are UUIDs of version 4`() {
        let ids = (0..<100).map { _ in AlertmanagerAPI.newID() }
        #expect(Set(ids).count == 100)
        for id in ids {
            #expect(AlertmanagerAPI.isUUID(id), "\(id)")
            #expect(Array(id)[14] == "4" && "89ab".contains(Array(id)[19]), "\(id)")
        }
        for text in [
            "", "d3b07384d9a04c9b8f0e000000000000", "d3b07384-d9a0-4c9b-8f0e-00000000000g", "d3b07384-d9a0-4c9b-8f0e-0000000000000",
        ] {
            #expect(!AlertmanagerAPI.isUUID(text), "\(text)")
        }
    }

    @Test(arguments: [
        ("Down", [#"alertname="Down""#]), ("Down{job=\"x\"}", [#"alertname="Down""#, #"job="x""#]),
        ("{job=~\"x.*\", a!=\"b\"}", [#"job=~"x.*""#, #"a!="b""#]), ("job=x", [#"job="x""#]), ("{}", []),
        (" Two words ", [#"alertname="Two words""#]),
    ])
    func `a selector of the history is a name, matchers, or both`(text: String, matchers: [String]) throws {
        #expect(try AlertHistoryAPI.selector(text).map(\.description) == matchers)
    }

    @Test(arguments: ["{job}", "{=\"x\"}", "Down{job=~\"(\"}", "Down{job=\"x}"])
    func `a selector that is none is refused`(text: String) {
        #expect(throws: APIFailure.self) { try AlertHistoryAPI.selector(text) }
    }
}

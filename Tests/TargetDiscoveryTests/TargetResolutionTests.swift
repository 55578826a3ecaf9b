internal import Relabeling
internal import TargetDiscovery
internal import TelemetryModel
internal import Testing

private func rules(_ relabeling: [RelabelRule] = [], parameters: [TargetEndpoint.Parameter] = []) throws -> TargetRules {
    TargetRules(
        jobName: "shop", intervalMilliseconds: 15_000, timeoutMilliseconds: 10_000, parameters: parameters,
        relabeling: try RelabelRules(relabeling)
    )
}

private func resolved(_ resolution: TargetResolution) throws -> ResolvedTarget {
    guard case .active(let target) = resolution else {
        Issue.record("not active: \(resolution)")
        throw CancellationError()
    }
    return target
}

@Suite("Target resolution")
struct TargetResolutionTests {
    @Test func aPlainTargetGetsTheJobsDefaults() throws {
        let target = try resolved(try rules().resolve(["__address__": "db:9100"], groupLabels: ["rack": "a"]))
        #expect(target.labels == ["instance": "db:9100", "job": "shop", "rack": "a"])
        #expect(target.endpoint.url == "http://db:9100/metrics")
        #expect(target.intervalMilliseconds == 15_000)
        #expect(target.timeoutMilliseconds == 10_000)
        #expect(
            target.discoveredLabels == [
                "__address__": "db:9100", "__metrics_path__": "/metrics", "__scheme__": "http", "__scrape_interval__": "15s",
                "__scrape_timeout__": "10s", "job": "shop", "rack": "a",
            ]
        )
    }

    @Test func aTargetsOwnLabelsWinOverItsGroupsAndTheDefaults() throws {
        let target = try resolved(
            try rules().resolve(
                ["__address__": "db:9100", "job": "own", "rack": "b", "__scheme__": "https", "instance": "primary"],
                groupLabels: ["rack": "a", "zone": "z"]
            )
        )
        #expect(target.labels == ["instance": "primary", "job": "own", "rack": "b", "zone": "z"])
        #expect(target.endpoint.url == "https://db:9100/metrics")
    }

    @Test func relabellingMovesTheTargetAndMetaLabelsVanish() throws {
        let relabeling = [
            RelabelRule(sourceLabels: ["__meta_port"], regex: "(.+)", targetLabel: "__address__", replacement: "host:$1"),
            RelabelRule(sourceLabels: ["__meta_path"], targetLabel: "__metrics_path__"),
            RelabelRule(sourceLabels: ["__address__"], targetLabel: "__param_target"),
            RelabelRule(targetLabel: "__scrape_interval__", replacement: "1m"),
        ]
        let target = try resolved(
            try rules(relabeling, parameters: [.init(name: "module", values: ["http", "tcp"]), .init(name: "target", values: ["x"])])
                .resolve(["__meta_port": "81", "__meta_path": "/a b"], groupLabels: [:])
        )
        #expect(target.labels == ["instance": "host:81", "job": "shop"])
        #expect(target.endpoint.url == "http://host:81/a%20b?module=http&module=tcp&target=host%3A81")
        #expect(target.intervalMilliseconds == 60_000)
    }

    @Test func aDroppedTargetKeepsItsDiscoveredLabelsForPeopleToSee() throws {
        let relabeling = [RelabelRule(action: .keep, sourceLabels: ["keep"], regex: "yes")]
        let resolution = try rules(relabeling).resolve(["__address__": "a:1"], groupLabels: [:])
        guard case .dropped(let labels) = resolution else {
            Issue.record("not dropped")
            return
        }
        #expect(labels["__address__"] == "a:1")
    }

    @Test(
        arguments: [
            ([:], "no address"),
            (["__address__": "http://a:1"], "\"http://a:1\" is not a valid address: HOST:PORT is expected"),
            (["__address__": "a b:1"], "\"a b:1\" is not a valid address: HOST:PORT is expected"),
            (["__address__": "a:1", "__scheme__": "ftp"], "\"ftp\" is not a scheme that can be scraped: http or https is expected"),
            (["__address__": "a:1", "__scrape_interval__": "soon"], "scrape interval: \"soon\" is not a duration"),
            (["__address__": "a:1", "__scrape_interval__": "0"], "scrape interval cannot be 0"),
            (["__address__": "a:1", "__scrape_timeout__": "0s"], "scrape timeout cannot be 0"),
            (["__address__": "a:1", "__scrape_timeout__": "20s"], "the scrape timeout (20s) is longer than the scrape interval (15s)"),
        ] as [(LabelSet, String)])
    func labelsThatMakeNoTargetAreReported(_ labels: LabelSet, _ expected: String) throws {
        guard case .invalid(_, let reason) = try rules().resolve(labels, groupLabels: [:]) else {
            Issue.record("not refused")
            return
        }
        #expect(reason == expected)
    }

    @Test func equalTargetsAreScrapedOnce() throws {
        let groups = [
            TargetGroup(source: "0", targets: [["__address__": "a:1"], ["__address__": "b:1"]]),
            TargetGroup(source: "1", targets: [["__address__": "a:1"], ["__address__": "a:1", "x": "y"]]),
        ]
        #expect(try rules().resolve(groups).count == 3)
    }

    @Test func theURLIsEncoded() {
        let endpoint = TargetEndpoint(
            scheme: "http", address: "[::1]:80", path: "metrics?é%",
            parameters: [.init(name: "b&", values: ["1 2", "ü"]), .init(name: "a", values: [""])]
        )
        #expect(endpoint.url == "http://[::1]:80/metrics%3F%C3%A9%25?a=&b%26=1+2&b%26=%C3%BC")
        #expect(TargetEndpoint(scheme: "http", address: "a", path: "").url == "http://a")
    }
}

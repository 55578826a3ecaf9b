internal import Collector
internal import Foundation
internal import Testing

@Suite("Relabelling rule by rule")
struct RelabelTestTests {
    private static let configuration = """
        scrape_configs:
          - job_name: pods
            relabel_configs:
              - {source_labels: [__meta_role], regex: db, action: drop}
              - {source_labels: [__meta_pod, __meta_zone], separator: /, regex: "(.+)/(.+)", target_label: pod, replacement: "$2-$1"}
              - {regex: __meta_label_(.+), action: labelmap}
            metric_relabel_configs:
              - {source_labels: [__name__], regex: go_.*, action: drop}
              - {regex: secret, action: labeldrop}
              - {source_labels: [path], target_label: path, action: lowercase}
          - {job_name: other}
        """

    private func test(_ body: (_ file: String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        try body(try folder.write(Self.configuration, to: "p.yml"))
    }

    @Test func `a target is followed through every rule`() throws {
        try test { file in
            let labels = #"{__address__="a:1",__meta_pod="p",__meta_zone="z",__meta_label_app="shop"}"#
            let test = try RelabelTest.target(labels, job: "pods", file: file)
            #expect(!test.isDropped)
            let text = test.lines.joined(separator: "\n")
            for part in [
                "rule 1: drop  source_labels: [__meta_role]  regex: \"db\"\n    looks at \"\"\n    changes nothing",
                "    looks at \"p/z\"\n    + pod=\"z-p\"", "rule 3: labelmap  regex: \"__meta_label_(.+)\"\n    + app=\"shop\"",
                "scraped at http://a:1/metrics, with the labels {app=\"shop\", instance=\"a:1\", job=\"pods\", pod=\"z-p\"}",
            ] { #expect(text.contains(part), "\(text)") }
        }
    }

    @Test func `what is dropped is told with the rule`() throws {
        try test { file in
            let target = try RelabelTest.target(#"{__address__="a:1",__meta_role="db"}"#, job: "pods", file: file)
            #expect(target.isDropped && target.lines.last == "    drops it")
            let sample = try RelabelTest.sample("go_threads", job: "pods", file: file)
            #expect(sample.isDropped && sample.lines.last == "    drops it")
            let invalid = try RelabelTest.target("a/b", job: "other", file: file)
            #expect(invalid.isDropped && invalid.lines.last?.contains("not a valid address") == true)
        }
    }

    @Test func `a sample is followed through every rule`() throws {
        try test { file in
            let test = try RelabelTest.sample(#"hits{path="/A",secret="x"}"#, job: "pods", file: file)
            #expect(test.lines.suffix(6).joined(separator: "|").contains(#"    - secret="x"|"#))
            #expect(test.lines.suffix(2) == [#"    ~ path="/a", was "/A""#, #"kept as hits{path="/a"}"#])
        }
    }

    @Test func `what cannot be tested is said`() throws {
        try test { file in
            for (job, part) in [("", "say which by --job: pods, other"), ("none", "no job \"none\"")] {
                let error = #expect(throws: RelabelTest.Fault.self) { try RelabelTest.target("a:1", job: job, file: file) }
                #expect(error?.description.contains(part) == true)
            }
            #expect(throws: RelabelTest.Fault.self) { try RelabelTest.sample("a{", job: "other", file: file) }
        }
    }
}

internal import ConfigFile
internal import TestSupport
internal import Testing

@testable internal import Collector

private let seedDocument = """
    global: {scrape_interval: 15s, external_labels: {zone: "${ZONE}"}}
    rule_files: ["rules/*.yml"]
    scrape_configs:
      - &base
        job_name: a
        scrape_interval: 1h30m
        body_size_limit: 10MB
        params: {module: [x, "y"]}
        basic_auth: {username: u, password: 'p'}
        relabel_configs:
          - {source_labels: [__address__], regex: '(.*):\\d+', target_label: host, replacement: "$1"}
          - {action: hashmod, source_labels: [a], modulus: 8, target_label: shard}
        static_configs: [{targets: ['a:1', "b:2"], labels: {x: y}}]
        file_sd_configs: [{files: [targets/*.json]}]
        http_sd_configs: [{url: "http://a/b", refresh_interval: 5s, basic_auth: {username: u}}]
        dns_sd_configs: [{names: [a, b], type: AAAA, port: 5}]
        docker_sd_configs: [{host: "unix:///a", filters: [{name: a, values: [b]}], match_first_network: false}]
        consul_sd_configs: [{server: "a:1", services: [a], tags: [b], node_meta: {a: b}, token: t, allow_stale: false}]
        kubernetes_sd_configs: [{role: pod, namespaces: {names: [a]}, selectors: [{role: pod, label: a=b}], attach_metadata: {node: true}}]
      - {<<: *base, job_name: b, scheme: https, tls_config: {insecure_skip_verify: yes}}
    remote_write: [{url: "http://host/write", queue_config: {max_shards: 3}}]
    storage: {retention: {metrics: 30d}, journal_sync: 1s}
    """

@Suite("Configuration damage")
struct ConfigurationFuzzTests {
    /// Whatever the text, reading it gives a configuration or an error with a place; it never stops the process.
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func damagedDocumentsNeverTrap(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "{", "}", "[", "]", ":", "-", "&", "*", "!", "\"", "'", "\n", "\t", " ", "<<", "~", "0", "9999999999999999999", "é", "\u{0}",
            "|", ">", "%", "@", "?", ",", "$", "\\",
        ]
        for round in 0..<250 {
            var bytes = Array(seedDocument.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let start = Int.random(in: 0..<bytes.count, using: &generator)
                let end = min(bytes.count, start + Int.random(in: 0...4, using: &generator))
                bytes.replaceSubrange(start..<end, with: Array(pieces.randomElement(using: &generator)!.utf8))
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(ConfigError) {
                _ = try CollectorConfiguration.parse(text, file: "p.yml", environment: ["ZONE": "z"])
            } catch {
                #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty, "seed \(seed), round \(round)")
            }
        }
    }
}

internal import ConfigFile
internal import Foundation
internal import Testing

@testable internal import Collector

/// What Debian's `promtool` says about a document; it has to agree with ours.
private enum Promtool {
    static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether promtool accepts each document. Files that they name are not looked at.
    static func verdicts(_ documents: [String], path promtool: String) throws -> [Bool] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "perch-verdicts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = documents.indices.map { folder.appending(path: "\($0).yml") }
        for (document, file) in zip(documents, files) { try Data(document.utf8).write(to: file) }
        let process = Process()
        process.executableURL = URL(filePath: promtool)
        process.arguments = ["check", "config", "--syntax-only"] + files.map(\.path)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        // One paragraph for each file, in order, that begins with its name.
        let paragraphs = output.split(separator: "Checking ")
        try #require(paragraphs.count == files.count, "unexpected output of promtool:\n\(output)")
        return zip(files, paragraphs).map { file, paragraph in
            paragraph.hasPrefix(file.path) && paragraph.contains("SUCCESS") && !paragraph.contains("FAILED")
        }
    }
}

/// Documents that mean the same to Prometheus 2.42 and 3.
private let corpus: [String] =
    [
        "", "global:\n", "global: {scrape_interval: 15s}", "global: {scrape_interval: 15}", "global: {scrape_interval: 1h30m}",
        "global: {scrape_interval: 30m1h}", "global: {scrape_interval: -5s}", "global: {scrape_interval: 5s, scrape_timeout: 6s}",
        "global: {scrape_interval: 5s}", "global: {scrape_timeout: 2m}", "global: {evaluation_interval: [1s]}", "global: [a]", "- a",
        "global: {unknown: 1}", "global: {external_labels: {a: b}}", "global: {external_labels: {a: 5}}",
        "global: {external_labels: {a: [b]}}", "global: {scrape_interval: 5s}\nglobal: {scrape_interval: 5s}", "nonsense", "a: b",
        "rule_files: [a.yml, 'b/*.yml']", "rule_files: ['b*/a.yml']", "rule_files: a.yml", "scrape_configs: {}", "scrape_configs: []",
        "scrape_configs: [{}]", "scrape_configs: [~]", "scrape_configs: [{job_name: ''}]",
        "scrape_configs: [{job_name: a}, {job_name: a}]", "scrape_configs: [{job_name: a}, {job_name: b}]",
        "remote_write: [{url: 'http://a/b'}]", "remote_write: [{name: a}]",
        "remote_write: [{url: 'http://a', name: x}, {url: 'http://b', name: x}]",
        "remote_write: [{url: 'http://a', queue_config: {max_shards: 5}}]",
        "remote_write: [{url: 'http://a', headers: {Authorization: x}}]",
        "remote_read: [{url: 'http://a/b', read_recent: true}]", "remote_read: [{}]",
        "remote_read: [{url: 'http://a', required_matchers: {a: b}, filter_external_labels: false}]",
        "remote_read: [{url: 'http://a', headers: {Authorization: x}}]", "remote_read: [{url: 'http://a', send_exemplars: true}]",
        "remote_write: [{url: 'http://a'}, {url: 'http://a', send_exemplars: true}]", "remote_write: [{url: 'http://a', x: y}]",
        "remote_write: [{url: 'http://a', remote_timeout: 5s, send_exemplars: true, send_native_histograms: true}]",
        "remote_write: [{url: 'http://a', remote_timeout: soon}]", "remote_write: [{url: 'http://a', send_exemplars: 5}]",
        "remote_write: [{url: 'http://a', headers: {X-Tenant: x}}]", "remote_write: [{url: 'http://a', headers: {Content-Type: x}}]",
        "remote_write: [{url: 'http://a', headers: {X-Prometheus-Remote-Write-Version: '1'}}]",
        "remote_write: [{url: 'http://a', write_relabel_configs: [{action: drop, source_labels: [a]}]}]",
        "remote_write: [{url: 'http://a', write_relabel_configs: [{action: replace}]}]",
        "remote_write: [{url: 'http://a', queue_config: {capacity: 5, min_shards: 2, batch_send_deadline: 1s, min_backoff: 1s, max_backoff: 2s}}]",
        "remote_write: [{url: 'http://a', queue_config: {retry_on_http_429: true, max_samples_per_send: 7}}]",
        "remote_write: [{url: 'http://a', queue_config: {unknown: 1}}]", "remote_write: [{url: 'http://a', queue_config: {capacity: x}}]",
        "remote_write: [{url: 'http://a', metadata_config: {send: false, send_interval: 5m, max_samples_per_send: 5}}]",
        "remote_write: [{url: 'http://a', metadata_config: {x: y}}]", "remote_write: {url: 'http://a'}",
        "remote_write: [{url: 'http://a', basic_auth: {username: a, password: b}}]",
        "remote_write: [{url: 'http://a', basic_auth: {username: a}, authorization: {credentials: b}}]",
        "remote_write: [{url: 'http://a', oauth2: {client_id: a, client_secret: b, token_url: 'http://t'}}]",
        "remote_write: [{url: 'http://a', tls_config: {insecure_skip_verify: true}, proxy_url: 'http://p:1', follow_redirects: false}]",
        "alerting: {alertmanagers: [{static_configs: [{targets: ['a:1']}]}]}", "alerting: {alertmanagers: [{api_version: v9}]}",
        "alerting: {alert_relabel_configs: [{action: drop, source_labels: [a]}]}", "alerting: {alert_relabel_configs: [{action: replace}]}",
        "storage: {exemplars: {max_exemplars: 10}}", "storage: {tsdb: {out_of_order_time_window: 30m}}", "storage: {tsdb: {x: 1}}",
        "tracing: {endpoint: 'a:1'}", "tracing: {insecure: true}", "tracing: {endpoint: 'a:1', client_type: x}",
        "a: &x {}\n", "global: &g {scrape_interval: 5s}\n", "scrape_configs: [&x {job_name: a}, {<<: *x, job_name: b}]",
        "scrape_configs: [*x]", "global: {scrape_interval: \"5s\"}", "global: {scrape_interval: '5s}", "global:\n\tscrape_interval: 5s\n",
    ]
    + [
        "scrape_interval: 5s", "scrape_interval: 5s\n    scrape_timeout: 10s", "scrape_timeout: 2m", "scrape_interval: 0s",
        "honor_labels: yes",
        "honor_labels: 5", "honor_timestamps: false", "metrics_path: /a", "metrics_path: [a]", "scheme: https", "params: {a: [b, c]}",
        "params: {a: {b: c}}", "sample_limit: 5", "sample_limit: -5", "sample_limit: x", "sample_limit: 5.0", "sample_limit: 1e6",
        "label_limit: 0x10",
        "body_size_limit: 10MB", "body_size_limit: 1.5KB", "body_size_limit: 10", "body_size_limit: 0", "body_size_limit: 10XB",
        "body_size_limit: 10KiB",
        "target_limit: 1", "label_name_length_limit: 1", "label_value_length_limit: 1", "follow_redirects: false", "enable_http2: false",
        "static_configs: [{targets: ['a:1', 'b:2'], labels: {x: y}}]", "static_configs: [{targets: ['http://a:1']}]",
        "static_configs: [{targets: ['http://a:1']}]\n    relabel_configs: [{source_labels: [__address__], target_label: __address__, replacement: b:1}]",
        "static_configs: [{targets: a}]", "static_configs: [{target: [a]}]", "static_configs: [{targets: [a:1], labels: {x: [1]}}]",
        "static_configs: [{}]", "static_configs:", "file_sd_configs: [{files: [a.json, 'b/*.yml']}]", "file_sd_configs: [{files: [a.txt]}]",
        "file_sd_configs: [{files: []}]", "file_sd_configs: [{files: [a.yml], refresh_interval: 1m}]", "file_sd_configs: [{}]",
        "file_sd_configs: [{files: ['a*/b.yml']}]", "file_sd_configs: [{files: [a.yml], x: y}]",
        "http_sd_configs: [{url: 'http://a/b'}]", "http_sd_configs: [{url: 'ftp://a/b'}]", "http_sd_configs: [{url: a}]",
        "http_sd_configs: [{}]", "http_sd_configs: [{url: 'http://'}]", "http_sd_configs: [{url: 'https://a', refresh_interval: 5s}]",
        "http_sd_configs: [{url: 'https://a', tls_config: {insecure_skip_verify: true}, follow_redirects: false, x: y}]",
        "dns_sd_configs: [{names: [a]}]", "dns_sd_configs: [{names: []}]", "dns_sd_configs: [{}]",
        "dns_sd_configs: [{names: [a], type: a}]",
        "dns_sd_configs: [{names: [a], type: aaaa, port: 1}]", "dns_sd_configs: [{names: [a], type: MX, port: 1}]",
        "dns_sd_configs: [{names: [a], type: NS}]",
        "dns_sd_configs: [{names: [a], type: TXT, port: 2}]", "dns_sd_configs: [{names: a}]",
        "dns_sd_configs: [{names: [a], basic_auth: {username: a}}]",
        "docker_sd_configs: [{host: 'unix:///var/run/docker.sock'}]", "docker_sd_configs: [{}]",
        "docker_sd_configs: [{host: 'tcp://a:1', filters: [{name: a, values: [b]}], port: 5, host_networking_host: h}]",
        "docker_sd_configs: [{host: 'http://a:1', bearer_token: a, refresh_interval: 1m}]",
        "docker_sd_configs: [{host: 'http://a:1', filters: [{name: a, values: b}]}]",
        "basic_auth: {username: a, password: b}", "basic_auth: {username: a, password: b, password_file: c}", "basic_auth: {user: a}",
        "authorization: {credentials: a}", "authorization: {type: Basic, credentials: a}", "authorization: {type: Token, credentials: a}",
        "authorization: {credentials: a, credentials_file: b}", "authorization: {credentials: a}\n    basic_auth: {username: a}",
        "bearer_token: a", "bearer_token: a\n    bearer_token_file: b", "bearer_token: a\n    basic_auth: {username: a}",
        "tls_config: {insecure_skip_verify: true}", "tls_config: {min_version: TLS12}", "tls_config: {min_version: X}",
        "tls_config: {cert_file: a}", "tls_config: {key_file: a}", "tls_config: {cert_file: a, key_file: b}",
        "tls_config: {server_name: a}",
        "tls_config: {unknown: a}", "proxy_url: ''",
    ].map { "scrape_configs:\n  - job_name: a\n    \($0)\n" }
    + [
        "{source_labels: [a], target_label: b}", "{source_labels: [a]}", "{action: keep, source_labels: [a], regex: 'x|y'}",
        "{action: keep, regex: 'x('}", "{action: keep, regex: '(?i)x'}", "{action: keep, regex: '(?=x)'}",
        "{action: keep, regex: 'a{1001}'}",
        "{action: KEEP, source_labels: [a]}", "{action: other}", "{action: hashmod, source_labels: [a], target_label: b, modulus: 8}",
        "{action: hashmod, source_labels: [a], target_label: b}", "{action: hashmod, source_labels: [a], modulus: 8}",
        "{action: labelmap, regex: 'a_(.*)'}", "{action: labelmap, regex: 'a_(.*)', replacement: 'b_$1'}",
        "{action: labelmap, replacement: ''}",
        "{action: labeldrop, regex: 'a'}", "{action: labeldrop, source_labels: [a], regex: 'a'}",
        "{action: labelkeep, regex: a, target_label: b}",
        "{action: lowercase, source_labels: [a], target_label: b}", "{action: uppercase, source_labels: [a]}",
        "{action: lowercase, source_labels: [a], target_label: b, replacement: c}",
        "{action: keepequal, source_labels: [a], target_label: b}",
        "{action: dropequal, source_labels: [a], target_label: b, regex: c}", "{action: dropequal, source_labels: [a]}",
        "{target_label: '${1}_x'}",
        "{target_label: 'a$1', source_labels: [x]}", "{source_labels: a, target_label: b}", "{source_labels: [''], target_label: b}",
        "{separator: ';', source_labels: [a, b], target_label: c, replacement: ''}", "{modulus: -1, target_label: a}",
        "{target_label: a, x: y}", "~",
        "{action: keep, regex: 5}", "{action: drop}", "{action: keep, regex: }",
    ].map { "scrape_configs:\n  - job_name: a\n    metric_relabel_configs:\n      - \($0)\n" }

@Suite("Configuration verdicts")
struct ConfigurationVerdictTests {
    @Test("same verdict as promtool", .enabled(if: Promtool.path != nil, "promtool is not installed"))
    func sameVerdictAsPromtool() throws {
        let documents = corpus + furtherVerdictCorpus
        let verdicts = try Promtool.verdicts(documents, path: try #require(Promtool.path))
        print("verdicts: \(documents.count) documents, \(verdicts.count { $0 }) of them valid")
        for (document, isAccepted) in zip(documents, verdicts) {
            let fault = fault(of: document)
            #expect(isAccepted == (fault == nil), "ours: \(fault?.description ?? "fine")\n\(document)")
        }
    }

    @Test func `newer keys have the verdict of Prometheus 3`() {
        for (document, isValid) in newerVerdictCorpus {
            let fault = fault(of: document)
            #expect(isValid == (fault == nil), "ours: \(fault?.description ?? "fine")\n\(document)")
        }
    }

    /// What Go's number conversion lets through by cutting it off is refused here.
    @Test func aFractionIsNoCount() {
        #expect(fault(of: "scrape_configs: [{job_name: a, sample_limit: 5.5}]")?.message == "expected a whole number, found \"5.5\"")
    }

    private func fault(of document: String) -> ConfigError? {
        do throws(ConfigError) {
            _ = try CollectorConfiguration.parse(document, file: "p.yml")
            return nil
        } catch {
            return error
        }
    }
}

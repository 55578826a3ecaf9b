internal import ConfigFile
internal import Testing

@testable internal import Collector

/// A document with one fault and the line that it must give.
struct FaultyDocument: Sendable, CustomTestStringConvertible {
    let text: String
    let fault: String

    init(_ text: String, _ fault: String) {
        self.text = text
        self.fault = fault
    }

    /// The document of one job with one further setting, indented so that the setting starts at line 3, column 5.
    static func job(_ setting: String, _ fault: String) -> FaultyDocument {
        FaultyDocument("scrape_configs:\n  - job_name: a\n    \(setting)\n", fault)
    }

    var testDescription: String { fault }
}

private func faults(_ text: String) -> [String] {
    do throws(ConfigError) {
        _ = try CollectorConfiguration.parse(text, file: "p.yml")
        return []
    } catch {
        return error.all.map(\.description)
    }
}

@Suite("Configuration faults")
struct ConfigurationFaultTests {
    @Test(arguments: [
        FaultyDocument("- a\n", "p.yml:1:1: expected a mapping, found a list"),
        FaultyDocument("scrape_config: []\n", "p.yml:1:1: unknown key \"scrape_config\"; did you mean \"scrape_configs\"?"),
        FaultyDocument(
            "global:\n  scrape_intervall: 5s\n", "p.yml:2:3: unknown key \"scrape_intervall\" in global; did you mean \"scrape_interval\"?"),
        FaultyDocument("global:\n  scrape_interval: [5s]\n", "p.yml:2:20: expected a duration such as \"15s\", found a list"),
        FaultyDocument("global:\n  scrape_interval: 5\n", "p.yml:2:20: expected a duration such as \"15s\", found \"5\""),
        FaultyDocument(
            "global:\n  scrape_interval: 5s\n  scrape_timeout: 6s\n",
            "p.yml:3:3: the scrape timeout (6s) is longer than the scrape interval (5s)"
        ),
        FaultyDocument(
            "global: {scrape_protocols: [Text]}\n",
            "p.yml:1:29: expected one of OpenMetricsText0.0.1, OpenMetricsText1.0.0, PrometheusProto, PrometheusText0.0.4, PrometheusText1.0.0, found \"Text\""
        ),
        FaultyDocument(
            "global: {metric_name_validation_scheme: legacy, metric_name_escaping_scheme: allow-utf-8}\n",
            "p.yml:1:49: metric_name_escaping_scheme: allow-utf-8 asks for names that metric_name_validation_scheme: legacy refuses"),
        FaultyDocument("global: {external_labels: {a: [b]}}\n", "p.yml:1:31: expected a string, found a list"),
        FaultyDocument("scrape_configs:\n  - {}\n", "p.yml:2:5: the key \"job_name\" is missing"),
        FaultyDocument("scrape_configs:\n  -\n", "p.yml:2:4: the key \"job_name\" is missing"),
        FaultyDocument("scrape_configs:\n  - job_name: ''\n", "p.yml:2:15: job_name must not be empty"),
        FaultyDocument("scrape_configs:\n  - jobname: a\n", "p.yml:2:5: unknown key \"jobname\"; did you mean \"job_name\"?"),
        FaultyDocument(
            "scrape_configs:\n  - job_name: a\n  - job_name: b\n  - job_name: a\n",
            "p.yml:4:15: the job name \"a\" is already taken at p.yml:2"
        ),
        FaultyDocument("rule_files: ['a*/b.yml']\n", "p.yml:1:14: a * may stand in the last part of a path only"),
        FaultyDocument("receivers: {sysloog: {}}\n", "p.yml:1:13: unknown key \"sysloog\" in receivers; did you mean \"syslog\"?"),
        FaultyDocument(
            "receivers: {beats: 5044}\n", "p.yml:1:20: \"5044\" is no address to listen on; write HOST:PORT, such as 127.0.0.1:9797"),
        FaultyDocument("receivers: {beats: {}}\n", "p.yml:1:20: the key \"listen\" is missing"),
        FaultyDocument(
            "receivers: {beats: {listen: ':1', tls: {cert_file: a, key_file: b, client_auth: required}}}\n",
            "p.yml:1:68: certificates of clients cannot be checked without client_ca_file"),
        FaultyDocument(
            "receivers: {syslog: {udp: ':514', timezone: Nowhere}}\n",
            "p.yml:1:45: this time zone is not known; write one such as Europe/Berlin, UTC or local"),
        FaultyDocument("receivers: {files: [{}]}\n", "p.yml:1:21: the key \"paths\" is missing"),
        FaultyDocument("receivers: {files: [{paths: []}]}\n", "p.yml:1:22: paths must not be empty"),
        FaultyDocument(
            "receivers: {files: [{paths: [/a], multiline: {max_lines: 3}}]}\n",
            "p.yml:1:46: multiline needs one of start, continuation and end"),
        FaultyDocument(
            "receivers: {files: [{paths: [/a]}, {paths: [/a]}]}\n",
            "p.yml:1:36: the name \"/a\" stands twice in the list; each of files needs a name of its own"),
        FaultyDocument("receivers: {files: [{paths: [/a], labels: {a-b: c}}]}\n", "p.yml:1:49: \"a-b\" is not a label name"),
        FaultyDocument(
            "receivers:\n  otlp: {grcp: 127.0.0.1:1}\n", "p.yml:2:10: unknown key \"grcp\" in receivers.otlp; did you mean \"grpc\"?"),
        FaultyDocument(
            "receivers:\n  zipkin: 127.0.0.1\n",
            "p.yml:2:11: \"127.0.0.1\" is no address to listen on; write HOST:PORT, such as 127.0.0.1:9797; or off"),
        FaultyDocument("receivers: {jaeger_agent: 127.0.0.1:6831}\n", "p.yml:1:27: expected a mapping, found a string"),
        FaultyDocument("auth: {users: []}\n", "p.yml:1:1: auth is not supported yet"),
        FaultyDocument("storage: {retention: {metrics: 5}}\n", "p.yml:1:32: expected an age such as \"30d\" or \"forever\", found \"5\""),
        FaultyDocument("storage: {retention: {metrics: 5m}}\n", "p.yml:1:32: data must be kept for an hour at least, found 5m"),
        FaultyDocument(
            "storage: {scrub: often}\n",
            "p.yml:1:18: expected \"weekly\", \"off\" or bytes per second such as \"1MiB\", found \"often\""),
        FaultyDocument("storage: {retention: {metrics: {size: 1kg}}}\n", "p.yml:1:39: expected a size such as \"10MB\", found \"1kg\""),
        FaultyDocument("storage: {retention: {metrics: {size: 1KB}}}\n", "p.yml:1:39: the size must be 16MB at least, found 1KiB"),
        FaultyDocument(
            "storage:\n  retention:\n    metrics:\n      rules:\n        - {match: '{job=', keep: 1d}\n",
            "p.yml:5:19: match is no selector: 1:6: parse error: unexpected end of input inside braces"),
        FaultyDocument(
            "storage: {retention: {metrics: [{match: '{job=~\".*\"}', keep: 1d}]}}\n",
            "p.yml:1:41: match must have at least one matcher that does not match the empty value"),
        FaultyDocument(
            "storage: {retention: {metrics: [{match: up, keep: 1m}]}}\n", "p.yml:1:51: data must be kept for an hour at least, found 1m"),
        FaultyDocument(
            "storage: {retention: {traces: {rules: [{match: '{ name = \"x\" }', keep: 1d}]}}}\n",
            "p.yml:1:48: match is no condition on a resource: name is no attribute of a resource; these are written resource.NAME"),
        FaultyDocument(
            "storage: {retention: {traces: {rules: [{match: '{ }', keep: 1d}]}}}\n",
            "p.yml:1:48: match is no condition on a resource: expected a condition on an attribute of the resource"),
        FaultyDocument(
            "storage: {retention: {traces: [{match: '{ resource.a = \"b\" } | count() > 1', keep: 1d}]}}\n",
            "p.yml:1:40: match is no condition on a resource: expected one filter alone, such as { resource.service.name = \"debug\" }"),
        FaultyDocument(
            "storage: {retention: {metrics: {rollups: on}}}\n",
            "p.yml:1:42: expected \"off\" or an object such as {5m: 90d, 1h: 2y}, found \"on\""),
        FaultyDocument(
            "storage: {retention: {metrics: {rollups: {10m: 5d}}}}\n",
            "p.yml:1:43: unknown key \"10m\" in storage.retention.metrics.rollups"),
        FaultyDocument(
            "storage: {retention: {metrics: {rollups: {1h: 5m}}}}\n", "p.yml:1:47: data must be kept for an hour at least, found 5m"),
        FaultyDocument("storage: {retention: {metrics: [{match: up}]}}\n", "p.yml:1:33: the key \"keep\" is missing"),
        FaultyDocument("storage: {journal_sync: never}\n", "p.yml:1:25: expected \"always\" or a duration such as \"1s\", found \"never\""),
        FaultyDocument(
            "storage: {tsdb: {retention: {percentage: 101}}}\n", "p.yml:1:42: expected a number from 0 to 100, found \"101\""),
        FaultyDocument("limits: {max_active_series: 0}\n", "p.yml:1:29: expected a number from 1 to 4294967295, found 0"),
        FaultyDocument(
            "limits: {max_active_label_bytes: 1KB}\n", "p.yml:1:34: max_active_label_bytes must lie between 1MB and 64GB, found 1KiB"),
        FaultyDocument("limits: {max_labels_per_series: 0}\n", "p.yml:1:33: expected a number from 1 to 10000, found 0"),
        FaultyDocument("remote_write: [{name: a}]\n", "p.yml:1:16: the key \"url\" is missing"),
        FaultyDocument("remote_write: [{url: 'ftp://u:pw@h'}]\n", "p.yml:1:22: expected a URL that begins with http:// or https://"),
        FaultyDocument(
            "remote_write: [{url: 'http://h', queue_config: {min_shards: 9, max_shards: 3}}]\n",
            "p.yml:1:49: min_shards is above max_shards"
        ),
        FaultyDocument(
            "remote_write: [{url: 'http://h', sigv4: {access_key: a}}]\n",
            "p.yml:1:42: access_key and secret_key can only be given together"),
        FaultyDocument(
            "remote_write: [{url: 'http://h', azuread: {}}]\n",
            "p.yml:1:43: azuread needs one of managed_identity, workload_identity, oauth, sdk, certificate"),
        FaultyDocument(
            "remote_write: [{url: 'http://h', google_iam: {}, sigv4: {region: a}}]\n",
            "p.yml:1:34: google_iam cannot be used together with sigv4"),
        FaultyDocument(
            "remote_read: [{url: 'http://h', sigv4: {region: a}}]\n", "p.yml:1:33: unknown key \"sigv4\" in remote_read[0]"),
        FaultyDocument(
            "tracing: {endpoint: 'a:1', headers: {Authorization: x}}\n", "p.yml:1:53: the header Authorization cannot be set here"),
        FaultyDocument(
            "remote_write: [{url: 'http://h', headers: {Content-Type: x}}]\n",
            "p.yml:1:58: the header Content-Type cannot be set here"),
        FaultyDocument("alerting: {alertmanagers: [{api_version: v1}]}\n", "p.yml:1:42: expected one of v2, found \"v1\""),
        FaultyDocument(
            "otlp: {ignore_resource_attributes: [a]}\n", "p.yml:1:8: ignore_resource_attributes needs promote_all_resource_attributes: true"
        ),
        FaultyDocument("tracing: {insecure: true}\n", "p.yml:1:10: the key \"endpoint\" is missing"),
        FaultyDocument("runtime: {gogc: lots}\n", "p.yml:1:17: expected a whole number, found \"lots\""),
        FaultyDocument("global:\n  - a: b\n c: d\n", "p.yml:3:2: not valid YAML: while parsing a block mapping: did not find expected key"),
    ])
    func wholeDocuments(_ document: FaultyDocument) {
        #expect(faults(document.text) == [document.fault])
    }

    @Test(arguments: [
        FaultyDocument.job("scrape_timeout: 2m", "p.yml:3:5: the scrape timeout (2m) is longer than the scrape interval (1m)"),
        .job("scheme: ftp", "p.yml:3:13: expected one of http, https, found \"ftp\""),
        .job("params: {a: b}", "p.yml:3:17: expected a list, found a string"),
        .job("honor_labels: maybe", "p.yml:3:19: expected true or false, found \"maybe\""),
        .job("sample_limit: -1", "p.yml:3:19: expected a number of at least 0, found -1"),
        .job("body_size_limit: 10", "p.yml:3:22: expected a size such as \"10MB\", found \"10\""),
        .job("scrape_protocols: []", "p.yml:3:23: scrape_protocols must name at least one protocol"),
        .job(
            "scrape_protocols: [PrometheusText0.0.4, PrometheusText0.0.4]",
            "p.yml:3:45: PrometheusText0.0.4 stands twice in scrape_protocols"),
        .job("kubernetes_sd_configs: [{}]", "p.yml:3:29: the key \"role\" is missing"),
        .job(
            "kubernetes_sd_configs: [{role: pods}]",
            "p.yml:3:36: expected one of pod, service, endpoints, endpointslice, node, ingress, found \"pods\""),
        .job(
            "kubernetes_sd_configs: [{role: pod, bearer_token: x}]",
            "p.yml:3:29: settings of the HTTP client need api_server: within a cluster the service account says how the server is reached"),
        .job(
            "kubernetes_sd_configs: [{role: pod, api_server: 'http://k', kubeconfig_file: x}]",
            "p.yml:3:65: kubeconfig_file cannot be used together with api_server"),
        .job(
            "kubernetes_sd_configs: [{role: pod, api_server: 'k:6443'}]",
            "p.yml:3:53: expected a URL that begins with http:// or https://"),
        .job(
            "kubernetes_sd_configs: [{role: pod, api_server: 'http://k', namespaces: {own_namespace: true}}]",
            "p.yml:3:78: own_namespace cannot be used together with api_server or kubeconfig_file"),
        .job(
            "kubernetes_sd_configs: [{role: pod, selectors: [{role: service}]}]",
            "p.yml:3:54: the role pod takes selectors for pod, node only"),
        .job(
            "kubernetes_sd_configs: [{role: pod, selectors: [{role: pod}, {role: pod}]}]",
            "p.yml:3:67: there are two selectors for the role pod"),
        .job(
            "kubernetes_sd_configs: [{role: pod, attach_metadata: {everything: true}}]",
            "p.yml:3:59: unknown key \"everything\" in scrape_configs[0].kubernetes_sd_configs[0].attach_metadata"),
        FaultyDocument(
            "scrape_annotated_pods: true\nscrape_configs: [{job_name: annotated-pods}]\n",
            "p.yml:1:1: scrape_annotated_pods adds a job \"annotated-pods\", and there is one already"),
        .job("azure_sd_configs: [{subscription_id: a}]", "p.yml:3:5: azure_sd_configs is not supported yet"),
        .job(
            "kubernetes_sd_config: []",
            "p.yml:3:5: unknown key \"kubernetes_sd_config\" in scrape_configs[0]; did you mean \"kubernetes_sd_configs\"?"),
        .job("oauth2: {client_id: x, token_url: y}", "p.yml:3:28: expected a URL that begins with http:// or https://"),
        .job("oauth2: {client_id: '', token_url: 'http://t'}", "p.yml:3:14: client_id must not be empty"),
        .job("oauth2: {token_url: 'http://t'}", "p.yml:3:13: the key \"client_id\" is missing"),
        .job(
            "oauth2: {client_id: x, token_url: 'http://t', client_secret: a, client_secret_file: b}",
            "p.yml:3:69: client_secret_file cannot be used together with client_secret"),
        .job("proxy_url: ftp://u:secret@proxy", "p.yml:3:16: a proxy's address begins with http:// or socks5://"),
        .job("no_proxy: a", "p.yml:3:5: no_proxy needs proxy_url"),
        .job("proxy_connect_header: {A: [b]}", "p.yml:3:5: proxy_connect_header needs proxy_url or proxy_from_environment"),
        .job(
            "static_configs: [{targets: ['http://a:1/m']}]",
            "p.yml:3:33: a target is HOST:PORT without scheme and path, found \"http://a:1/m\"; see scheme and metrics_path"),
        .job("static_configs: [{targets: a:1}]", "p.yml:3:32: expected a list, found a string"),
        .job("static_configs: [a:1]", "p.yml:3:22: expected a target group with targets and labels, found \"a:1\""),
        .job("file_sd_configs: [{refresh_interval: 1m}]", "p.yml:3:23: the key \"files\" is missing"),
        .job("file_sd_configs: [{files: []}]", "p.yml:3:31: files must name at least one file"),
        .job(
            "file_sd_configs: [{files: [a.txt]}]",
            "p.yml:3:32: a target file ends in .json, .yml or .yaml and has a * in its name only, found \"a.txt\""),
    ])
    func settingsOfAJob(_ document: FaultyDocument) {
        #expect(faults(document.text) == [document.fault])
    }

    @Test(arguments: [
        FaultyDocument.job("http_sd_configs: [{refresh_interval: 1m}]", "p.yml:3:23: the key \"url\" is missing"),
        .job(
            "http_sd_configs: [{url: 'ftp://a/b'}]",
            "p.yml:3:29: expected a URL with a host that begins with http:// or https://"),
        .job(
            "http_sd_configs: [{url: 'http://'}]", "p.yml:3:29: expected a URL with a host that begins with http:// or https://"),
        .job(
            "http_sd_configs: [{url: 'http://a', basic_auth: {user: x}}]",
            "p.yml:3:54: unknown key \"user\" in scrape_configs[0].http_sd_configs[0].basic_auth"),
        .job("dns_sd_configs: [{type: A}]", "p.yml:3:22: the key \"names\" is missing"),
        .job("dns_sd_configs: [{names: []}]", "p.yml:3:30: names must hold at least one name"),
        .job("dns_sd_configs: [{names: [a], type: TXT}]", "p.yml:3:41: expected one of SRV, A, AAAA, MX, NS, found \"TXT\""),
        .job("dns_sd_configs: [{names: [a], type: a}]", "p.yml:3:22: port must be given for all types of records but SRV"),
        .job("dns_sd_configs: [{names: [a], port: 70000}]", "p.yml:3:41: expected a number from 0 to 65535, found 70000"),
        .job("docker_sd_configs: [{port: 80}]", "p.yml:3:25: the key \"host\" is missing"),
        .job(
            "docker_sd_configs: [{host: 'ssh://a'}]",
            "p.yml:3:32: expected an address that begins with unix:///, tcp://, http:// or https://, found \"ssh://a\""),
        .job(
            "docker_sd_configs: [{host: 'tcp://a:1', filters: [{key: a}]}]",
            "p.yml:3:56: unknown key \"key\" in scrape_configs[0].docker_sd_configs[0].filters[0]"),
        .job("consul_sd_configs: [{server: ' '}]", "p.yml:3:34: server must not be empty"),
        .job("consul_sd_configs: [{scheme: tcp}]", "p.yml:3:34: expected one of http, https, found \"tcp\""),
        .job(
            "consul_sd_configs: [{token: hunter2, authorization: {credentials: x}}]",
            "p.yml:3:26: token cannot be used together with authorization"),
        .job(
            "consul_sd_configs: [{username: a, basic_auth: {username: b}}]",
            "p.yml:3:26: username cannot be used together with another authorization"),
    ])
    func settingsOfDiscovery(_ document: FaultyDocument) {
        #expect(faults(document.text) == [document.fault])
    }

    @Test(arguments: [
        FaultyDocument.job("basic_auth: {user: x}", "p.yml:3:18: unknown key \"user\" in scrape_configs[0].basic_auth"),
        .job("basic_auth: hunter2", "p.yml:3:17: expected a mapping, found a string"),
        .job("basic_auth: {password: [hunter2]}", "p.yml:3:28: expected a string"),
        .job("basic_auth: {password: a, password_file: b}", "p.yml:3:31: password_file cannot be used together with password"),
        .job(
            "bearer_token: \"hunter2\\r\\nX: y\"",
            "p.yml:3:19: this value is sent as a header and must not hold line breaks or control characters"),
        .job("authorization: {type: Basic, credentials: x}", "p.yml:3:21: the type cannot be Basic; use basic_auth instead"),
        .job("authorization: {credentials_ref: x}", "p.yml:3:21: credentials_ref is not supported yet"),
        .job("bearer_token: a\n    basic_auth: {username: b}", "p.yml:3:5: bearer_token cannot be used together with basic_auth"),
        .job("tls_config: {cert_file: a}", "p.yml:3:17: a client certificate needs both cert or cert_file and key or key_file"),
        .job("tls_config: {ca: a, ca_file: a}", "p.yml:3:25: ca_file cannot be used together with ca"),
        .job("tls_config: {min_version: SSL3}", "p.yml:3:31: expected one of TLS10, TLS11, TLS12, TLS13, found \"SSL3\""),
        .job("tls_config: {min_version: TLS13, max_version: TLS12}", "p.yml:3:18: min_version is above max_version"),
        .job("http_headers: {Host: {values: [a]}}", "p.yml:3:26: the header Host cannot be set here"),
        .job("http_headers: {'a b': {values: [a]}}", "p.yml:3:27: \"a b\" is not a header name"),
    ])
    func settingsOfTheHTTPClient(_ document: FaultyDocument) {
        #expect(faults(document.text) == [document.fault])
    }

    @Test(arguments: [
        (
            "{action: replac}",
            "p.yml:4:18: expected one of replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase, found \"replac\""
        ),
        (
            "{action: keep, regexp: a}",
            "p.yml:4:24: unknown key \"regexp\" in scrape_configs[0].relabel_configs[0]; did you mean \"regex\"?"
        ),
        ("{source_labels: a}", "p.yml:4:25: expected a list, found a string"),
        ("{source_labels: [a]}", "p.yml:4:9: relabel action replace needs a target_label"),
        ("{action: hashmod, target_label: a}", "p.yml:4:9: relabel action hashmod needs a modulus above 0"),
        ("{action: labeldrop, regex: a, target_label: b}", "p.yml:4:53: relabel action labeldrop takes a regex only"),
        ("{action: lowercase, target_label: a, replacement: b}", "p.yml:4:59: relabel action lowercase has no replacement"),
        ("a", "p.yml:4:9: expected a relabelling rule, found \"a\""),
    ])
    func relabellingRules(_ rule: String, _ fault: String) {
        #expect(faults("scrape_configs:\n  - job_name: a\n    relabel_configs:\n      - \(rule)\n") == [fault])
        #expect(
            faults("scrape_configs:\n  - job_name: a\n    metric_relabel_configs:\n      - \(rule)\n")
                == [fault.replacing(".relabel_configs", with: ".metric_relabel_configs")]
        )
    }

    @Test func aBadRegularExpressionIsRefusedAtItsPlace() {
        let found = faults("scrape_configs:\n  - job_name: a\n    relabel_configs:\n      - {action: keep, regex: 'a(b'}\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("p.yml:4:31: bad regular expression: ") == true)
    }

    @Test func faultsOfSeveralPartsAreReportedTogetherInOrder() {
        let found = faults(
            """
            global: {scrape_interval: soon}
            scrape_configs:
              - job_name: a
                scheme: x
              - job_name: b
                oauth: {}
              - job_name: c
                relabel_configs: [{action: drop}, {action: x}, {target_label: y, regex: "*"}]
            unknown: 1
            """
        )
        #expect(
            found.map { $0.split(separator: " ").first.map(String.init) } == [
                "p.yml:1:27:", "p.yml:4:13:", "p.yml:6:5:", "p.yml:8:48:", "p.yml:8:77:", "p.yml:9:1:",
            ])
    }

    @Test(arguments: [
        "kubernetes_sd_configs: []", "oauth2:", "proxy_url: ''", "proxy_from_environment: false", "no_proxy: \"\"",
        "scrape_native_histograms: false", "always_scrape_classic_histograms: true", "metric_name_validation_scheme: utf8",
        "metric_name_escaping_scheme: allow-utf-8", "fallback_scrape_protocol: ''", "bearer_token: ''", "sample_limit: 0",
    ])
    func aKeyThatAsksForNothingPasses(_ setting: String) {
        #expect(faults("scrape_configs:\n  - job_name: a\n    \(setting)\n") == [])
    }
}

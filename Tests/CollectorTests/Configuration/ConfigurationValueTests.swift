internal import ConfigFile
internal import Foundation
internal import Ingestion
internal import LabelMatching
internal import OTLPFormat
internal import OutboundHTTP
internal import Relabeling
internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import Scraping
internal import TargetDiscovery
internal import TelemetryModel
internal import Testing
internal import TraceQL

@testable internal import Collector

private func parse(_ text: String, environment: [String: String] = [:]) throws -> CollectorConfiguration {
    try CollectorConfiguration.parse(text, file: "/etc/perch/perch.yml", environment: environment)
}

@Suite("Configuration values")
struct ConfigurationValueTests {
    @Test(arguments: ["", "# nothing\n", "global:\n", "global: {}\nscrape_configs:\nstorage:\nlimits:\n"])
    func anEmptyFileGivesTheDefaults(_ text: String) throws {
        #expect(try parse(text) == CollectorConfiguration())
    }

    @Test func receiversListenWhereTheFileSays() throws {
        let receivers = try parse(
            """
            receivers:
              otlp: {grpc: off, http: '[::1]:4318'}
              jaeger_agent: {compact: 127.0.0.1:6831}
              jaeger_http: :14268
              zipkin:
            """
        ).receivers
        #expect(receivers.otlpGRPC == .off)
        #expect(receivers.otlpHTTP.address == (try ListenAddress("[::1]:4318")))
        #expect(receivers.jaegerCompact.address == (try ListenAddress("127.0.0.1:6831")))
        #expect(receivers.jaegerBinary == .unsaid)
        #expect(receivers.jaegerHTTP.address == (try ListenAddress("0.0.0.0:14268")))
        #expect(receivers.zipkin == .unsaid)
    }

    @Test func aPlainPrometheusFileLoads() throws {
        let configuration = try parse(
            """
            global:
              scrape_interval: 15s

            scrape_configs:
              - job_name: 'catalog'
                metrics_path: '/metrics'
                static_configs:
                  - targets: ['catalog:8000']

              - job_name: 'orders'
                static_configs:
                  - targets: ['orders:8000', 'orders-2:8000']
                    labels: {team: shop}
            """
        )
        #expect(configuration.scrapeJobs.map(\.job.name) == ["catalog", "orders"])
        #expect(configuration.scrapeJobs[0].job == ScrapeJob(name: "catalog", intervalMilliseconds: 15_000))
        #expect(
            configuration.scrapeJobs[1].mechanisms.staticTargets == [
                .init(targets: ["orders:8000", "orders-2:8000"], labels: ["team": "shop"])
            ]
        )
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.discoveryJobs.map { $0.providers.map(\.mechanism) } == [["static"], ["static"]])
    }

    @Test func aJobTakesFromGlobalWhatItDoesNotSay() throws {
        let configuration = try parse(
            """
            global:
              scrape_interval: 5s
              sample_limit: 100
              label_limit: 7
              body_size_limit: 1MB
              scrape_protocols: [PrometheusText0.0.4]
              extra_scrape_metrics: true
              evaluation_interval: 30s
              rule_query_offset: 10s
            scrape_configs:
              - job_name: a
              - job_name: b
                scrape_interval: 1m
                scrape_timeout: 20s
                sample_limit: 5
                scrape_protocols: [OpenMetricsText1.0.0, PrometheusText1.0.0]
                extra_scrape_metrics: false
            """
        )
        let (first, second) = (configuration.scrapeJobs[0].job, configuration.scrapeJobs[1].job)
        #expect(first.intervalMilliseconds == 5_000)
        #expect(first.timeoutMilliseconds == 5_000)
        #expect(first.limits == ScrapeLimits(bodyBytes: 1 << 20, samples: 100, labels: 7))
        #expect(first.protocols == [.prometheusText0])
        #expect(first.writesExtraScrapeMetrics)
        #expect(second.intervalMilliseconds == 60_000)
        #expect(second.timeoutMilliseconds == 20_000)
        #expect(second.limits == ScrapeLimits(bodyBytes: 1 << 20, samples: 5, labels: 7))
        #expect(second.protocols == [.openMetrics1, .prometheusText1])
        #expect(!second.writesExtraScrapeMetrics)
        #expect(configuration.global.evaluationIntervalMilliseconds == 30_000)
        #expect(configuration.global.ruleQueryOffsetMilliseconds == 10_000)
    }

    @Test func everySettingOfAJobIsRead() throws {
        let configuration = try parse(
            """
            scrape_configs:
              - job_name: full
                scheme: https
                metrics_path: /probe
                params: {module: [http_2xx], target: [a, b]}
                honor_labels: true
                honor_timestamps: false
                track_timestamps_staleness: true
                enable_compression: false
                fallback_scrape_protocol: PrometheusText0.0.4
                follow_redirects: false
                enable_http2: false
                label_name_length_limit: 20
                label_value_length_limit: 30
                target_limit: 40
                keep_dropped_targets: 50
                scrape_native_histograms: false
                native_histogram_bucket_limit: 160
                basic_auth: {username: u, password_file: secrets/p}
                tls_config:
                  ca_file: ca.pem
                  cert_file: /abs/cert.pem
                  key_file: key.pem
                  server_name: example.org
                  insecure_skip_verify: true
                  min_version: TLS12
                http_headers:
                  X-Scope: {values: [one], secrets: [two], files: [three]}
                relabel_configs:
                  - source_labels: [__address__]
                    target_label: __param_target
                metric_relabel_configs:
                  - {action: LabelDrop, regex: "tmp_.*"}
                static_configs: [{targets: ["https://example.org/"]}]
                file_sd_configs: [{files: [targets/*.yml, /abs/t.json], refresh_interval: 30s}]
            """
        )
        let full = try #require(configuration.scrapeJobs.first)
        var expected = ScrapeJob(name: "full", metricsPath: "/probe", scheme: "https")
        expected.parameters = ["module": ["http_2xx"], "target": ["a", "b"]]
        expected.honorLabels = true
        expected.honorTimestamps = false
        expected.trackTimestampsStaleness = true
        expected.enableCompression = false
        expected.fallbackProtocol = .prometheusText0
        expected.limits = ScrapeLimits(labelNameBytes: 20, labelValueBytes: 30, targets: 40, keptDroppedTargets: 50)
        expected.histograms.bucketsMax = 160
        expected.client = HTTPClientSettings(
            authorization: .basic(username: .literal("u"), password: .file(path: "/etc/perch/secrets/p")),
            tls: HTTPTLSSettings(
                certificateAuthority: .file(path: "/etc/perch/ca.pem"), certificate: .file(path: "/abs/cert.pem"),
                key: .file(path: "/etc/perch/key.pem"), serverName: "example.org", skipsVerification: true, minimumVersion: .tls12
            ),
            headers: [HTTPHeaderSetting(name: "X-Scope", values: [.literal("one"), .literal("two"), .file(path: "/etc/perch/three")])],
            followRedirects: false, allowsHTTP2: false
        )
        expected.relabelRules = try RelabelRules([RelabelRule(sourceLabels: ["__address__"], targetLabel: "__param_target")])
        expected.metricRelabelRules = try RelabelRules([RelabelRule(action: .labeldrop, regex: "tmp_.*")])
        #expect(full.job == expected)
        #expect(
            full.mechanisms.targetFiles == [
                FileDiscovery(patterns: ["/etc/perch/targets/*.yml", "/abs/t.json"], refreshInterval: .seconds(30))
            ]
        )
        #expect(
            full.targetRules.parameters == [.init(name: "module", values: ["http_2xx"]), .init(name: "target", values: ["a", "b"])]
        )
    }

    @Test func mechanismsOfDiscovery() throws {
        let configuration = try parse(
            """
            scrape_configs:
              - job_name: all
                http_sd_configs:
                  - {url: "http://sd/a"}
                  - {url: "https://sd/b", refresh_interval: 10s, bearer_token_file: token, follow_redirects: false}
                dns_sd_configs:
                  - {names: [_web._tcp.test, b]}
                  - {names: [c], type: aaaa, port: 9100, refresh_interval: 1m}
                docker_sd_configs:
                  - {host: "unix:///var/run/docker.sock"}
                  - {host: "tcp://d:2375", port: 8, filters: [{name: status, values: [running]}], host_networking_host: h,
                     match_first_network: false, refresh_interval: 2m}
                consul_sd_configs:
                  - {}
                  - {server: "c:8500", scheme: https, path_prefix: /p, token: t, datacenter: d, namespace: n, partition: q, tag_separator: ";",
                     allow_stale: false, refresh_interval: 1m, services: [a, b], tags: [t], node_meta: {k: v}, filter: f, username: u, password: p,
                     tls_config: {insecure_skip_verify: true}}
            """
        )
        let job = try #require(configuration.scrapeJobs.first)
        let agent = "Perch/" + PerchVersion.current
        #expect(
            job.mechanisms.httpLists == [
                HTTPDiscovery(url: "http://sd/a", userAgent: agent),
                HTTPDiscovery(
                    url: "https://sd/b",
                    client: HTTPClientSettings(
                        authorization: .credentials(type: "Bearer", .file(path: "/etc/perch/token")), followRedirects: false),
                    refreshInterval: .seconds(10), userAgent: agent),
            ])
        #expect(
            job.mechanisms.domainNames == [
                DNSDiscovery(names: ["_web._tcp.test", "b"]),
                DNSDiscovery(names: ["c"], type: .aaaa, port: 9100, refreshInterval: .seconds(60)),
            ])
        #expect(
            job.mechanisms.dockerHosts == [
                DockerDiscovery(host: .socket(path: "/var/run/docker.sock"), userAgent: agent),
                DockerDiscovery(
                    host: .url("http://d:2375"), port: 8, filters: [.init(name: "status", values: ["running"])], hostNetworkingHost: "h",
                    matchFirstNetwork: false, refreshInterval: .seconds(120), userAgent: agent),
            ])
        var plain = ConsulSettings()
        plain.userAgent = agent
        var full = plain
        (full.server, full.scheme, full.pathPrefix, full.token) = ("c:8500", "https", "/p", .literal("t"))
        (full.datacenter, full.namespace, full.partition, full.tagSeparator) = ("d", "n", "q", ";")
        (full.allowStale, full.refreshInterval, full.services, full.tags) = (false, .seconds(60), ["a", "b"], ["t"])
        (full.nodeMeta, full.filter) = (["k": "v"], "f")
        full.client = HTTPClientSettings(
            authorization: .basic(username: .literal("u"), password: .literal("p")), tls: HTTPTLSSettings(skipsVerification: true))
        #expect(job.mechanisms.consulCatalogs == [ConsulDiscovery(plain), ConsulDiscovery(full)])
        #expect(
            job.discovery.providers.map(\.mechanism) == ["http", "http", "dns", "dns", "docker", "docker", "consul", "consul"])
    }

    @Test(arguments: [
        ("authorization: {credentials: s}", HTTPAuthorization.credentials(type: "Bearer", .literal("s"))),
        ("authorization: {type: Token, credentials_file: f}", .credentials(type: "Token", .file(path: "/etc/perch/f"))),
        ("bearer_token: s", .credentials(type: "Bearer", .literal("s"))),
        ("bearer_token_file: f", .credentials(type: "Bearer", .file(path: "/etc/perch/f"))),
        ("basic_auth: {username: u, password: \"two\\nlines\"}", .basic(username: .literal("u"), password: .literal("two\nlines"))),
        ("basic_auth: {username: u}", .basic(username: .literal("u"), password: .literal(""))),
        ("basic_auth: {username_file: u, password: p}", .basic(username: .file(path: "/etc/perch/u"), password: .literal("p"))),
    ])
    func authorizations(_ setting: String, _ expected: HTTPAuthorization) throws {
        let configuration = try parse("scrape_configs: [{job_name: a, \(setting)}]")
        #expect(configuration.scrapeJobs.first?.job.client.authorization == expected)
    }

    @Test func secretsDoNotPrint() throws {
        let configuration = try parse(
            """
            scrape_configs:
              - job_name: a
                basic_auth: {username: u, password: hunter2}
                http_headers: {X-Key: {secrets: [hunter2]}}
            """
        )
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("<secret>"))
        }
    }

    @Test func externalLabelsTakeEnvironmentVariables() throws {
        let configuration = try parse(
            "global: {external_labels: {a: \"${ZONE}-$RACK\", b: \"$$x $\", c: \"${NONE}\"}}",
            environment: ["ZONE": "z", "RACK": "r"]
        )
        #expect(configuration.global.externalLabels == ["a": "z-r", "b": "$x $"])
        #expect(configuration.warnings == ["/etc/perch/perch.yml:1:63: the environment variable NONE is not set"])
    }

    @Test func storageAndLimits() throws {
        var expected = StorageSettings()
        expected.metrics = .init(ageMilliseconds: 90 * 86_400_000)
        expected.metrics.sizeMaxBytes = 50 << 30
        expected.metrics.rules = [
            .init(LabelSelector([LabelMatcher("job", equals: "debug")]), keepMilliseconds: 2 * 86_400_000),
            .init(LabelSelector([try LabelMatcher("__name__", .matches, "slo:.*")]), keepMilliseconds: nil),
        ]
        expected.metricRollups = [
            .init(lengthMilliseconds: 300_000, keepMilliseconds: 180 * 86_400_000),
            .init(lengthMilliseconds: 3_600_000, keepMilliseconds: nil),
        ]
        expected.logs = .init(ageMilliseconds: nil)
        expected.traces = .init(ageMilliseconds: 86_400_000)
        expected.traces.sizeMaxBytes = 20 << 30
        expected.traces.rules = [
            .init(try ResourceCondition(parsing: "{ resource.service.name =~ `debug.*` }"), keepMilliseconds: 2 * 3_600_000)
        ]
        expected.journalSync = .always
        let configuration = try parse(
            """
            storage:
              retention:
                metrics:
                  age: 90d
                  size: 50GB
                  rules:
                    - {match: '{job="debug"}', keep: 2d}
                    - {match: '{__name__=~"slo:.*"}', keep: forever}
                  rollups: {5m: 180d, 1h: forever}
                logs: forever
                traces:
                  age: 1d
                  size: 20GB
                  rules: [{match: '{ resource.service.name =~ "debug.*" }', keep: 2h}]
              journal_sync: always
              tsdb: {out_of_order_time_window: 30m, retention: {time: 15d}, chunk_encoding: {floats: xor}}
              exemplars: {max_exemplars: 1000}
            limits:
              max_active_series: 1000
              max_active_label_bytes: 2GB
              max_labels_per_series: 30
              max_label_name_length: 200
              max_label_value_length: 4096
              max_time_ahead: 10m
            """
        )
        #expect(configuration.storage == expected)
        #expect(configuration.limits.activeSeriesMax == 1000)
        #expect(configuration.limits.activeLabelBytesMax == 2 << 30)
        var ingestion = IngestionLimits(labelsPerSeriesMax: 30, labelNameBytesMax: 200, labelValueBytesMax: 4096)
        ingestion.futureMilliseconds = 600_000
        #expect(configuration.ingestionLimits == ingestion)
        #expect(configuration.limits.timeAheadMaxMilliseconds == 600_000)
        #expect(try parse("storage: {scrub: off}").storage.scrub == .off)
        #expect(try parse("storage: {scrub: 1MiB}").storage.scrub == .bytesPerSecond(1 << 20))
        #expect(try parse("storage: {scrub: weekly}").storage.scrub == .weekly)
        #expect(try parse("storage: {journal_sync: 250ms}").storage.journalSync == .every(milliseconds: 250))
        #expect(try parse("storage: {tsdb: {retention: {time: 15d}}}").storage.metrics.ageMilliseconds == 15 * 86_400_000)
    }

    @Test func `metrics are kept as Prometheus' own keys say, by age, size and share of the disk`() throws {
        func metrics(_ retention: String, _ more: String = "") throws -> (age: Int64?, size: Int64?, share: Double?) {
            let found = try parse("storage: {tsdb: {retention: \(retention)}\(more)}").storage.metrics
            return (found.ageMilliseconds, found.sizeMaxBytes, found.diskShareMax)
        }
        let none = try parse("{}").storage.metrics
        #expect(try metrics("{}") == (none.ageMilliseconds, nil, nil))
        #expect(try metrics("{size: 0, percentage: 0}") == (none.ageMilliseconds, nil, nil))
        #expect(try metrics("{size: 10GB}") == (nil, 10 << 30, nil))
        #expect(try metrics("{time: 1d, size: 1MB, percentage: 12.5}") == (86_400_000, 1 << 20, 0.125))
        #expect(try metrics("{percentage: 50}", ", retention: {metrics: {age: 2d, size: 20GB}}") == (2 * 86_400_000, 20 << 30, nil))
    }

    @Test func rulesAloneLeaveTheAgeAsItIs() throws {
        let list = try parse("storage: {retention: {metrics: [{match: 'up', keep: 1d}]}}").storage.metrics
        let object = try parse("storage: {retention: {metrics: {rules: [{match: 'up', keep: 1d}]}}}").storage.metrics
        #expect(list == object)
        #expect(list.ageMilliseconds == 2_592_000_000 as Int64)
        #expect(list.rules.map(\.keepMilliseconds) == [86_400_000])
        #expect(list.rules == object.rules)
        let hours = try parse("storage: {retention: {metrics: {rollups: {5m: off}}}}").storage.metricRollups
        #expect(hours == [.init(lengthMilliseconds: 3_600_000, keepMilliseconds: 730 * 86_400_000)])
        #expect(try parse("storage: {retention: {metrics: {rollups: off}}}").storage.metricRollups.isEmpty)
        #expect(try parse("storage: {retention: {metrics: {age: forever, size: 1GB}}}").storage.metrics.ageMilliseconds == nil)
    }

    @Test func whatBecomesOfOpenTelemetrysMetrics() throws {
        #expect(try parse("").otlp == OTLPMetricOptions())
        let options = try parse(
            """
            otlp:
              translation_strategy: NoTranslation
              promote_resource_attributes: [service.name, host.name]
              keep_identifying_resource_attributes: true
              convert_histograms_to_nhcb: true
              promote_scope_metadata: true
              label_name_underscore_sanitization: false
              label_name_preserve_multiple_underscores: false
            """
        ).otlp
        #expect(options.strategy == .noTranslation && options.promotion == .named(["service.name", "host.name"]))
        #expect(options.keepsIdentifyingAttributes && options.convertsHistograms && options.promotesScope)
        #expect(!options.sanitizesLabelUnderscores && !options.preservesLabelUnderscores)
        let all = try parse("otlp: {promote_all_resource_attributes: true, ignore_resource_attributes: [a], translation_strategy: ''}").otlp
        #expect(all.promotion == .allBut(["a"]) && all.strategy == .underscoreEscapingWithSuffixes)
    }

    @Test func sectionsWithoutEffectWarnWithTheirPlace() throws {
        let configuration = try parse(
            """
            global: {query_log_file: queries.log}
            rule_files: [rules/*.yml]
            alerting:
              alertmanagers: [{static_configs: [{targets: ["am:9093"]}], kubernetes_sd_configs: [{role: pod}]}]
            remote_read: [{url: "http://elsewhere/read"}]
            tracing: {endpoint: "localhost:4317"}
            runtime: {gogc: 50}
            alertmanager_config: am.yml
            """
        )
        let keys = ["runtime"]
        #expect(configuration.warnings.count == keys.count + 1)
        #expect(configuration.warnings.contains { $0.hasPrefix("/etc/perch/perch.yml:5:1: Perch answers from its own data alone") })
        for key in keys { #expect(configuration.warnings.contains { $0.contains(": \(key) is understood") }, "\(key)") }
        #expect(configuration.ruleFiles == [PathPattern("/etc/perch/rules/*.yml")])
        #expect(configuration.alerting.alertmanagers.first?.mechanisms.staticTargets.count == 1)
        #expect(configuration.alerting.alertmanagers.first?.mechanisms.kubernetes.map(\.role) == [.pod])
        #expect(configuration.tracing == TracingSettings(endpoint: "localhost:4317"))
        #expect(configuration.alertmanagerConfigurationFile == "/etc/perch/am.yml")
        #expect(configuration.global.queryLogFile == "/etc/perch/queries.log")
    }

    @Test func remoteWritesWithTheirQueues() throws {
        let remotes = try parse(
            """
            storage: {remote_write_queue_size: 2GB}
            remote_write:
              - {url: "http://a/write"}
              - {url: "http://a/write"}
              - url: https://user:pw@b/write
                name: b
                remote_timeout: 5s
                headers: {X-Tenant: one}
                basic_auth: {username: u, password_file: p}
                protobuf_message: io.prometheus.write.v2.Request
                send_exemplars: true
                write_relabel_configs: [{regex: a, action: labeldrop}]
                queue_config: {capacity: 5, min_shards: 2, max_shards: 3, max_samples_per_send: 4, batch_send_deadline: 1s, min_backoff: 1s,
                  max_backoff: 2s, retry_on_http_429: true, sample_age_limit: 1h}
                metadata_config: {send: false}
              - {url: "http://c", metadata_config: {send_interval: 5m, max_samples_per_send: 7}}
            """)
        #expect(remotes.storage.remoteWriteQueueBytesMax == 2 << 30)
        #expect(remotes.warnings.isEmpty)
        let (first, second, named, last) = (
            remotes.remoteWrites[0], remotes.remoteWrites[1], remotes.remoteWrites[2], remotes.remoteWrites[3]
        )
        #expect(first.identity != second.identity && first.label != second.label)
        #expect(first.timeoutMilliseconds == 30_000 && first.version == .v1 && !first.sendsExemplars && !first.sendsHistograms)
        #expect(first.metadataIntervalMilliseconds == 60_000)
        #expect(named.label == "b" && named.publicURL == "https://user:xxxxx@b/write")
        #expect(named.version == .v2 && named.sendsExemplars && named.sendsHistograms && named.rules.rules.count == 1)
        #expect(named.queue.capacity == 5 && named.queue.shardsMin == 2 && named.queue.shardsMax == 3 && named.queue.batchItemsMax == 4)
        #expect(named.queue.batchDeadline == 1000 && named.queue.backoffMin == 1000 && named.queue.backoffMax == 2000)
        #expect(named.queue.retriesOn429 && named.queue.ageMax == 3_600_000 && named.timeoutMilliseconds == 5000)
        #expect(named.client.headers.map(\.name) == ["X-Tenant"] && named.metadataIntervalMilliseconds == nil)
        #expect(named.client.referencedFiles == ["/etc/perch/p"])
        #expect(last.metadataIntervalMilliseconds == 300_000 && last.metadataFamiliesMax == 7)
    }

    @Test func histogramsAndNamesOfJobs() throws {
        let jobs = try parse(
            """
            global: {scrape_native_histograms: true, metric_name_validation_scheme: legacy}
            scrape_configs:
              - {job_name: a}
              - job_name: b
                scrape_native_histograms: false
                convert_classic_histograms_to_nhcb: true
                always_scrape_classic_histograms: true
                native_histogram_bucket_limit: 100
                native_histogram_min_bucket_factor: 1.1
                metric_name_validation_scheme: utf8
              - {job_name: c, scrape_protocols: [PrometheusText0.0.4, PrometheusProto], fallback_scrape_protocol: PrometheusProto}
              - {job_name: d, metric_name_escaping_scheme: dots}
            """
        ).scrapeJobs.map(\.job)
        #expect(jobs[0].histograms.takesNative && jobs[0].protocols == ScrapeProtocol.protobufFirst)
        #expect(jobs[0].names.areClassic && jobs[0].names.escaping == .underscores)
        #expect(!jobs[1].histograms.takesNative && jobs[1].protocols == ScrapeProtocol.defaultOrder)
        #expect(jobs[1].histograms.convertsClassic && jobs[1].histograms.takesClassicToo)
        #expect(jobs[1].histograms.bucketsMax == 100 && jobs[1].histograms.schemaMax == 2)
        #expect(!jobs[1].names.areClassic && jobs[1].names.escaping == .allowUTF8)
        #expect(jobs[2].protocols == [.prometheusText0, .prometheusProtobuf] && jobs[2].fallbackProtocol == .prometheusProtobuf)
        #expect(jobs[3].names.areClassic && jobs[3].names.escaping == .dots)
    }

    @Test func anchorsSpareRepetition() throws {
        let configuration = try parse(
            """
            scrape_configs:
              - &base
                job_name: a
                scrape_interval: 10s
                static_configs: [{targets: ["a:1"]}]
              - <<: *base
                job_name: b
            """
        )
        #expect(configuration.scrapeJobs.map(\.job.intervalMilliseconds) == [10_000, 10_000])
        #expect(configuration.scrapeJobs.map(\.job.name) == ["a", "b"])
    }

    @Test func `remote writes and Alertmanagers have the authorizations of clouds`() throws {
        let configuration = try parse(
            """
            remote_write:
              - {url: 'http://a', sigv4: {region: r, role_arn: arn}, round_robin_dns: true, enable_http2: true}
              - {url: 'http://b', azuread: {sdk: {}}}
              - {url: 'http://c', google_iam: {credentials_file: g.json}}
            alerting: {alertmanagers: [{sigv4: {region: r, service_name: s}}]}
            """)
        let clients = configuration.remoteWrites.map(\.client)
        #expect(
            clients.map(\.authorization) == [
                .amazon(AmazonSettings(region: "r", role: "arn")), .azure(AzureSettings(.surroundings(tenantID: nil))),
                .google(GoogleSettings(credentialsFile: "g.json")),
            ])
        #expect(clients.map(\.spreadsOverAddresses) == [true, false, false] && clients.map(\.allowsHTTP2) == [true, false, false])
        let alertmanager = try #require(configuration.alerting.alertmanagers.first).client
        #expect(alertmanager.authorization == .amazon(AmazonSettings(region: "r", service: "s")) && alertmanager.allowsHTTP2)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func tracingSaysWhereSpansGo() throws {
        let settings = try #require(
            try parse(
                """
                tracing:
                  endpoint: tempo:4318
                  client_type: http
                  sampling_fraction: 0.25
                  insecure: true
                  compression: gzip
                  timeout: 3s
                  headers: {X-Scope-OrgID: ops}
                """
            ).tracing)
        #expect(!settings.usesGRPC && settings.samplingFraction == 0.25 && settings.compresses && settings.timeoutMilliseconds == 3000)
        #expect(settings.url == "http://tempo:4318" && settings.headers == ["X-Scope-OrgID": "ops"])
        let secure = try #require(try parse("tracing: {endpoint: 'a:1', tls_config: {server_name: b}}\n").tracing)
        #expect(secure.usesGRPC && secure.samplingFraction == 0 && secure.url == "https://a:1" && secure.tls.serverName == "b")
        #expect(try parse("tracing: {endpoint: 'a:1', tls_config: {server_name: b}}\n").warnings.count == 1)
    }

    @Test func clientsHaveLimits() throws {
        let clients = try parse("limits: {clients: {requests_per_second: 5, bytes_per_second: 2MiB, items_per_second: 0.5, burst: 3s}}\n")
            .limits.clients
        #expect(clients.requests == 5 && clients.bytes == 2_097_152 && clients.items == 0.5 && clients.burstSeconds == 3)
        #expect(try !parse("limits: {clients: {}}\n").limits.clients.isLimited)
        for wrong in ["requests_per_second: 0", "items_per_second: -1", "bytes_per_second: 0", "requests_per_minute: 5"] {
            #expect(throws: ConfigError.self) { try parse("limits: {clients: {\(wrong)}}\n") }
        }
    }

    @Test func failuresOfScrapesAreLoggedWhereTheJobOrGlobalSays() throws {
        let configuration = try parse(
            """
            global: {scrape_failure_log_file: all.log}
            scrape_configs: [{job_name: a}, {job_name: b, scrape_failure_log_file: /var/log/b.log}]
            """)
        #expect(configuration.scrapeJobs.map(\.job.failureLogFile) == ["/etc/perch/all.log", "/var/log/b.log"])
        #expect(configuration.warnings.isEmpty)
    }
}

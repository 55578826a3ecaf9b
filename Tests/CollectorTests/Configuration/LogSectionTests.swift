internal import ConfigFile
internal import Ingestion
internal import LabelMatching
internal import LogFormats
internal import Testing

@testable internal import Collector

@Suite("What a configuration says about log entries")
struct LogSectionTests {
    private func parse(_ text: String) throws -> CollectorConfiguration { try CollectorConfiguration.parse(text, file: "perch.yml") }

    private func fault(_ text: String) -> String {
        do {
            _ = try parse(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `nothing said leaves Loki's defaults`() throws {
        let options = try parse("").logIntakeOptions
        var expected = LogIntakeOptions()
        expected.ageMaxNanoseconds = 14 * 86_400_000_000_000
        #expect(options == expected)
        #expect(try parse("").otlpLogMapping.resource.count == 1)
    }

    @Test func `receivers and limits are read`() throws {
        let configuration = try parse(
            """
            receivers:
              loki:
                discover_service_name: [app, job]
                discover_log_levels: false
                log_level_fields: [prio]
                log_level_from_json_max_depth: 0
              otlp:
                grpc: off
                logs:
                  resource_attributes:
                    ignore_defaults: true
                    attributes_config:
                      - {action: index_label, attributes: [service.name]}
                      - {action: drop, regex: "secret.*"}
                  scope_attributes: [{action: drop, attributes: [x]}]
                  log_attributes: [{attributes: [y]}]
              json:
                time_field: t
                message_field: [m, msg]
                level_field: l
                stream_fields: [host]
                labels: {env: prod}
            limits:
              max_time_ahead: 1h
              logs:
                max_line_size: 1MiB
                max_line_size_truncate: true
                max_label_names_per_series: 20
                max_label_name_length: 100
                max_label_value_length: 200
                max_structured_metadata_size: 128KiB
                max_structured_metadata_entries_count: 300
                reject_old_samples_max_age: 2d
                max_active_streams: 50
                ingestion_rate_mb: 1.5
                ingestion_burst_size_mb: 3
                delete_request_cancel_period: 1d
            storage:
              retention:
                logs:
                  age: 30d
                  size: 10GB
                  rules: [{match: '{app="debug"}', keep: 1d}]
            """)
        let options = configuration.logIntakeOptions
        #expect(options.serviceNameLabels == ["app", "job"] && !options.discoversLevels)
        #expect(options.levelFields == ["prio"] && options.levelDepthMax == 0)
        #expect(options.lineBytesMax == 1 << 20 && options.truncatesLines)
        #expect(options.labelsPerStreamMax == 20 && options.labelNameBytesMax == 100 && options.labelValueBytesMax == 200)
        #expect(options.metadataBytesMax == 128 << 10 && options.metadataFieldsMax == 300)
        #expect(options.ageMaxNanoseconds == 2 * 86_400_000_000_000 && options.activeStreamsMax == 50)
        #expect(options.bytesPerSecondMax == 3 << 19 && options.burstBytesMax == 3 << 20)
        #expect(configuration.limits.logs.deletionCancelMilliseconds == 86_400_000)
        #expect(options.futureNanoseconds == 3_600_000_000_000)
        let mapping = configuration.otlpLogMapping
        #expect(mapping.resource.map(\.action) == [.label, .drop])
        #expect(mapping.scope.map(\.action) == [.drop] && mapping.record.map(\.action) == [.metadata])
        #expect(mapping.labelsMax == 20 && mapping.labelValueBytesMax == 200 && mapping.metadataBytesMax == 128 << 10)
        let fields = configuration.receivers.logs.jsonFields
        #expect(fields.time == ["t"] && fields.message == ["m", "msg"] && fields.level == ["l"] && fields.stream == ["host"])
        #expect(fields.labels.map(\.name) == ["env"] && fields.labels.map(\.value) == ["prod"])
        #expect(configuration.storage.logs.ageMilliseconds == 30 * 86_400_000 && configuration.storage.logs.sizeMaxBytes == 10 << 30)
        #expect(configuration.storage.logs.rules.map(\.keepMilliseconds) == [86_400_000])
    }

    @Test func `switches are also words`() throws {
        #expect(try parse("receivers: {loki: {discover_service_name: false}}").logIntakeOptions.serviceNameLabels.isEmpty)
        #expect(
            try parse("receivers: {loki: {discover_service_name: true}}").logIntakeOptions.serviceNameLabels
                == LogIntakeOptions.defaultServiceNameLabels)
        #expect(try parse("limits: {logs: {max_line_size: 0}}").logIntakeOptions.lineBytesMax == nil)
        #expect(try parse("limits: {logs: {ingestion_rate_mb: 10}}").logIntakeOptions.burstBytesMax == 10 << 20)
        let off = try parse("receivers: {loki: off, json: {level_field: l}, elasticsearch: off, journal_upload: off}").receivers.logs
        #expect(off.off == [.loki, .elasticsearch, .journalUpload] && off.jsonFields.level == ["l"])
        let rules = try parse("storage: {retention: {logs: [{match: '{a=\"b\"}', keep: forever}]}}").storage.logs
        #expect(rules.rules.map(\.keepMilliseconds) == [nil] && rules.ageMilliseconds == 14 * 86_400_000)
        #expect(try parse("storage: {retention: {logs: [{match: '{a=\"b\"}', keep: forever}]}}").logIntakeOptions.ageMaxNanoseconds == nil)
    }

    @Test(
        arguments: [
            ("receivers:\n  loki: {discover: true}", "perch.yml:2:10"), ("receivers:\n  loki: {discover_log_levels: 5}", "perch.yml:2:"),
            ("receivers:\n  otlp: {logs: {log_attributes: [{action: index_label, attributes: [a]}]}}", "only attributes of resources"),
            ("receivers:\n  otlp: {logs: {log_attributes: [{action: keep, attributes: [a]}]}}", "perch.yml:2:"),
            ("receivers:\n  otlp: {logs: {log_attributes: [{action: drop}]}}", "either attributes or regex"),
            ("receivers:\n  otlp: {logs: {log_attributes: [{regex: '('}]}}", "perch.yml:2:"),
            ("receivers:\n  json: {time_field: ''}", "a name must not be empty"),
            ("receivers:\n  elasticsearch: {index: x}", "only off is meant here"), ("receivers:\n  loki: on", "perch.yml:2:9"),
            ("limits:\n  logs: {ingestion_rate_mb: 0}", "the number must be above 0"),
            ("limits:\n  logs: {max_line_size: 1GB}", "the size must be from"),
            ("limits:\n  logs: {max_label_names_per_series: 0}", "perch.yml:2:"),
            ("storage:\n  retention:\n    logs: [{match: 'x{', keep: 1d}]", "match is no selector"),
        ])
    func `what is wrong is refused with its place`(text: String, reason: String) {
        let fault = fault(text)
        #expect(fault.contains(reason) && fault.contains("perch.yml:"), "\(fault)")
    }
}

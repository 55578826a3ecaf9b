internal import ConfigFile
internal import LogFormats
internal import LogReceiving
internal import Testing

@testable internal import Collector

@Suite("Configuration of log agents")
struct LogAgentSectionTests {
    private func read(_ text: String) throws(ConfigError) -> LogAgentSettings {
        try CollectorConfiguration.parse(text, file: "conf/p.yml").receivers.agents
    }

    @Test func `without keys everything is off`() throws {
        for text in ["{}\n", "receivers:\n", "receivers: {beats: off, files: []}\n"] { #expect(try read(text) == LogAgentSettings()) }
    }

    @Test func `Beats are an address, or more`() throws {
        #expect(try read("receivers: {beats: 0.0.0.0:5044}\n").beats?.address == ListenAddress("0.0.0.0:5044"))
        let beats = try #require(
            try read(
                """
                receivers:
                  beats:
                    listen: :5044
                    tls: {cert_file: cert.pem, key_file: /etc/key.pem, client_ca_file: ca.pem, client_auth: optional}
                    labels: {cluster: a}
                    max_connections: 7
                """
            ).beats)
        var tls = AgentTLS(certificateFile: "conf/cert.pem", keyFile: "/etc/key.pem")
        tls.clientAuthorityFile = "conf/ca.pem"
        tls.clientAuthentication = .optional
        #expect(beats.tls == tls)
        #expect(beats.labels == [.init(name: "cluster", value: "a")])
        #expect(beats.connectionsMax == 7)
    }

    @Test func `who names an authority for clients wants their certificates`() throws {
        let settings = try read("receivers: {beats: {listen: ':1', tls: {cert_file: a, key_file: b, client_ca_file: c}}}\n")
        #expect(settings.beats?.tls?.clientAuthentication == .required)
        #expect(settings.referencedFiles == ["conf/a", "conf/b", "conf/c"])
    }

    @Test func `syslog has its transports and zone`() throws {
        let syslog = try #require(
            try read(
                """
                receivers:
                  syslog:
                    udp: 127.0.0.1:514
                    tcp: off
                    tls: {listen: ":6514", cert_file: a, key_file: b}
                    timezone: Europe/Berlin
                    max_message_size: 8KiB
                """
            ).syslog)
        #expect(try syslog.udp == ListenAddress("127.0.0.1:514"))
        #expect(syslog.tcp == nil)
        #expect(syslog.encrypted?.port == 6514)
        #expect(syslog.zone == SyslogZone("Europe/Berlin"))
        #expect(syslog.limits.messageBytesMax == 8192)
    }

    @Test func `every key of files is read`() throws {
        let files = try read(
            """
            receivers:
              files:
                - paths: [/var/log/*.log, apps/**/out]
                  exclude: [/var/log/secret*]
                  labels: {job: shop}
                  format: cri
                  start_at: end
                  encoding: utf-16le
                  multiline: {continuation: '^\\s', max_lines: 50, timeout: 2s}
                  max_line_size: 1MiB
                  max_files: 9
                  name: shop
                - paths: [/b]
            """
        ).files
        #expect(files.count == 2)
        #expect(files[0].paths.map(\.text) == ["/var/log/*.log", "conf/apps/**/out"])
        #expect(files[0].exclude.map(\.text) == ["/var/log/secret*"])
        #expect(files[0].format == .cri)
        #expect(files[0].start == .end)
        #expect(files[0].encoding == .utf16LittleEndian)
        #expect(files[0].lineBytesMax == 1 << 20)
        #expect(files[0].filesMax == 9)
        let rule = try #require(files[0].receiverSettings.tail.multiline)
        #expect(rule.linesMax == 50)
        #expect(rule.matches(Array(" at b".utf8)[...]))
        #expect(!rule.matches(Array("at b".utf8)[...]))
        #expect(files[0].receiverSettings.tail.multilineTimeoutMilliseconds == 2000)
        #expect(files[1].name == "/b")
        #expect(files[1].format == .auto)
    }

    @Test func `the journal is read when that is wanted`() throws {
        #expect(try read("receivers: {journal: false}\n").journal == nil)
        #expect(try read("receivers: {journal: true}\n").journal == JournalReceiver.Settings())
        let journal = try #require(try read("receivers: {journal: {units: [cart.service], directory: j, start_at: beginning}}\n").journal)
        #expect(journal.units == ["cart.service"])
        #expect(journal.directory == "conf/j")
        #expect(journal.start == .beginning)
    }

    @Test func `syslog that is taken nowhere is said`() throws {
        let configuration = try CollectorConfiguration.parse("receivers: {syslog: {timezone: UTC}}\n", file: "p.yml")
        #expect(configuration.warnings == ["p.yml:1:21: syslog is taken nowhere: none of udp, tcp and tls says where to listen"])
    }
}

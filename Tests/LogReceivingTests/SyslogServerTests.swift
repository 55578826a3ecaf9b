internal import Foundation
internal import Glibc
internal import Ingestion
internal import LogFormats
internal import PerchMetrics
internal import TelemetryModel
internal import Testing

@testable internal import LogReceiving

/// Over sockets, by the programs that machines send with.
@Suite("Syslog over sockets")
struct SyslogServerTests {
    private func serve(
        _ logs: RecordingLogs, _ transport: SyslogServer.Transport, limits: SyslogServer.Limits = .init(),
        _ body: (Int) async throws -> Void
    ) async throws {
        let reception = LogReception(LogIntake(storage: logs, now: presentNanoseconds), metrics: MetricRegistry())
        let server = SyslogServer(reception, transport, zone: SyslogZone("local") ?? SyslogZone(), limits: limits)
        try await whileServing({ try await server.run(host: "127.0.0.1", port: 0, onListening: $0, until: $1) }, body)
        #expect(reception.pending.current == 0, "all memory is given back")
        try await reception.shutdown()
    }

    private static let logger = AgentProcesses.installed("logger") ?? ""

    @Test(
        .enabled(if: AgentProcesses.installed("logger") != nil, "logger is not installed"), .timeLimit(.minutes(10)),
        arguments: [
            ["--udp", "--rfc5424"], ["--udp", "--rfc3164"], ["--tcp", "--rfc5424"], ["--tcp", "--rfc3164"], ["--tcp", "--octet-count"],
        ])
    func `what logger sends is kept`(options: [String]) async throws {
        let logs = RecordingLogs()
        try await serve(logs, options[0] == "--udp" ? .udp : .tcp(nil)) { port in
            let arguments =
                options + [
                    "--server", "127.0.0.1", "--port", "\(port)", "--tag", "shop", "--id=77", "--priority", "daemon.err", "order failed",
                ]
            let sent = try await AgentProcesses.run(Self.logger, arguments)
            #expect(sent.status == 0, "\(sent.output)")
            try await eventually("it is kept") { !logs.entries.isEmpty }
        }
        let entry = try #require(logs.entries.first)
        #expect(entry.line == "order failed", "\(options)")
        #expect(entry.labels["job"] == "syslog")
        #expect(entry.labels["service_name"] == "shop")
        #expect(entry.labels["host"]?.isEmpty == false)
        #expect(entry.metadata["facility"] == "daemon")
        #expect(entry.metadata["severity"] == "err")
        #expect(entry.metadata["detected_level"] == "error")
        #expect(entry.metadata["procid"] == "77")
        #expect(abs(entry.time - presentNanoseconds()) < 60_000_000_000, "\(options)")
    }

    @Test(.enabled(if: AgentProcesses.installed("rsyslogd") != nil, "rsyslogd is not installed"), .timeLimit(.minutes(10)))
    func `what rsyslogd forwards is kept`() async throws {
        let logs = RecordingLogs()
        let folder = try TemporaryFolder()
        let socket = "/tmp/perch-\(UUID().uuidString.prefix(8)).sock"
        defer { try? FileManager.default.removeItem(atPath: socket) }
        try await serve(logs, .tcp(nil)) { port in
            let configuration = """
                global(workDirectory="\(folder.path)")
                module(load="imuxsock" SysSock.Use="off")
                input(type="imuxsock" Socket="\(socket)")
                action(type="omfwd" target="127.0.0.1" port="\(port)" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
                """
            let file = folder.path + "/rsyslog.conf"
            try configuration.write(toFile: file, atomically: true, encoding: .utf8)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: AgentProcesses.installed("rsyslogd") ?? "")
            process.arguments = ["-n", "-f", file, "-i", folder.path + "/pid"]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            // Asked politely, it would go on trying to send for a while.
            defer {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            try await eventually("rsyslogd listens") { FileManager.default.fileExists(atPath: socket) }
            for index in 0..<50 {
                _ = try await AgentProcesses.run(
                    Self.logger, ["-u", socket, "--tag", "cart", "--priority", "local3.warning", "message \(index)"])
                if index % 10 == 9 { try await eventually("they are kept") { logs.entries.count > index } }
            }
        }
        #expect(Set(logs.lines.map { $0.trimmingCharacters(in: .whitespaces) }).isSuperset(of: (0..<50).map { "message \($0)" }))
        let entry = try #require(logs.entries.first { $0.line.hasSuffix("message 0") })
        #expect(entry.labels["service_name"] == "cart")
        #expect(entry.metadata["facility"] == "local3")
        #expect(entry.metadata["detected_level"] == "warn")
    }

    @Test(.enabled(if: AgentProcesses.installed("python3") != nil, "python3 is not installed"), .timeLimit(.minutes(10)))
    func `messages come over TLS`() async throws {
        let folder = try TemporaryFolder()
        let certificate = try await AgentProcesses.makeCertificate("localhost", in: folder)
        let script = """
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            with context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))), server_hostname='localhost') as client:
                for index in range(1000):
                    message = f'<13>1 - host app - - - message {index}'.encode()
                    client.sendall(str(len(message)).encode() + b' ' + message)
                client.unwrap()
            """
        let logs = RecordingLogs()
        try await serve(logs, .tcp(AgentTLS(certificateFile: certificate.certificate, keyFile: certificate.key))) { port in
            let sent = try await AgentProcesses.run(
                AgentProcesses.installed("python3") ?? "", ["-c", script, "\(port)", certificate.certificate])
            #expect(sent.status == 0, "\(sent.output)")
            try await eventually("all is kept") { logs.entries.count == 1000 }
        }
        #expect(logs.lines == (0..<1000).map { "message \($0)" })
    }

    @Test func `nothing is lost while storage is not available`() async throws {
        let logs = RecordingLogs()
        logs.refuse(1)
        try await serve(logs, .tcp(nil)) { port in
            let client = try SocketClient(port: port)
            for index in 0..<20_000 { client.send(Array("<13>1 - host app - - - message \(index)\n".utf8)) }
            client.close()
            try await eventually("all is kept") { logs.entries.count == 20_000 }
        }
        #expect(logs.lines == (0..<20_000).map { "message \($0)" })
    }

    @Test func `a last message without an end is kept, and a length that is none ends the connection`() async throws {
        let logs = RecordingLogs()
        try await serve(logs, .tcp(nil)) { port in
            do {
                let client = try SocketClient(port: port)
                client.send(Array("<13>1 - h a - - - first\n<13>1 - h a - - - last".utf8))
                client.close()
            }
            try await eventually("both are kept") { logs.lines.count == 2 }
            // Where that takes a while, the connection has ended before, and the server is told to end as well.
            logs.refuse(1)
            let other = try SocketClient(port: port)
            other.send(Array("25 <13>1 - h a - - - countedx".utf8))
            #expect(other.isEnded())
        }
        #expect(Set(logs.lines) == ["first", "last", "counted"])
    }

    @Test func `long messages are cut, in streams and datagrams`() async throws {
        var limits = SyslogServer.Limits()
        limits.messageBytesMax = 500
        for transport in [SyslogServer.Transport.tcp(nil), .udp] {
            let logs = RecordingLogs()
            try await serve(logs, transport, limits: limits) { port in
                let client = try SocketClient(port: port, type: transport == .udp ? SOCK_DGRAM : SOCK_STREAM)
                client.send(Array(("<13>1 - h a - - - " + String(repeating: "x", count: 2000) + "\n").utf8))
                client.send(Array("<13>1 - h a - - - next\n".utf8))
                try await eventually("both are kept") { logs.lines.count == 2 }
            }
            #expect(logs.lines.map(\.utf8.count) == [500 - "<13>1 - h a - - - ".utf8.count, 4])
        }
    }

    @Test func `zones of places are those of the day`() throws {
        let berlin = try #require(SyslogZone("Europe/Berlin")).clock(now: 0)
        #expect(berlin.offset(1_780_000_000) == 7200, "in summer")
        #expect(berlin.offset(1_795_867_200) == 3600, "in winter")
        #expect(SyslogZone("Nowhere/Land") == nil)
        #expect(SyslogZone().clock(now: 0).offset(1_780_000_000) == 0)
    }
}

internal import Compression
internal import Foundation
internal import Ingestion
internal import LogFormats
internal import PerchMetrics
internal import TelemetryModel
internal import Testing

@testable internal import LogReceiving

/// Over sockets, by clients that others wrote and by one that looks at single bytes.
@Suite("Beats over sockets")
struct BeatsServerTests {
    private func serve(
        _ logs: RecordingLogs, tls: AgentTLS? = nil, connectionsMax: Int = 100, sessionLimits: BeatsSession.Limits = .init(),
        _ body: (Int) async throws -> Void
    ) async throws {
        let intake = LogIntake(storage: logs, now: presentNanoseconds)
        let reception = LogReception(intake, metrics: MetricRegistry())
        let server = BeatsServer(
            reception, options: intake.options, labels: [("cluster", "test")], tls: tls, connectionsMax: connectionsMax,
            sessionLimits: sessionLimits)
        try await whileServing({ try await server.run(host: "127.0.0.1", port: 0, onListening: $0, until: $1) }, body)
        #expect(reception.pending.current == 0, "all memory is given back")
        try await reception.shutdown()
    }

    private func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
    private func window(_ count: Int) -> [UInt8] { Array("2W".utf8) + number(count) }
    private func event(_ sequence: Int, _ text: String) -> [UInt8] {
        let json = "{\"message\":\"\(text)\"}"
        return Array("2J".utf8) + number(sequence) + number(json.utf8.count) + Array(json.utf8)
    }

    private static let script = """
        import sys, json, datetime, pylogbeat
        now = lambda: datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%fZ')
        with pylogbeat.PyLogBeatClient('127.0.0.1', int(sys.argv[1]), timeout=30, **json.loads(sys.argv[2])) as client:
            for batch in range(5):
                client.send([{'@timestamp': now(), 'message': f'line {batch} {index}', 'host': {'name': 'node'},
                              'log': {'file': {'path': '/var/log/app.log'}}, 'fields': {'team': 'shop'}} for index in range(200)])
        print('acknowledged', end='')
        """

    @Test(
        .enabled(if: AgentProcesses.python != nil, "scripts/install-packages.sh test has not installed the agents"),
        .timeLimit(.minutes(10))
    )
    func `what a client from PyPI sends is kept and acknowledged`() async throws {
        let logs = RecordingLogs()
        logs.refuse(1)
        try await serve(logs) { port in
            let sent = try await AgentProcesses.run(AgentProcesses.python ?? "", ["-c", Self.script, "\(port)", "{}"])
            #expect(sent.output == "acknowledged")
        }
        #expect(logs.lines == (0..<5).flatMap { batch in (0..<200).map { "line \(batch) \($0)" } })
        #expect(logs.entries.first?.labels == ["cluster": "test", "host": "node", "service_name": "unknown_service"])
        #expect(logs.entries.first?.metadata["log_file_path"] == "/var/log/app.log")
        #expect(logs.entries.first?.metadata["fields_team"] == "shop")
    }

    @Test(
        .enabled(if: AgentProcesses.python != nil, "scripts/install-packages.sh test has not installed the agents"),
        .timeLimit(.minutes(10))
    )
    func `certificates of server and client are checked`() async throws {
        let folder = try TemporaryFolder()
        let server = try await AgentProcesses.makeCertificate("localhost", in: folder)
        let client = try await AgentProcesses.makeCertificate("agent", in: folder)
        let stranger = try await AgentProcesses.makeCertificate("stranger", in: folder)
        var tls = AgentTLS(certificateFile: server.certificate, keyFile: server.key)
        tls.clientAuthorityFile = client.certificate
        func options(_ shown: (certificate: String, key: String)?) -> String {
            let own = shown.map { ", \"certfile\": \"\($0.certificate)\", \"keyfile\": \"\($0.key)\"" } ?? ""
            return "{\"ssl_enable\": true, \"ca_certs\": \"\(server.certificate)\"\(own)}"
        }
        for (authentication, shown, isTaken) in [
            (AgentTLS.ClientAuthentication.none, nil, true), (.required, client, true), (.required, nil, false),
            (.required, stranger, false),
            (.optional, nil, true), (.optional, stranger, false),
        ] {
            tls.clientAuthentication = authentication
            let logs = RecordingLogs()
            try await serve(logs, tls: tls) { port in
                let sent = try await AgentProcesses.run(AgentProcesses.python ?? "", ["-c", Self.script, "\(port)", options(shown)])
                #expect((sent.output == "acknowledged") == isTaken, "\(authentication) \(sent.output)")
            }
            #expect(logs.lines.count == (isTaken ? 1000 : 0))
        }
    }

    @Test(
        .enabled(if: AgentProcesses.python != nil, "scripts/install-packages.sh test has not installed the agents"),
        .timeLimit(.minutes(10))
    )
    func `a logging handler that speaks to Logstash is understood`() async throws {
        let script = """
            import sys, logging
            from logstash_async.handler import AsynchronousLogstashHandler
            handler = AsynchronousLogstashHandler('127.0.0.1', int(sys.argv[1]), database_path=None, transport='logstash_async.transport.BeatsTransport',
                                                  ssl_enable=False, ssl_verify=False, ssl_verify_flags=None, keyfile=None, certfile=None, ca_certs=None)
            logger = logging.getLogger('shop')
            logger.setLevel(logging.INFO)
            logger.addHandler(handler)
            for index in range(10): logger.error('order %d failed', index, extra={'order_id': index})
            logging.shutdown()
            """
        let logs = RecordingLogs()
        try await serve(logs) { port in
            let sent = try await AgentProcesses.run(AgentProcesses.python ?? "", ["-c", script, "\(port)"])
            #expect(sent.status == 0, "\(sent.output)")
            try await eventually("all is kept") { logs.lines.count == 10 }
        }
        #expect(logs.lines == (0..<10).map { "order \($0) failed" })
        #expect(logs.entries.allSatisfy { $0.metadata["detected_level"] == "error" })
    }

    @Test func `an acknowledgement comes when events are kept, and signs of life before`() async throws {
        let logs = RecordingLogs()
        logs.refuse(.max)
        var limits = BeatsSession.Limits()
        limits.keepAlive = 100_000_000
        try await serve(logs, sessionLimits: limits) { port in
            let client = try SocketClient(port: port)
            client.send(window(2) + event(1, "a") + event(2, "b"))
            #expect(client.receive(6) == Array("2A".utf8) + number(0))
            #expect(logs.lines.isEmpty)
            logs.refuse(0)
            var answer: [UInt8] = []
            repeat { answer = client.receive(6) } while answer == Array("2A".utf8) + number(0)
            #expect(answer == Array("2A".utf8) + number(2))
            #expect(logs.lines == ["a", "b"])
        }
    }

    @Test func `a window in one compressed frame and in pieces is acknowledged alike`() async throws {
        let logs = RecordingLogs()
        try await serve(logs) { port in
            let client = try SocketClient(port: port)
            let compressed = try Codec.zlib.compress(event(1, "a") + event(2, "b"))
            let bytes = window(2) + Array("2C".utf8) + number(compressed.count) + compressed
            for byte in bytes { client.send([byte]) }
            #expect(client.receive(6) == Array("2A".utf8) + number(2))
            client.send(window(3) + event(1, "c"))
            #expect(client.receive(6) == Array("2A".utf8) + number(1), "a part of a window is kept after a moment")
            client.send(event(2, "d") + event(3, "e"))
            #expect(client.receive(6) == Array("2A".utf8) + number(3))
        }
        #expect(logs.lines == ["a", "b", "c", "d", "e"])
    }

    @Test func `what is no frame ends the connection, and only that one`() async throws {
        let logs = RecordingLogs()
        try await serve(logs) { port in
            let good = try SocketClient(port: port)
            good.send(window(1))
            for junk in [
                Array("GET / HTTP/1.1\r\n\r\n".utf8), Array("2J".utf8) + [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff],
                Array("2C".utf8) + [0, 0, 0, 3, 1, 2, 3],
            ] {
                let client = try SocketClient(port: port)
                client.send(junk)
                #expect(client.isEnded())
            }
            good.send(event(1, "a"))
            #expect(good.receive(6) == Array("2A".utf8) + number(1))
        }
    }

    @Test func `connections beyond the limit are closed, and those on which nothing comes`() async throws {
        var limits = BeatsSession.Limits()
        limits.stalled = 3_000_000_000
        try await serve(RecordingLogs(), connectionsMax: 2, sessionLimits: limits) { port in
            let stalled = try SocketClient(port: port)
            stalled.send(Array("2J".utf8))
            let other = try SocketClient(port: port)
            other.send(window(0))
            #expect(try SocketClient(port: port).isEnded(), "two are open")
            #expect(stalled.isEnded(), "it is closed after a while")
            // The client hears of the end before the server counts one less.
            try await eventually("a place is free") {
                let next = try SocketClient(port: port)
                next.send(window(1) + event(1, "a"))
                return next.receive(6) == Array("2A".utf8) + number(1)
            }
        }
    }

    @Test func `random bytes never end the server`() async throws {
        var generator = SystemRandomNumberGenerator()
        let logs = RecordingLogs()
        try await serve(logs) { port in
            for round in 0..<60 {
                let client = try SocketClient(port: port)
                var bytes = window(3) + event(1, "x") + event(2, "y") + event(3, "z")
                for _ in 0..<(round % 6) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
                client.send(bytes.prefix(Int.random(in: 1...bytes.count, using: &generator)))
            }
            let client = try SocketClient(port: port)
            client.send(window(1) + event(1, "last"))
            #expect(client.receive(6) == Array("2A".utf8) + number(1))
        }
        #expect(logs.lines.contains("last"))
    }
}

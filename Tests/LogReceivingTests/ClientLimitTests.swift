internal import Foundation
internal import Glibc
internal import Ingestion
internal import PerchMetrics
internal import Synchronization
internal import Testing

@testable internal import LogReceiving

/// A client over its limit waits where its protocol lets it, and loses nothing; only datagrams are dropped.
@Suite("Limits of clients that send logs over sockets")
struct ClientLimitTests {
    /// Ten entries a second, by a clock that a test turns.
    private final class Setup: Sendable {
        let logs = RecordingLogs()
        let registry = MetricRegistry()
        let reception: LogReception
        private let clock = TurnedClock()

        init(_ change: (inout ClientRates) -> Void = { $0.items = 10 }) {
            var rates = ClientRates()
            rates.burstSeconds = 1
            change(&rates)
            let clock = clock
            reception = LogReception(
                LogIntake(storage: logs, now: presentNanoseconds), clients: ClientLimiter(rates) { clock.value }, metrics: registry)
        }

        func advance(seconds: Int64) { clock.advance(seconds) }

        var page: String {
            var text: [UInt8] = []
            registry.render(.prometheus, into: &text)
            return String(decoding: text, as: UTF8.self)
        }
    }

    private final class TurnedClock: Sendable {
        private let nanoseconds = Atomic<Int64>(1_000_000_000_000)
        var value: Int64 { nanoseconds.load(ordering: .relaxed) }
        func advance(_ seconds: Int64) { nanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed) }
    }

    private func message(_ text: String) -> [UInt8] { Array("<13>1 - host app - - - \(text)\n".utf8) }

    @Test func `syslog over TCP is left unread until the client may send again`() async throws {
        let setup = Setup()
        let server = SyslogServer(setup.reception, .tcp(nil))
        try await whileServing({ try await server.run(host: "127.0.0.1", port: 0, onListening: $0, until: $1) }) { port in
            let client = try SocketClient(port: port)
            client.send((0..<40).flatMap { message("first \($0)") })
            try await eventually("a large piece passes") { setup.logs.entries.count == 40 }
            client.send(message("late"))
            try await Task.sleep(for: .milliseconds(300))
            #expect(setup.logs.entries.count == 40)
            setup.advance(seconds: 4)
            try await eventually("the rest is read") { setup.logs.lines.last == "late" }
        }
        #expect(setup.page.contains(#"perch_receiver_agent_held_back_total{limit="items",protocol="syslog_tcp"} 1"#), "\(setup.page)")
        #expect(setup.logs.entries.count == 41)
        try await setup.reception.shutdown()
    }

    @Test func `a server ends though a connection is held back`() async throws {
        let setup = Setup { $0.bytes = 1 }
        let server = SyslogServer(setup.reception, .tcp(nil))
        let started = ContinuousClock.now
        try await whileServing({ try await server.run(host: "127.0.0.1", port: 0, onListening: $0, until: $1) }) { port in
            let client = try SocketClient(port: port)
            client.send(message("first"))
            try await eventually("it is kept") { setup.logs.entries.count == 1 }
        }
        #expect(ContinuousClock.now - started < .seconds(4))
        #expect(setup.reception.pending.current == 0)
        try await setup.reception.shutdown()
    }

    @Test(arguments: ["items", "requests", "bytes"])
    func `datagrams of syslog beyond a limit are dropped and counted`(limit: String) async throws {
        let setup = Setup { rates in
            switch limit {
            case "items": rates.items = 10
            case "requests": rates.requests = 10
            default: rates.bytes = Double(10 * message("number 10").count)
            }
        }
        let server = SyslogServer(setup.reception, .udp)
        try await whileServing({ try await server.run(host: "127.0.0.1", port: 0, onListening: $0, until: $1) }) { port in
            let client = try SocketClient(port: port, type: SOCK_DGRAM)
            for number in 10..<30 { client.send(message("number \(number)")) }
            try await eventually("ten are kept, ten dropped") {
                setup.logs.entries.count == 10
                    && setup.page.contains("perch_receiver_agent_dropped_datagrams_total{limit=\"\(limit)\",protocol=\"syslog_udp\"} 10")
            }
            setup.advance(seconds: 1)
            client.send(message("late"))
            try await eventually("it is taken again") { setup.logs.lines.last == "late" }
        }
        #expect(setup.logs.lines == (10..<20).map { "number \($0)" } + ["late"])
        try await setup.reception.shutdown()
    }

    private func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    private func window(_ texts: [String]) -> [UInt8] {
        texts.enumerated().reduce(into: Array("2W".utf8) + number(texts.count)) { bytes, event in
            let json = Array("{\"message\":\"\(event.element)\"}".utf8)
            bytes += Array("2J".utf8) + number(event.offset + 1) + number(json.count) + json
        }
    }

    @Test(arguments: ["items", "requests", "bytes"])
    func `a Beat over a limit gets no acknowledgement until it may send again, and signs of life meanwhile`(limit: String) async throws {
        let setup = Setup { rates in
            switch limit {
            case "items": rates.items = 2
            case "requests": rates.requests = 1
            default: rates.bytes = 40
            }
        }
        var limits = BeatsSession.Limits()
        limits.keepAlive = 100_000_000
        let server = BeatsServer(
            setup.reception, options: LogIntakeOptions(), labels: [], tls: nil, connectionsMax: 10, sessionLimits: limits)
        let (alive, done) = (Array("2A".utf8) + number(0), Array("2A".utf8) + number(3))
        try await whileServing({ try await server.run(host: "127.0.0.1", port: 0, onListening: $0, until: $1) }) { port in
            let client = try SocketClient(port: port)
            if limit != "bytes" {
                client.send(window(["a", "b", "c"]))
                #expect(client.receive(6) == done, "a window passes")
            }
            client.send(window(["d", "e", "f"]))
            for _ in 0..<4 { #expect(client.receive(6) == alive) }
            #expect(!setup.logs.lines.contains("d"))
            setup.advance(seconds: 30)
            var answer: [UInt8] = []
            repeat { answer = client.receive(6) } while answer == alive
            #expect(answer == done)
        }
        #expect(setup.logs.lines.suffix(3) == ["d", "e", "f"])
        #expect(
            setup.page.contains("perch_receiver_agent_held_back_total{limit=\"\(limit)\",protocol=\"beats\"}"), "\(setup.page)")
        try await setup.reception.shutdown()
    }
}

internal import HTTPTypes
internal import HummingbirdTesting
internal import NIOCore
internal import QueryModel
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct TailTests {
    private static let orders = "/loki/api/v1/tail?query=" + TestConnection.encoded(#"{app="orders"}"#)

    private func entry(
        _ line: String, _ labels: LabelSet = ["app": "orders", "pod": "a"], seconds: Int64 = 0, metadata: LabelSet = [:]
    ) -> LogFixture {
        LogFixture(labels: labels, time: LogFixture.now + seconds * LogFixture.second, line: line, metadata: metadata)
    }

    private func port(_ connection: TestConnection) throws -> Int { try #require(connection.client.port) }

    @Test func `what is there comes first, then what comes`() async throws {
        let server = LogTestServer()
        try await server.run { connection async throws in
            let socket = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            #expect(socket.answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            // The example of RFC 6455.
            #expect(socket.answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            let history = try await socket.next()
            #expect(history.opcode == 1)
            #expect(
                history.text == #"{"streams":["#
                    + #"{"stream":{"app":"orders","detected_level":"info","pod":"a"},"values":[["1699999950000000000","order 1 accepted"]]},"#
                    + #"{"stream":{"app":"orders","detected_level":"error","pod":"a","trace_id":"5b8aa5a2d2c872e8321cf37308d69df2"},"#
                    + #""values":[["1699999960000000000","order 2 declined"]]},"#
                    + #"{"stream":{"app":"orders","pod":"b"},"values":[["1699999970000000000","order 3 accepted \"quoted\"\n\u0007"]]}]}"#)
            server.store.append([entry("other", ["app": "payments"]), entry("order 4")])
            let live = try await socket.next()
            #expect(live.text == #"{"streams":[{"stream":{"app":"orders","pod":"a"},"values":[["1700000000000000000","order 4"]]}]}"#)
            #expect(try await connection.get("/metrics").text.contains("perch_log_tails 1\n"))
            try await socket.send(8, [3, 232])
            let farewell = try await socket.next()
            #expect(farewell.opcode == 8 && farewell.code == 1000)
            try await RawWebSocket.eventually("the end of the connection") { socket.isClosed }
            try await RawWebSocket.eventually("the end of the subscription") { server.store.takerCount == 0 }
        }
    }

    @Test func `the flag sorts labels into kinds, the limit and the start cut what is there`() async throws {
        let server = LogTestServer()
        try await server.run { connection async throws in
            let flag = "X-Loki-Response-Encoding-Flags: categorize-labels"
            let socket = try await RawWebSocket(
                port: try port(connection), target: TailTests.orders + "&limit=1&start=\(LogFixture.now - 45 * LogFixture.second)",
                headers: [flag])
            #expect(
                try await socket.next().text == #"{"streams":[{"stream":{"app":"orders","pod":"b"},"#
                    + #""values":[["1699999970000000000","order 3 accepted \"quoted\"\n\u0007",{}]]}],"encodingFlags":["categorize-labels"]}"#
            )
            server.store.append([entry("x", metadata: ["trace_id": "1"])])
            #expect(try await socket.next().text.contains(#"["1700000000000000000","x",{"structuredMetadata":{"trace_id":"1"}}]"#))
        }
    }

    @Test func `lines go through the pipeline, and a query may find none`() async throws {
        let server = LogTestServer(store: LogStore([]))
        try await server.run { connection async throws in
            let query = #"{app=~".+"} |= "keep" | logfmt | level="warn" | line_format "{{.msg}}""#
            let socket = try await RawWebSocket(
                port: try port(connection), target: "/loki/api/v1/tail?query=" + TestConnection.encoded(query))
            try await RawWebSocket.eventually("the subscription") { server.store.takerCount == 1 }
            server.store.append([entry("level=warn msg=no"), entry("level=info msg=keep"), entry("level=warn msg=keep-me")])
            let frame = try await socket.next().text
            #expect(frame.contains(#"["1700000000000000000","keep-me"]"#) && !frame.contains("level=info"))
            #expect(frame.contains(#""level":"warn""#))
        }
    }

    @Test func `entries that come while storage is read go out once`() async throws {
        let late = LogFixture(labels: ["app": "orders"], time: LogFixture.now - 1, line: "late")
        let store = Mutex<LogStore?>(nil)
        let once = Atomic<Bool>(false)
        // What is appended here is in the tables that are read next, and is told of as new as well.
        let server = LogTestServer(
            store: LogStore([late]) {
                if once.exchange(true, ordering: .relaxed) { return }
                store.withLock { $0 }?.append([late, LogFixture(labels: ["app": "orders"], time: LogFixture.now, line: "between")])
            })
        store.withLock { $0 = server.store }
        try await server.run { connection async throws in
            let socket = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            var text = try await socket.next().text
            server.store.append([entry("last", ["app": "orders"])])
            while !text.contains("last") { text += try await socket.next().text }
            #expect(text.ranges(of: #""between""#).count == 1)
            // Twice in storage, so it is there twice.
            #expect(text.ranges(of: #""late""#).count == 2)
        }
        store.withLock { $0 = nil }
    }

    @Test func `pings come every second, and are answered with the same`() async throws {
        let server = LogTestServer(store: LogStore([]))
        try await server.run { connection async throws in
            let socket = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            _ = try await socket.ping()
            _ = try await socket.ping()
            try await socket.send(9, Array("abc".utf8))
            let pong = try await socket.next()
            #expect(pong.opcode == 10 && pong.text == "abc")
            // Messages of the client say nothing, and do no harm.
            try await socket.send(1, Array("hello".utf8))
            server.store.append([entry("x")])
            #expect(try await socket.next().text.contains(#""x""#))
        }
    }

    @Test func `a client that breaks the protocol is told so`() async throws {
        try await LogTestServer(store: LogStore([])).run { connection async throws in
            let unmasked = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            try await unmasked.send(1, [1], isMasked: false)
            #expect(try await unmasked.next().code == 1002)
            let fragmented = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            try await fragmented.channel.writeAndFlush(ByteBuffer(bytes: [0x09, 0x80, 1, 2, 3, 4]))
            #expect(try await fragmented.next().code == 1002)
            let large = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            try await large.channel.writeAndFlush(ByteBuffer(bytes: [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0]))
            #expect(try await large.next().code == 1009)
            try await RawWebSocket.eventually("the end of the connections") { unmasked.isClosed && fragmented.isClosed && large.isClosed }
        }
    }

    @Test func `what is wrong is answered before the connection changes its protocol`() async throws {
        var server = LogTestServer()
        server.tailsMax = 1
        let store = server.store
        try await server.run { connection async throws in
            let port = try port(connection)
            for (more, reason) in [("&limit=0", "limit must be a positive value"), ("&delay_for=6", "delay_for can't be greater than 5")] {
                let socket = try await RawWebSocket(port: port, target: TailTests.orders + more)
                #expect(socket.answer.hasPrefix("HTTP/1.1 400 "))
                #expect(try await socket.body(containing: reason) == reason)
                // The parser takes nothing after such a request.
                try await RawWebSocket.eventually("the end of the connection") { socket.isClosed }
            }
            let metric = try await RawWebSocket(
                port: port, target: "/loki/api/v1/tail?query=" + TestConnection.encoded(#"rate({app="x"}[1m])"#))
            #expect(metric.answer.hasPrefix("HTTP/1.1 400 "))
            let old = try await RawWebSocket(port: port, target: TailTests.orders, version: "8")
            #expect(old.answer.hasPrefix("HTTP/1.1 400 ") && old.answer.lowercased().contains("sec-websocket-version: 13"))
            let plain = try await connection.logs("/tail", [("query", #"{app="x"}"#)])
            #expect(plain.status == 400 && plain.text.contains("WebSocket"))
            let first = try await RawWebSocket(port: port, target: TailTests.orders)
            #expect(first.answer.hasPrefix("HTTP/1.1 101 "))
            let second = try await RawWebSocket(port: port, target: TailTests.orders)
            #expect(
                try await second.body(containing: "max concurrent") == "max concurrent tail requests limit exceeded, count > limit (2 > 1)")
            first.channel.close(promise: nil)
            try await RawWebSocket.eventually("the end of the first") { store.takerCount == 0 }
        }
    }

    @Test func `a request for another protocol is answered, and ends the connection`() async throws {
        try await LogTestServer().run { connection async throws in
            let socket = try await RawWebSocket(port: try port(connection), target: "/loki/api/v1/labels")
            #expect(socket.answer.hasPrefix("HTTP/1.1 200 "))
            #expect(try await socket.body(containing: "pod").contains(#""data":["app","pod"]"#))
            try await RawWebSocket.eventually("the end of the connection") { socket.isClosed }
        }
    }

    @Test func `a query that fails ends the connection with its reason`() async throws {
        let server = LogTestServer(source: FailingLogs { _ throws(QueryError) in throw QueryError(.storage, "page 7 is damaged") })
        try await server.run { connection async throws in
            let socket = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            let frame = try await socket.next()
            #expect(frame.opcode == 8 && frame.code == 1011 && frame.reason == "page 7 is damaged")
        }
    }

    @Test func `a client that does not read takes bounded memory, and is told what it missed`() async throws {
        let server = LogTestServer(store: LogStore([]))
        try await server.run { connection async throws in
            let socket = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            try await RawWebSocket.eventually("the subscription") { server.store.takerCount == 1 }
            // Nothing is read from the socket, so that it fills up.
            try await socket.channel.setOption(.autoRead, value: false).get()
            let line = String(repeating: "x", count: 20_000)
            var appended = 0
            while try await connection.get("/metrics").text.contains("perch_log_tail_entries_dropped_total 0\n"), appended < 5_000 {
                server.store.append((0..<100).map { entry(line, seconds: Int64(appended + $0)) })
                appended += 100
                try await Task.sleep(for: .milliseconds(20))
            }
            try await socket.channel.setOption(.autoRead, value: true).get()
            var dropped = false
            var lines = 0
            while !dropped {
                let text = try await socket.next(within: 60).text
                lines += text.ranges(of: line).count
                dropped = text.contains(#""dropped_entries":[{"timestamp":"17000"#)
            }
            #expect(dropped && lines < appended)
        }
    }

    @Test func `a client that never reads is sent away`() async throws {
        var server = LogTestServer(store: LogStore([]))
        server.tailPatience = .milliseconds(100)
        let store = server.store
        try await server.run { connection async throws in
            let socket = try await RawWebSocket(port: try port(connection), target: TailTests.orders)
            try await RawWebSocket.eventually("the subscription") { store.takerCount == 1 }
            try await socket.channel.setOption(.autoRead, value: false).get()
            let line = String(repeating: "x", count: 50_000)
            try await RawWebSocket.eventually("the end of the subscription", within: 60) {
                if store.takerCount == 1 { store.append((0..<20).map { entry(line, seconds: Int64($0)) }) }
                return store.takerCount == 0
            }
            socket.channel.close(promise: nil)
        }
    }
}

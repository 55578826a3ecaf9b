internal import Foundation
internal import LogStorage
internal import TelemetryModel
internal import Testing

/// Logs of agents and files by the binary, and what is found of them in the data directory.
@Suite("Log agents", .serialized)
struct LogAgentTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let python = root + "/.venv-agents/bin/python"
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: python) && installed("logger") != nil

    private func accepted(_ perch: PerchProcess, _ protocolName: String) async throws -> Int {
        let prefix = "perch_receiver_agent_accepted_entries_total{protocol=\"\(protocolName)\"} "
        return try await perch.get("/metrics").text.split(separator: "\n").first { $0.hasPrefix(prefix) }
            .flatMap { Int($0.dropFirst(prefix.count)) } ?? 0
    }

    /// All lines in the storage, by stream.
    private func lines(_ dataDirectory: String) throws -> [(labels: LabelSet, line: String)] {
        let storage = try LogStorage(directory: dataDirectory + "/logs") { Int64(Date().timeIntervalSince1970 * 1e9) }
        var lines: [(LabelSet, String)] = []
        for table in try storage.tables(matching: [], from: 0, to: .max) {
            let frame = try table.frame()
            let texts = try table.lines(of: (0..<Int32(table.rowCount)).map { $0 })
            for (stream, labels) in frame.streams.enumerated() {
                for row in frame.streamStarts[stream]..<frame.streamStarts[stream + 1] { lines.append((labels, texts.string(Int(row)))) }
            }
        }
        try storage.close()
        return lines
    }

    @Test(.enabled(if: isInstalled, "scripts/install-packages.sh test has not installed the agents"), .timeLimit(.minutes(10)))
    func whatAgentsSendIsStored() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            receivers:
              beats: 127.0.0.1:0
              syslog: {udp: 127.0.0.1:0, tcp: 127.0.0.1:0}
              files:
                - paths: [service.log]
                  labels: {job: shop}
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        for name in ["beats", "syslog_udp", "syslog_tcp"] {
            try await perch.eventually("\(name) listens") { perch.receiverAddresses[name] != nil }
        }
        func port(_ name: String) -> String { perch.receiverAddresses[name]?.split(separator: ":").last.map(String.init) ?? "" }
        let script = """
            import sys, datetime, pylogbeat
            now = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%fZ')
            with pylogbeat.PyLogBeatClient('127.0.0.1', int(sys.argv[1]), timeout=30) as client:
                client.send([{'@timestamp': now, 'message': 'from a beat', 'host': {'name': 'node'}, 'service': {'name': 'cart'}}])
            """
        #expect(try await run(Self.python, ["-c", script, port("beats")]).status == 0)
        for transport in ["udp", "tcp"] {
            let arguments = [
                "--\(transport)", "--server", "127.0.0.1", "--port", port("syslog_" + transport), "--tag", "cron", "by \(transport)",
            ]
            #expect(try await run(try #require(installed("logger")), arguments).status == 0)
        }
        _ = try folder.write("{\"event\": \"Fetching product\", \"level\": \"info\"}\n", to: "service.log")
        for name in ["beats", "syslog_udp", "syslog_tcp", "files"] {
            try await perch.eventually("\(name) is taken") { try await accepted(perch, name) == 1 }
        }
        #expect(try await perch.terminate() == 0)
        let found = try lines(perch.dataDirectory)
        #expect(
            Set(found.map(\.line)) == [
                "from a beat", "by udp", "by tcp", "{\"event\": \"Fetching product\", \"level\": \"info\"}",
            ])
        #expect(found.first { $0.line == "from a beat" }?.labels == ["host": "node", "service_name": "cart"])
        #expect(found.first { $0.line == "by udp" }?.labels["service_name"] == "cron")
        #expect(found.first { $0.line.hasPrefix("{") }?.labels["job"] == "shop")
    }

    @Test(.timeLimit(.minutes(10))) func linesOfFilesSurviveKills() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("receivers: {files: [{paths: ['*.log']}]}\n", to: "perch.yml")
        let path = folder.path + "/app.log"
        var written: [String] = []
        func write(_ count: Int) throws {
            let lines = (0..<count).map { "line \(written.count + $0)" }
            if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
            try handle.close()
            written += lines
        }
        var lastOfFirstFile = ""
        for round in 0..<3 {
            try write(2000)
            let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
            try write(3000)
            // In the middle of things, later each time.
            try await Task.sleep(for: .milliseconds(100 + 250 * round))
            perch.child.send(signal: SIGKILL)
            _ = try await perch.child.status()
            if round == 1 {
                try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/app.1.log")
                lastOfFirstFile = written.last ?? ""
            }
        }
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        try write(1)
        let last = written.last ?? ""
        // A file is read from its beginning to its end.
        for line in [lastOfFirstFile, last] {
            let query = PerchProcess.encoded("{filename=~\".+\"} |~ \"^\(line)$\"")
            try await perch.eventually("everything up to \(line) is read") {
                try await perch.get("/loki/api/v1/query_range?query=" + query).text.contains("\"\(line)\"")
            }
        }
        try await perch.eventually("nothing is left") {
            try await perch.get("/metrics").text.split(separator: "\n").contains {
                $0.hasPrefix("perch_receiver_files_behind_bytes{") && $0.hasSuffix(" 0")
            }
        }
        #expect(try await perch.terminate() == 0)
        let counts = Dictionary(try lines(perch.dataDirectory).map { ($0.line, 1) }, uniquingKeysWith: +)
        #expect(counts[last] == 1)
        #expect(written.allSatisfy { counts[$0] != nil }, "\(written.filter { counts[$0] == nil }.prefix(3)) are missing")
        #expect(counts.count == written.count)
        #expect(counts.values.allSatisfy { $0 <= 4 }, "at most once more for each kill")
    }
}

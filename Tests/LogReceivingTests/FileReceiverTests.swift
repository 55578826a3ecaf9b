internal import Foundation
internal import Ingestion
internal import LogFormats
internal import Logging
internal import PerchMetrics
internal import TelemetryModel
internal import Testing

@testable internal import LogReceiving

/// On the disk.
@Suite("Files on the disk")
struct FileReceiverTests {
    private func reading(
        _ logs: RecordingLogs, _ settings: FileReceiver.Settings, positions: String, _ body: () async throws -> Void
    ) async throws {
        let metrics = MetricRegistry()
        let reception = LogReception(LogIntake(storage: logs, now: presentNanoseconds), metrics: metrics)
        let store = try PositionStore(path: positions)
        let receiver = FileReceiver(reception, settings, store: store, logger: Logger(label: "test"), metrics: metrics)
        try await whileServing({ onListening, stop in
            onListening(0)
            try await receiver.run(until: stop)
        }) { _ in try await body() }
        try store.close()
        try await reception.shutdown()
    }

    private func append(_ text: String, to path: String) throws {
        if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    private func settings(_ folder: TemporaryFolder, _ pattern: String = "/**/*.log") -> FileReceiver.Settings {
        FileReceiver.Settings(name: "test", patterns: [FilePattern(folder.path + pattern)])
    }

    @Test(.timeLimit(.minutes(10))) func `lines are kept through rotation and a new start, each once`() async throws {
        let folder = try TemporaryFolder()
        let positions = try TemporaryFolder()
        let logs = RecordingLogs()
        let path = folder.path + "/app.log"
        try append("one\n", to: path)
        try await reading(logs, settings(folder), positions: positions.path + "/p.sqlite") {
            try await eventually("the first line") { logs.lines == ["one"] }
            try append("two\n", to: path)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            try append("three\n", to: path)
            try FileManager.default.createDirectory(atPath: folder.path + "/a/b", withIntermediateDirectories: true)
            try append("deep\n", to: folder.path + "/a/b/other.log")
            try await eventually("lines of three files") { logs.lines.count == 4 }
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.truncate(atOffset: 0)
            try handle.close()
            try append("4\n", to: path)
            try await eventually("after it was cut short") { logs.lines.count == 5 }
        }
        try append("five\n", to: path)
        try await reading(logs, settings(folder), positions: positions.path + "/p.sqlite") {
            try await eventually("after a new start") { logs.lines.count == 6 }
            try await Task.sleep(for: .milliseconds(1200))
        }
        #expect(logs.lines.sorted() == ["4", "deep", "five", "one", "three", "two"])
        #expect(logs.entries.first?.labels == ["filename": path, "service_name": "unknown_service"])
    }

    @Test func `patterns find files in folders within folders, and leave out what is excluded`() throws {
        let folder = try TemporaryFolder()
        for path in ["/a.log", "/b.txt", "/x/a.log", "/x/y/a.log", "/x/y/c1.log", "/.hidden/a.log", "/x/.a.log"] {
            let full = folder.path + path
            try FileManager.default.createDirectory(atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try append("x", to: full)
        }
        // A link back to where it is: it is not gone into.
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/x/back", withDestinationPath: folder.path)
        func find(_ pattern: String) -> [String] {
            var found = FilePattern.Found()
            FilePattern(folder.path + pattern).find(into: &found)
            #expect(found.files.allSatisfy { FilePattern(folder.path + pattern).matches($0.path) })
            return found.files.map { String($0.path.dropFirst(folder.path.count)) }.sorted()
        }
        #expect(find("/*.log") == ["/a.log"])
        #expect(find("/**/*.log") == ["/a.log", "/x/a.log", "/x/y/a.log", "/x/y/c1.log"])
        #expect(find("/x/**") == ["/x/a.log", "/x/y/a.log", "/x/y/c1.log"])
        #expect(find("/*/y/c[0-9].log") == ["/x/y/c1.log"])
        #expect(find("/a.log") == ["/a.log"])
        #expect(find("/nowhere/*.log") == [])
        #expect(!FilePattern("/var/**/*.gz").matches("/var/log/a.log"))
        #expect(FilePattern("/var/**/*.gz").matches("/var/a.gz"))
    }

    @Test(.timeLimit(.minutes(10))) func `a file that comes while nothing runs is read whole, also where files are read from their end`()
        async throws
    {
        let folder = try TemporaryFolder()
        let positions = try TemporaryFolder()
        let logs = RecordingLogs()
        var settings = settings(folder)
        settings.tail.start = .end
        let store = positions.path + "/p.sqlite"
        try await reading(logs, settings, positions: store) {
            try await eventually("the first look") {
                // It may be in the middle of writing.
                guard let other = try? PositionStore(path: store) else { return false }
                defer { try? other.close() }
                return (try? other.positions(of: "test")) == .some([])
            }
        }
        try append("new\n", to: folder.path + "/app.log")
        try await reading(logs, settings, positions: store) {
            try await eventually("the new file") { logs.lines == ["new"] }
        }
    }

    @Test(.timeLimit(.minutes(10))) func `logs of containers have the names that their path says`() async throws {
        let folder = try TemporaryFolder()
        let positions = try TemporaryFolder()
        let logs = RecordingLogs()
        let path = folder.path + "/pods/shop_cart-7d9f_0a1b/server"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try append("2026-01-02T03:04:05.000000006Z stderr P half, \n2026-01-02T03:04:06Z stderr F whole level=warn\n", to: path + "/0.log")
        var settings = settings(folder)
        settings.labels = [("cluster", "test")]
        try await reading(logs, settings, positions: positions.path + "/p.sqlite") {
            try await eventually("the line") { !logs.lines.isEmpty }
        }
        let entry = try #require(logs.entries.first)
        #expect(entry.line == "half, whole level=warn")
        #expect(entry.time == 1_767_323_045_000_000_006)
        #expect(
            entry.labels == [
                "cluster": "test", "k8s_container_name": "server", "filename": path + "/0.log", "k8s_namespace_name": "shop",
                "k8s_pod_name": "cart-7d9f",
                "service_name": "server",
            ])
        #expect(entry.metadata == ["detected_level": "warn", "stream": "stderr"])
    }

    @Test(
        .enabled(if: AgentProcesses.python != nil, "scripts/install-packages.sh test has not installed the agents"),
        .timeLimit(.minutes(10))
    )
    func `what structlog writes has its time and level`() async throws {
        let script = """
            import sys, structlog
            structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt='iso'),
                                            structlog.processors.JSONRenderer()],
                                logger_factory=structlog.WriteLoggerFactory(file=open(sys.argv[1], 'a')))
            logger = structlog.get_logger()
            for product_id in range(100):
                logger.info('Fetching product', product_id=product_id)
            logger.warning('Out of stock', product_id=7, trace_id='0af7651916cd43dd8448eb211c80319c')
            """
        let folder = try TemporaryFolder()
        let positions = try TemporaryFolder()
        let logs = RecordingLogs()
        var settings = settings(folder)
        settings.labels = [("service_name", "product-catalog")]
        try await reading(logs, settings, positions: positions.path + "/p.sqlite") {
            let written = try await AgentProcesses.run(AgentProcesses.python ?? "", ["-c", script, folder.path + "/service.log"])
            #expect(written.status == 0, "\(written.output)")
            try await eventually("all lines") { logs.entries.count == 101 }
        }
        #expect(logs.entries.allSatisfy { $0.labels["service_name"] == "product-catalog" })
        let last = try #require(logs.entries.last)
        #expect(last.metadata["detected_level"] == "warn")
        #expect(last.metadata["trace_id"] == "0af7651916cd43dd8448eb211c80319c")
        #expect(last.line.contains("\"event\": \"Out of stock\""))
        let written = try #require(last.line.firstRange(of: "\"timestamp\": \"")).upperBound
        let text = Array(last.line[written...].prefix { $0 != "\"" }.utf8)
        #expect(text.withUnsafeBufferPointer { LogTime.any($0) } == last.time)
        #expect(logs.entries.dropLast().allSatisfy { $0.metadata["detected_level"] == "info" })
    }

    @Test func `positions that were written are read again, and those of others left alone`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/p.sqlite"
        let mark = ContentMark(end: 7, length: 3, hash: .max)
        let position = FilePosition(
            identity: FileIdentity(device: .max, inode: 1 << 63), path: "/a", offset: 5, head: ContentMark(end: 2, length: 2, hash: 9),
            check: mark)
        do {
            let store = try PositionStore(path: path)
            #expect(try store.positions(of: "a") == nil)
            try store.save([], forget: [], of: "a")
            #expect(try store.positions(of: "a") == [])
            try store.save([position], forget: [], of: "a")
            try store.save([position], forget: [position.identity], of: "b")
            try store.setCursor("s=1", of: "journal")
            try store.close()
        }
        let store = try PositionStore(path: path)
        #expect(try store.positions(of: "a") == [position])
        #expect(try store.positions(of: "b") == [])
        #expect(try store.cursor(of: "journal") == "s=1")
        try store.close()
        #expect(throws: PositionStoreError.self) { try PositionStore(path: folder.path) }
    }
}

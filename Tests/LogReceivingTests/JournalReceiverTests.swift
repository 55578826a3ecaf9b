internal import Foundation
internal import Ingestion
internal import LogFormats
internal import Logging
internal import PerchMetrics
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import LogReceiving

@Suite("systemd's journal")
struct JournalReceiverTests {
    private func entry(_ number: Int) -> [UInt8] {
        let binary = "two\nlines \(number)"
        let length = (0..<8).map { UInt8(truncatingIfNeeded: binary.utf8.count >> (8 * $0)) }
        return Array(
            "__CURSOR=s=1;i=\(number)\n__REALTIME_TIMESTAMP=17000000000\(10000 + number)\n_SYSTEMD_UNIT=cart.service\nPRIORITY=3\nMESSAGE\n"
                .utf8)
            + length + Array((binary + "\n\n").utf8)
    }

    @Test func `entries are cut from each other however their bytes come`() throws {
        let stream = (0..<20).flatMap { entry($0) }
        var generator = SeededGenerator(seed: 0x10)
        for _ in 0..<100 {
            var splitter = JournalSplitter()
            var found: [UInt8] = []
            var cursor: String?
            var start = 0
            while start < stream.count {
                let end = min(stream.count, start + Int.random(in: 1...100, using: &generator))
                try splitter.feed(stream[start..<end])
                start = end
                if splitter.hasEntries, Bool.random(using: &generator) {
                    let taken = splitter.take()
                    found += taken.bytes
                    cursor = taken.cursor
                    #expect(found.count % entry(10).count <= 400)
                }
            }
            if splitter.hasEntries {
                let taken = splitter.take()
                found += taken.bytes
                cursor = taken.cursor
            }
            #expect(found == stream)
            #expect(cursor == "s=1;i=19")
        }
    }

    @Test func `a field that is too long is left out, and what is no journal refused`() throws {
        var splitter = JournalSplitter()
        let length = 5 << 20
        let long =
            Array("COREDUMP\n".utf8) + (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
            + [UInt8](repeating: 0x0a, count: length + 1)
        try splitter.feed(long.prefix(1000))
        try splitter.feed(long.dropFirst(1000) + entry(1))
        #expect(splitter.take().bytes == entry(1))
        #expect(throws: LogFormatError.self) { try splitter.feed([UInt8](repeating: 0x41, count: 1000)) }
        var generator = SeededGenerator(seed: 0x11)
        for _ in 0..<2000 {
            var bytes = entry(1) + entry(2)
            for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator) }
            var splitter = JournalSplitter()
            do throws(LogFormatError) { try splitter.feed(bytes) } catch { continue }
            #expect(splitter.take().bytes.count <= bytes.count)
        }
    }

    /// A program in place of `journalctl` that prints entries from behind the cursor it is given, and then waits; while there is a file `one`, it
    /// prints the first only, and ends.
    private func program(in folder: TemporaryFolder) throws -> String {
        for number in 0..<3 { try Data(entry(number)).write(to: URL(fileURLWithPath: folder.path + "/\(number)")) }
        let script = """
            #!/bin/sh
            first=0
            for argument in "$@"; do
                case $argument in --after-cursor=s=1\\;i=*) first=$((${argument##*i=} + 1)) ;; esac
            done
            echo "$*" >> \(folder.path)/arguments
            if [ -e \(folder.path)/one ]; then [ $first -eq 0 ] || exec sleep 600; cat \(folder.path)/0; exit 1; fi
            while [ $first -lt 3 ]; do cat \(folder.path)/$first; first=$((first + 1)); done
            exec sleep 600
            """
        let path = folder.path + "/journalctl"
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    @Test(.timeLimit(.minutes(10))) func `entries are kept once, also over a new start`() async throws {
        let folder = try TemporaryFolder()
        var settings = JournalReceiver.Settings()
        settings.program = try program(in: folder)
        settings.start = .beginning
        settings.units = ["cart.service"]
        let logs = RecordingLogs()
        logs.refuse(1)
        let store = try PositionStore(path: folder.path + "/p.sqlite")
        let reception = LogReception(LogIntake(storage: logs, now: presentNanoseconds), metrics: MetricRegistry())
        for round in 0..<2 {
            // In the first round the program ends after one entry.
            if round == 0 { _ = FileManager.default.createFile(atPath: folder.path + "/one", contents: nil) }
            let receiver = JournalReceiver(reception, settings, store: store, logger: Logger(label: "test"))
            try await whileServing({ onListening, stop in
                onListening(0)
                try await receiver.run(until: stop)
            }) { _ in try await eventually("entries are kept") { logs.entries.count == (round == 0 ? 1 : 3) } }
            try? FileManager.default.removeItem(atPath: folder.path + "/one")
        }
        #expect(logs.lines == ["two\nlines 0", "two\nlines 1", "two\nlines 2"])
        #expect(logs.entries.first?.labels["service_name"] == "cart")
        #expect(logs.entries.first?.metadata["detected_level"] == "error")
        #expect(try store.cursor(of: "journal") == "s=1;i=2")
        let calls = try String(contentsOfFile: folder.path + "/arguments", encoding: .utf8).split(separator: "\n")
        #expect(calls.first == "--output=export --follow --quiet --no-tail --unit=cart.service")
        #expect(calls.last == "--output=export --follow --quiet --no-tail --after-cursor=s=1;i=0 --unit=cart.service")
        try store.close()
        try await reception.shutdown()
    }
}

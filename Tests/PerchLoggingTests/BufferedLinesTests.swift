internal import Foundation
internal import PerchLogging
internal import Synchronization
internal import Testing

@Suite struct BufferedLinesTests {
    /// Reads a descriptor to its end on a thread of its own.
    private final class Reading: Sendable {
        private let text = Mutex("")
        private let done = DispatchSemaphore(value: 0)

        init(_ descriptor: Int32) {
            Thread.detachNewThread {
                let data = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).readDataToEndOfFile()
                self.text.withLock { $0 = String(decoding: data, as: UTF8.self) }
                self.done.signal()
            }
        }

        func lines() -> [String] {
            done.wait()
            return text.withLock { $0 }.split(separator: "\n").map(String.init)
        }
    }

    private func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test func `lines of many threads come out whole and in the order of each thread`() async throws {
        let ends = try makePipe()
        let lines = BufferedLines(descriptor: ends.write)
        let reading = Reading(ends.read)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask { for index in 0..<1000 { lines.write(Array("task \(task) line \(index)\n".utf8)) } }
            }
        }
        lines.flush(within: .seconds(90))
        close(ends.write)
        let text = reading.lines()
        #expect(text.count == 4000)
        for task in 0..<4 {
            #expect(text.filter { $0.hasPrefix("task \(task) ") } == (0..<1000).map { "task \(task) line \($0)" })
        }
        #expect(lines.droppedLines == 0)
    }

    @Test func `a reader that stands still delays nobody, and what was dropped is told`() throws {
        let ends = try makePipe()
        let lines = BufferedLines(descriptor: ends.write, bytesMax: 100_000)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 999) + [UInt8(ascii: "\n")]
        let started = ContinuousClock.now
        // A pipe holds 64 KiB, so this is far more than pipe and buffer together.
        for _ in 0..<2000 { lines.write(line) }
        #expect(ContinuousClock.now - started < .seconds(30))
        lines.flush(within: .milliseconds(20))
        #expect(lines.droppedLines >= 1700)
        let reading = Reading(ends.read)
        lines.flush(within: .seconds(90))
        close(ends.write)
        let text = reading.lines()
        let report = try #require(text.first { $0.contains("log lines were dropped") })
        #expect(report.contains("\"dropped\":\(lines.droppedLines)"))
        #expect(text.count == 2000 - Int(lines.droppedLines) + 1)
    }

    @Test func `a reader that is gone ends nothing`() throws {
        let ends = try makePipe()
        close(ends.read)
        defer { close(ends.write) }
        let lines = BufferedLines(descriptor: ends.write)
        lines.write(Array("lost\n".utf8))
        lines.flush(within: .seconds(90))
        #expect(lines.droppedLines == 1)
    }
}

import Foundation
import Logging
import PerchWire
import Synchronization
import TestSupport
import Testing

@testable import PerchLogging

private struct Failure: Error, CustomStringConvertible {
    let description: String
}

/// Collects lines and stamps them with a fixed time.
private final class CollectedLines: LogLineWriter {
    private let lines = Mutex<[String]>([])

    func write(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    func unixNanoseconds() -> Int64 { 1_795_343_445_678_000_000 }
    var all: [String] { lines.withLock { $0 } }
}

private final class CollectedRecords: LogRecordSink {
    private let records = Mutex<[LogRecord]>([])

    func emit(_ record: LogRecord) { records.withLock { $0.append(record) } }
    var all: [LogRecord] { records.withLock { $0 } }
}

@Suite struct LogPipelineTests {
    private let span = SpanIdentity(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3), flags: 1)

    private func logged(_ change: (inout LogPipeline.Configuration) -> Void = { _ in }, _ body: (inout Logger) -> Void) -> [String] {
        let lines = CollectedLines()
        var configuration = LogPipeline.Configuration(service: "checkout", writer: lines)
        change(&configuration)
        let pipeline = LogPipeline(configuration)
        var logger = Logger(label: "shop.orders") { pipeline.handler(label: $0) }
        body(&logger)
        return lines.all
    }

    @Test func `a line tells time, level, logger, source, message, service, span and nested metadata`() {
        let span = span
        let lines = logged({ $0.currentSpan = { span } }) {
            $0.info("order placed", metadata: ["order": ["id": "o-1", "items": .array(["a", "b"])], "total": .stringConvertible(12.5)])
        }
        #expect(
            lines == [
                #"{"time":"2026-11-22T10:30:45.678Z","level":"info","logger":"shop.orders","source":"PerchLoggingTests","message":"order placed","#
                    + #""service":"checkout","trace_id":"00000000000000010000000000000002","span_id":"0000000000000003","#
                    + #""metadata":{"order":{"id":"o-1","items":["a","b"]},"total":12.5}}"# + "\n"
            ])
    }

    @Test func `an error tells its type, its text and where it was logged`() {
        let lines = logged { $0.error("payment failed", error: Failure(description: "card \"declined\"")) }
        #expect(lines[0].contains(#""error":{"type":"PerchLoggingTests."#))
        #expect(lines[0].contains(#""message":"card \"declined\"","at":"PerchLoggingTests/LogPipelineTests.swift:"#))
    }

    @Test func `the calls that led to an error are told where that is wanted`() throws {
        let lines = logged({ $0.stackLevel = .error }) {
            $0.warning("quiet")
            $0.error("loud")
        }
        #expect(!lines[0].contains("\"stack\""))
        #expect(lines[1].contains("\"stack\":[\""))
    }

    @Test func `levels of labels change while the program runs, and a level set on a logger stays`() {
        let levels = LogLevels(.warning)
        let lines = logged({ $0.levels = levels }) { logger in
            logger.info("1")
            levels.set(.debug, for: "shop")
            logger.debug("2")
            levels.set(.error, for: "shop.orders")
            logger.debug("3")
            levels.unset("shop.orders")
            levels.unset("shop")
            logger.warning("4")
            levels.standard = .critical
            logger.error("5")
            logger.logLevel = .trace
            levels.set(.critical, for: "shop")
            logger.trace("6")
        }
        #expect(
            lines.map { $0.contains("\"message\":\"2\"") || $0.contains("\"message\":\"4\"") || $0.contains("\"message\":\"6\"") } == [
                true, true, true,
            ])
        #expect(levels.level(of: "shopping") == .critical)
        #expect(levels.level(of: "other") == .critical)
    }

    @Test func `what must not be told is told nowhere`() {
        let records = CollectedRecords()
        let lines = logged({
            $0.redaction = .keys(["password", "Token"])
            $0.sinks = [records]
        }) {
            $0.info("in", metadata: ["Password": "p", "user": ["token": "t", "list": [["password": "q"]], "name": "n"]])
        }
        let hidden = #""metadata":{"Password":"[redacted]","user":{"list":[{"password":"[redacted]"}],"name":"n","token":"[redacted]"}}"#
        #expect(lines[0].contains(hidden))
        #expect(records.all[0].metadata["Password"] == "[redacted]")
    }

    @Test func `metadata of the message wins over the provider's, and that over the logger's`() {
        let lines = CollectedLines()
        let pipeline = LogPipeline(.init(writer: lines))
        var logger = Logger(label: "a") { label in
            pipeline.handler(label: label, metadataProvider: .init { ["b": "provider", "c": "provider"] })
        }
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger.info("m", metadata: ["c": "message"])
        #expect(lines.all[0].contains(#""metadata":{"a":"logger","b":"provider","c":"message"}"#))
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jq"), "jq is not installed"))
    func `jq reads every line, whatever messages and metadata hold`() throws {
        var generator = SeededGenerator(seed: .random(in: 0...1_000_000))
        let lines = logged { logger in
            for _ in 0..<500 {
                func random() -> String { String(decoding: generator.bytes(Int.random(in: 0...20, using: &generator)), as: UTF8.self) }
                var metadata: Logger.Metadata = ["n": .stringConvertible(Double.nan), "d": .dictionary([random(): .stringConvertible(-1)])]
                metadata[random()] = .string(random())
                metadata[random()] = .array([.string(random())])
                logger.info("\(random())", metadata: metadata)
            }
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/jq")
        process.arguments = ["-c", "[.level,.service,(.metadata|type)]"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        DispatchQueue.global().async {
            for line in lines { try? input.fileHandleForWriting.write(contentsOf: Data(line.utf8)) }
            try? input.fileHandleForWriting.close()
        }
        let read = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
        process.waitUntilExit()
        #expect(read.count == 500, "seed \(generator.seed)")
        #expect(read.allSatisfy { $0 == #"["info","checkout","object"]"# }, "seed \(generator.seed)")
    }
}

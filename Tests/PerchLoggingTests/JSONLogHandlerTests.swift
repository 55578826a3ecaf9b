import Logging
import Synchronization
import Testing

@testable import PerchLogging

/// Collects lines and stamps them with a fixed time.
private final class Lines: LogLineWriter {
    private let lines = Mutex<[String]>([])
    let time: Int64

    init(time: Int64 = 1_795_343_445_678_000_000) { self.time = time }

    func write(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    func unixNanoseconds() -> Int64 { time }
    var all: [String] { lines.withLock { $0 } }
}

@Suite struct JSONLogHandlerTests {
    private func logged(time: Int64 = 1_795_343_445_678_000_000, _ body: (inout Logger) -> Void) -> [String] {
        let lines = Lines(time: time)
        var logger = Logger(label: "perch.test") { JSONLogHandler(label: $0, level: .info, writer: lines) }
        body(&logger)
        return lines.all
    }

    @Test func writesOneObjectPerLine() {
        let lines = logged { $0.info("target is up", metadata: ["job": "node", "samples": "\(12)"]) }
        #expect(
            lines == [
                #"{"time":"2026-11-22T10:30:45.678Z","level":"info","logger":"perch.test","message":"target is up","job":"node","samples":"12"}"#
                    + "\n"
            ])
    }

    @Test func keepsTypesAndNesting() {
        let lines = logged {
            $0.warning(
                "m", metadata: ["n": .stringConvertible(7), "ok": .stringConvertible(true), "list": ["a", ["k": "v"]], "level": "mine"])
        }
        #expect(lines[0].contains(#""_level":"mine","list":["a",{"k":"v"}],"n":7,"ok":true}"#))
    }

    @Test func escapesWhateverAMessageHolds() {
        let lines = logged { $0.error("a\"b\\c\nd\u{1}é") }
        #expect(lines[0].contains(#""message":"a\"b\\c\nd\u0001é""#))
    }

    @Test func leavesOutWhatIsBelowTheLevel() {
        #expect(logged { $0.debug("quiet") }.isEmpty)
    }
}

internal import ByteCoding
internal import LogFormats
internal import TestSupport
internal import Testing

@Suite("The journal export format")
struct JournalExportTests {
    /// Reads bytes in pieces of a size.
    private static func decode(_ bytes: [UInt8], pieces: Int = .max) throws -> RecordingSink {
        var sink = RecordingSink()
        var reader = JournalExportReader()
        var start = 0
        while start < bytes.count {
            let end = start + min(pieces, bytes.count - start)
            try bytes[start..<end].withUnsafeBufferPointer { try reader.read($0, into: &sink) }
            start = end
        }
        try reader.finish(into: &sink)
        return sink
    }

    private static func binary(_ name: String, _ value: [UInt8]) -> [UInt8] {
        var bytes = Array((name + "\n").utf8)
        bytes.appendLittleEndian(UInt64(value.count))
        return bytes + value + [0x0a]
    }

    private static let good: [UInt8] =
        Array(
            """
            __CURSOR=s=1;i=2
            __REALTIME_TIMESTAMP=1700000000000001
            __MONOTONIC_TIMESTAMP=5
            _BOOT_ID=b00
            PRIORITY=3
            SYSLOG_IDENTIFIER=nginx
            _HOSTNAME=web-1
            _SYSTEMD_UNIT=nginx.service
            _PID=17
            MESSAGE=connection = reset


            """.utf8)
        + Array("__REALTIME_TIMESTAMP=1700000000000002\n_SYSTEMD_UNIT=getty@tty1.service\n".utf8)
        + binary("MESSAGE", Array("two\nlines\u{0}".utf8) + [0xff]) + Array("CODE_FILE=a.c\n\n\n".utf8)
        + Array("__REALTIME_TIMESTAMP=1700000000000003\nSYSLOG_IDENTIFIER=cron\nMESSAGE=last\n".utf8)

    private static func expect(_ sink: RecordingSink, _ comment: Comment) {
        #expect(
            sink.entries.map(\.time) == [1, 2, 3].map { 1_700_000_000_000_000_000 + $0 * 1000 }, comment)
        #expect(sink.entries.map(\.line).first == Array("connection = reset".utf8), comment)
        #expect(sink.entries.map(\.line).dropFirst().first == Array("two\nlines\u{0}".utf8) + [0xff], comment)
        #expect(
            sink.entries.first?.labels == ["syslog_identifier=nginx", "hostname=web-1", "systemd_unit=nginx.service", "service_name=nginx"])
        #expect(sink.entries.first?.metadata == ["boot_id=b00", "priority=3", "level=error", "pid=17"])
        #expect(sink.entries.dropFirst().first?.labels == ["systemd_unit=getty@tty1.service", "service_name=getty"])
        #expect(sink.entries.last?.labels == ["syslog_identifier=cron", "service_name=cron"])
        #expect(sink.entries.dropFirst().first?.metadata == ["code_file=a.c"])
    }

    @Test func `entries are read, binary fields included, however the bytes come`() throws {
        for pieces in [1, 2, 3, 7, 64, 1000] { Self.expect(try Self.decode(Self.good, pieces: pieces), "pieces of \(pieces)") }
    }

    @Test func `fields that are too long are left out, and the rest of the entry is kept`() throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 5 << 20)
        let bytes =
            Self.binary("COREDUMP", long) + Array("LONG=".utf8) + long + Array("\nMESSAGE=crashed\n\n".utf8) + Array("MESSAGE=next\n".utf8)
        let sink = try Self.decode(bytes, pieces: 1 << 20)
        #expect(sink.entries.map(\.text) == ["crashed", "next"])
        #expect(sink.entries.allSatisfy { $0.metadata.isEmpty })
    }

    @Test func `entries without a message or with a wrong time are refused by themselves`() throws {
        let sink = try Self.decode(Array("_PID=1\n\nMESSAGE=x\n__REALTIME_TIMESTAMP=soon\n\nMESSAGE=y\n\n".utf8))
        #expect(sink.entries.map(\.text) == ["y"])
        #expect(sink.refusals.count == 2)
    }

    @Test(arguments: ["lower=x\n", "=x\n", "{\"a\":1}", "MESSAGE", "MESSAGE=x", "MESSAGE\n\u{5}"])
    func `other bytes, and uploads that end within a field, are refused`(text: String) {
        #expect(throws: LogFormatError.self) { try Self.decode(Array(text.utf8)) }
    }

    @Test func `lengths that lie never trap`() {
        for length in [UInt64.max, UInt64.max - 1, 1 << 63, 10] {
            var bytes = Array("MESSAGE\n".utf8)
            bytes.appendLittleEndian(length)
            #expect(throws: LogFormatError.self) { try Self.decode(bytes + Array("abc\n".utf8)) }
        }
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        checkTruncationNeverTraps(Self.good, mustThrow: false) { _ = try Self.decode($0) }
        checkDamageNeverTraps(Self.good, rounds: 3000, using: &generator) { _ = try Self.decode($0) }
        checkDamageNeverTraps(Self.good, rounds: 300, using: &generator) { _ = try Self.decode($0, pieces: 3) }
    }
}

internal import TestSupport
internal import Testing

@testable internal import LogFormats

@Suite("Messages of syslog")
struct SyslogMessageTests {
    /// 2026-11-28T12:00:00Z.
    private let now: Int64 = 1_795_867_200_000_000_000

    /// A message with its parts as text.
    private struct Parts: Equatable, CustomStringConvertible {
        var priority: Int?
        var time: Int64?
        var host: String?
        var application: String?
        var process: String?
        var id: String?
        var text: String

        var description: String {
            "priority \(priority as Int?), time \(time as Int64?), host \(host ?? "-"), app \(application ?? "-"), process \(process ?? "-"), id \(id ?? "-"), \"\(text)\""
        }
    }

    private func read(_ text: String, offset: Int = 0) -> Parts {
        let bytes = Array(text.utf8)
        let message = SyslogMessage(bytes, in: 0..<bytes.count, clock: SyslogClock(now: now) { _ in offset })
        func string(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
        return Parts(
            priority: message.hasPriority ? Int(message.facility) * 8 + Int(message.severity) : nil,
            time: message.time.map { $0 / 1_000_000 }, host: string(message.host), application: string(message.application),
            process: string(message.processID), id: string(message.messageID), text: string(message.text) ?? "")
    }

    @Test func `the examples of RFC 5424 are read`() {
        #expect(
            read("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{feff}'su root' failed for lonvick on /dev/pts/8")
                == Parts(
                    priority: 34, time: 1_065_910_455_003, host: "mymachine.example.com", application: "su", id: "ID47",
                    text: "'su root' failed for lonvick on /dev/pts/8"))
        #expect(
            read("<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.")
                == Parts(
                    priority: 165, time: 1_061_727_255_000, host: "192.0.2.1", application: "myproc", process: "8710",
                    text: "%% It's time to make the do-nuts."))
        #expect(
            read("<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventID=\"10\\]11\"][other@1 a=\"b\"]")
                == Parts(priority: 165, time: 1_065_910_455_003, host: "host", application: "evntslog", id: "ID47", text: ""))
        #expect(read("<0>1 - - - - - -") == Parts(priority: 0, text: ""))
    }

    @Test func `structured data is given with its escapes undone`() {
        let bytes = Array("<1>1 - h a - - [x@1 a=\"q\\\"b\\\\c\\]d\\n\" b=\"\"][y z=\"é\"] text".utf8)
        let message = SyslogMessage(bytes, in: 0..<bytes.count, clock: SyslogClock(now: now))
        var found: [String] = []
        SyslogStructuredData.parameters(of: bytes, in: message.structuredData ?? 0..<0) { parameter in
            let value = String(decoding: SyslogStructuredData.unescaped(bytes, parameter.value), as: UTF8.self)
            found.append(
                "\(String(decoding: bytes[parameter.element], as: UTF8.self)).\(String(decoding: bytes[parameter.name], as: UTF8.self))=\(value)"
            )
        }
        #expect(found == ["x@1.a=q\"b\\c]d\\n", "x@1.b=", "y.z=é"])
        #expect(String(decoding: bytes[message.text], as: UTF8.self) == "text")
    }

    @Test func `traditional messages are read, with a host and without`() {
        #expect(
            read("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8")
                == Parts(
                    priority: 34, time: 1_791_756_855_000, host: "mymachine", application: "su",
                    text: "'su root' failed for lonvick on /dev/pts/8"))
        #expect(
            read("<13>Nov  8 01:02:03 sshd[123]: hello: world")
                == Parts(priority: 13, time: 1_794_099_723_000, application: "sshd", process: "123", text: "hello: world"))
        #expect(
            read("Nov 28 11:59:59 host cron[9]: (root) CMD\n")
                == Parts(time: 1_795_867_199_000, host: "host", application: "cron", process: "9", text: "(root) CMD"))
        #expect(
            read("<13>Nov 28 11:59:59 host text without a tag")
                == Parts(priority: 13, time: 1_795_867_199_000, host: "host", text: "text without a tag"))
        #expect(read("<13>tag[5]: text") == Parts(priority: 13, application: "tag", process: "5", text: "text"))
    }

    @Test func `dialects of daemons and devices are read`() {
        #expect(
            read("<30>2026-11-28T12:00:00.123456+01:00 host app[77]: text", offset: 999)
                == Parts(priority: 30, time: 1_795_863_600_123, host: "host", application: "app", process: "77", text: "text"))
        #expect(
            read("<189>45: *Nov 28 11:00:00.500 UTC: %SYS-5-CONFIG_I: Configured from console", offset: 3600)
                == Parts(priority: 189, time: 1_795_863_600_500, id: "SYS-5-CONFIG_I", text: "%SYS-5-CONFIG_I: Configured from console"))
        #expect(
            read("<187>router1: 000012: Nov 28 11:00:00: %LINK-3-UPDOWN: Interface up")
                == Parts(priority: 187, time: 1_795_863_600_000, host: "router1", id: "LINK-3-UPDOWN", text: "%LINK-3-UPDOWN: Interface up")
        )
        #expect(
            read("<166>Nov 28 2026 11:00:00 asa : %ASA-6-302013: Built")
                == Parts(priority: 166, time: 1_795_863_600_000, host: "asa", id: "ASA-6-302013", text: "%ASA-6-302013: Built"))
    }

    @Test func `what has no header is text`() {
        #expect(read("hello: world") == Parts(text: "hello: world"))
        #expect(read("<192>hello") == Parts(text: "<192>hello"))
        #expect(read("<13>") == Parts(priority: 13, text: ""))
        #expect(read("") == Parts(text: ""))
        #expect(read("<13>1 2026-99-28T12:00:00Z h a p m - x") == Parts(priority: 13, text: "1 2026-99-28T12:00:00Z h a p m - x"))
    }

    @Test func `a time without a year is the one nearest to the present, by the zone given`() {
        #expect(read("<13>Dec 31 23:59:59 h a: x").time == 1_798_761_599_000)
        #expect(read("<13>Jan  1 00:00:00 h a: x").time == 1_798_761_600_000)
        #expect(read("<13>Jun 15 00:00:00 h a: x").time == 1_781_481_600_000)
        #expect(read("<13>Feb 29 12:00:00 h a: x").time == 1_835_438_400_000, "of 2028: 2024 is further away")
        #expect(read("<13>Nov 28 12:00:00 h a: x", offset: 3600).time == 1_795_863_600_000)
        #expect(read("<13>Feb 30 12:00:00 h a: x").time == nil)
    }

    @Test func `whatever comes, reading it ends and stays within the bytes`() {
        var generator = SeededGenerator(seed: 0x5915)
        let seeds = [
            "<34>1 2003-10-11T22:14:15.003Z host su 12 ID47 [a@1 b=\"c\\\"\" d=\"e\"] text", "<34>Oct 11 22:14:15 host su[12]: text",
            "<189>45: router: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: text", "<30>2026-11-28T12:00:00.123456+01:00 host app[77]: text",
        ].map { Array($0.utf8) }
        for seed in seeds {
            for length in 0...seed.count { check(Array(seed.prefix(length))) }
            for _ in 0..<3000 {
                var bytes = seed
                for _ in 0...Int.random(in: 0..<4, using: &generator) {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                    case 1: bytes.insert(contentsOf: "<9[\"]: -".utf8.shuffled(using: &generator).prefix(2), at: index)
                    default: bytes.remove(at: index)
                    }
                }
                check(bytes)
            }
        }
    }

    private func check(_ bytes: [UInt8]) {
        let message = SyslogMessage(bytes, in: 0..<bytes.count, clock: SyslogClock(now: now))
        for range in [message.text, message.host, message.application, message.processID, message.messageID, message.structuredData]
            .compactMap(\.self)
        {
            #expect(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        }
        SyslogStructuredData.parameters(of: bytes, in: message.structuredData ?? 0..<0) {
            _ = SyslogStructuredData.unescaped(bytes, $0.value)
        }
    }
}

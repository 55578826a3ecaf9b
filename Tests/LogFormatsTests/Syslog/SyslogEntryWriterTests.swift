internal import Testing

@testable internal import LogFormats

@Suite("Entries of syslog")
struct SyslogEntryWriterTests {
    private func write(_ messages: [String], labels: [(name: String, value: String)] = []) -> RecordingSink {
        var sink = RecordingSink()
        var writer = SyslogEntryWriter(labels: labels)
        for message in messages {
            let bytes = Array(message.utf8)
            writer.write(bytes, 0..<bytes.count, sender: "192.0.2.7", clock: SyslogClock(now: sink.now), into: &sink)
        }
        return sink
    }

    @Test func `the header becomes labels and structured metadata, the text the line`() throws {
        let sink = write(["<165>1 2023-11-14T22:13:20.000001Z web-1 nginx 12 ID47 [origin@1 ip=\"10.0.0.1\"][meta x=\"y\\\"z\"] GET /"])
        let entry = try #require(sink.entries.first)
        #expect(entry.text == "GET /")
        #expect(entry.time == 1_700_000_000_000_001_000)
        #expect(entry.labels == ["job=syslog", "host=web-1", "service_name=nginx"])
        #expect(
            entry.metadata == [
                "facility=local4", "severity=notice", "detected_level=info", "procid=12", "msgid=ID47", "origin@1_ip=10.0.0.1",
                "meta_x=y\"z",
            ])
    }

    @Test func `a message without a header has the sender's address and the time of its arrival`() throws {
        let sink = write(["hello"], labels: [("job", "devices"), ("site", "b")])
        let entry = try #require(sink.entries.first)
        #expect(entry.text == "hello")
        #expect(entry.time == sink.now)
        #expect(entry.labels == ["job=devices", "site=b", "host=192.0.2.7"])
        #expect(entry.metadata == [])
    }

    @Test func `a clock that is far ahead does not cost the message`() {
        let sink = write(["<13>1 2023-11-14T23:59:00Z h a - - - ahead", "<13>1 2023-11-14T22:20:00Z h a - - - a little ahead"])
        #expect(sink.entries.map(\.time) == [sink.now, sink.now + 400_000_000_000])
    }

    @Test func `streams follow the senders`() {
        let sink = write(["<13>1 - a x - - - 1", "<13>1 - a x - - - 2", "<13>1 - b x - - - 3", "<13>1 - a - - - - 4"])
        #expect(
            sink.entries.map(\.labels) == [
                ["job=syslog", "host=a", "service_name=x"], ["job=syslog", "host=a", "service_name=x"],
                ["job=syslog", "host=b", "service_name=x"],
                ["job=syslog", "host=a"],
            ])
    }
}

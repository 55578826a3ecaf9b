internal import LogFormats
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import Ingestion

@Suite("Log entries on their way in")
struct LogIntakeTests {
    /// An intake without anything that adds to entries.
    private func plain(_ change: (inout LogIntakeOptions) -> Void = { _ in }) -> LogIntakeOptions {
        var options = LogIntakeOptions()
        options.discoversLevels = false
        options.serviceNameLabels = []
        change(&options)
        return options
    }

    private func deliver(
        _ options: LogIntakeOptions, _ logs: RecordingLogs = RecordingLogs(), _ body: (inout LogDelivery) throws(LogFormatError) -> Void
    ) -> (LogDeliveryOutcome, [RecordingLogs.Entry]) {
        let outcome = LogIntake(storage: logs, options: options) { logNow }.deliver(liftsTraceIDs: false, body)
        return (outcome, logs.entries)
    }

    @Test func `entries arrive as they are, those of a stream beside each other`() {
        let logs = RecordingLogs()
        let (outcome, entries) = deliver(plain(), logs) { delivery in
            for round in 0..<3 {
                for stream in ["a", "b"] {
                    delivery.begin(["stream": stream])
                    delivery.add("\(stream)\(round)", at: logNow - Int64(round), ["k.1": "v", "": "x", "empty": ""])
                }
            }
        }
        #expect(outcome.acceptedEntries == 6 && outcome.rejectedEntries == 0 && outcome.message.isEmpty)
        #expect(entries.map(\.line) == ["a0", "a1", "a2", "b0", "b1", "b2"])
        #expect(entries.map(\.time) == [0, 1, 2, 0, 1, 2].map { logNow - $0 })
        #expect(entries.allSatisfy { $0.metadata == ["k_1": "v"] })
        #expect(logs.batches.withLock { $0.first?.parts.count } == 2)
    }

    @Test func `more than may come in a second is asked to come again, and passes then`() {
        let clock = Mutex(logNow)
        let logs = RecordingLogs()
        let options = plain { ($0.bytesPerSecondMax, $0.burstBytesMax) = (1000, 2000) }
        let intake = LogIntake(storage: logs, options: options) { clock.withLock { $0 } }
        func send(_ bytes: Int) -> LogDeliveryOutcome {
            intake.deliver(liftsTraceIDs: false) { delivery in
                delivery.begin(["a": "b"])
                delivery.add(String(repeating: "x", count: bytes))
            }
        }
        #expect(send(1500).acceptedEntries == 1)
        let refused = send(1200)
        #expect(refused.status == .unavailable && refused.isOverRate && refused.retryAfterSeconds == 1 && refused.acceptedEntries == 0)
        #expect(refused.message.contains("limit: 1000 bytes/sec") && refused.message.contains("'1' lines totaling '1200' bytes"))
        #expect(send(500).acceptedEntries == 1)
        clock.withLock { $0 += 1_200_000_000 }
        #expect(send(1200).acceptedEntries == 1)
        // A clock that goes back gives no allowance.
        clock.withLock { $0 -= 5_000_000_000 }
        #expect(send(10).isOverRate)
        clock.withLock { $0 += 60_000_000_000 }
        // Larger than any burst: it passes, and those behind it wait the longer.
        #expect(send(5000).acceptedEntries == 1)
        #expect(send(100).retryAfterSeconds == 4)
        #expect(logs.entries.count == 4)
        #expect(intake.statistics.rejected[.rateLimited] == 3)
    }

    @Test func `each limit refuses what is beyond it, and only that`() {
        let options = plain {
            $0.lineBytesMax = 10
            $0.metadataBytesMax = 20
            $0.metadataFieldsMax = 2
            $0.ageMaxNanoseconds = 1000
            $0.futureNanoseconds = 1000
        }
        let (outcome, entries) = deliver(options) { delivery in
            delivery.begin(["a": "b"])
            delivery.add("good")
            delivery.add("12345678901")
            delivery.add("old", at: logNow - 1001)
            delivery.add("ahead", at: logNow + 1001)
            delivery.add("ahead too", at: Int64.max)
            delivery.add("many", ["a": "1", "b": "2", "c": "3"])
            delivery.add("large", ["a": String(repeating: "x", count: 20)])
            delivery.refuse("no entry")
            delivery.add("1234567890", at: logNow - 1000, ["a": "1", "b": "2"])
        }
        #expect(entries.map(\.line) == ["good", "1234567890"])
        #expect(outcome.status == .accepted && outcome.acceptedEntries == 2 && outcome.rejectedEntries == 7)
        for text in [
            "max entry size '10' bytes exceeded for stream '{a=\"b\"}' while adding an entry with length '11' bytes",
            "entry for stream '{a=\"b\"}' has timestamp too old: 2023-11-14T22:13:19.999998999Z, oldest acceptable timestamp is: 2023-",
            "has timestamp too new: 2023-11-14T22:13:20.000001001Z (and 1 more like it)",
            "too many structured metadata labels: '3', limit: '2'",
            "structured metadata too large: '21' bytes, limit: '20' bytes", "no entry",
        ] { #expect(outcome.message.contains(text), "\(outcome.message)") }
    }

    @Test func `lines that are too long are cut where that is asked for, between characters`() {
        let options = plain {
            $0.lineBytesMax = 4
            $0.truncatesLines = true
        }
        let (outcome, entries) = deliver(options) { delivery in
            delivery.begin(["a": "b"])
            for line in ["12345", "123ä5", "1äää", "🦅🦅"] { delivery.add(line) }
        }
        #expect(entries.map(\.line) == ["1234", "123", "1ä", "🦅"])
        #expect(outcome.rejectedEntries == 0)
    }

    @Test func `streams with wrong labels take their entries with them, and no others`() {
        let options = plain {
            $0.labelsPerStreamMax = 2
            $0.labelNameBytesMax = 5
            $0.labelValueBytesMax = 5
        }
        let (outcome, entries) = deliver(options) { delivery in
            for labels: KeyValuePairs<String, String> in [
                ["a": "1"], ["a": "1", "b": "2", "c": "3"], ["toolong": "1"], ["a": "123456"], [:], ["a": ""],
                ["a": "1", "b": "2", "service_name": "s"],
            ] {
                delivery.begin(labels)
                delivery.add("x")
                delivery.add("y")
            }
            Array("{a=".utf8).withUnsafeBufferPointer { delivery.beginStream($0, .selector) }
            delivery.add("z")
        }
        #expect(entries.map(\.labels) == [["a": "1"], ["a": "1"]])
        #expect(outcome.rejectedEntries == 13)
        for text in [
            "has 3 label names; limit 2", "has label name too long: 'toolong'", "label value too long: '123456'",
            "error at least one label pair is required per stream", "error parsing labels '{a=' with error: expected a string in quotes",
        ] { #expect(outcome.message.contains(text), "\(outcome.message)") }
    }

    @Test func `service names are discovered, the first of the list that is there`() {
        func service(_ labels: KeyValuePairs<String, String>, _ names: [String] = LogIntakeOptions.defaultServiceNameLabels) -> String? {
            deliver(plain { $0.serviceNameLabels = names }) { delivery in
                delivery.begin(labels)
                delivery.add("x")
            }.1.first?.labels["service_name"]
        }
        #expect(service(["job": "j", "app": "a", "x": "y"]) == "a")
        #expect(service(["x": "y"]) == "unknown_service")
        #expect(service([:]) == "unknown_service")
        #expect(service(["service_name": "mine", "service": "other"]) == "mine")
        #expect(service(["x": "y", "app": "a"], ["x"]) == "y")
        #expect(service(["app": "a"], []) == nil)
    }

    @Test func `there are only so many streams, and those that fell silent make room`() {
        let logs = RecordingLogs()
        let clock = ManualNanoseconds(logNow)
        let intake = LogIntake(storage: logs, options: plain { $0.activeStreamsMax = 2 }) { clock.now }
        func send(_ streams: String...) -> LogDeliveryOutcome {
            intake.deliver(liftsTraceIDs: false) { delivery in
                for stream in streams {
                    delivery.begin(["s": stream])
                    delivery.add("x", at: clock.now)
                }
            }
        }
        #expect(send("a", "b", "a").rejectedEntries == 0)
        let over = send("a", "c")
        #expect(over.acceptedEntries == 1 && over.rejectedEntries == 1 && over.isOverStreamLimit)
        #expect(over.message.contains("maximum active stream limit exceeded when trying to create stream {s=\"c\"}"))
        #expect(intake.statistics.activeStreams == 2)
        clock.advance(3_600_000_000_000)
        #expect(send("a").rejectedEntries == 0)
        #expect(send("c").rejectedEntries == 1)
        clock.advance(3_600_000_000_000)
        #expect(send("c").rejectedEntries == 0, "b fell silent")
        #expect(send("a").rejectedEntries == 0)
        #expect(intake.statistics.rejected == [.streamLimit: 2])
    }

    @Test func `a stream that comes as text and by its labels is one, and each kind is told from the next`() {
        let (outcome, entries) = deliver(plain()) { delivery in
            for round in 0..<2 {
                delivery.begin(["a": "1", "b": ""])
                delivery.add("fields \(round)")
                Array("{a=\"1\"}".utf8).withUnsafeBufferPointer { delivery.beginStream($0, .selector) }
                delivery.add("text \(round)")
                delivery.begin(["a": "1"])
                delivery.add("fields again \(round)")
                delivery.begin([:])
                delivery.add("none \(round)")
            }
        }
        #expect(entries.map(\.line) == ["fields 0", "text 0", "fields again 0", "fields 1", "text 1", "fields again 1"])
        #expect(entries.allSatisfy { $0.labels == ["a": "1"] })
        #expect(outcome.rejectedEntries == 2)
    }

    @Test func `a message that comes to too much is refused as a whole`() {
        let metadata = String(repeating: "x", count: 6000)
        let (outcome, entries) = deliver(plain { $0.expandedBytesMax = 1 << 20 }) { delivery in
            delivery.begin(["a": "b"])
            var taken = 0
            while !delivery.isFull, taken < 1000 {
                delivery.add("x", ["m": metadata])
                taken += 1
            }
            #expect(delivery.isFull && taken == 173)
        }
        #expect(outcome.status == .tooLarge && outcome.message.contains("1 MiB"))
        #expect(entries.isEmpty)
    }

    @Test func `nothing is kept of a message that cannot be read`() {
        let (outcome, entries) = deliver(plain()) { delivery throws(LogFormatError) in
            delivery.begin(["a": "b"])
            delivery.add("x")
            throw LogFormatError("broken", at: 7)
        }
        #expect(outcome.status == .malformed && outcome.message == "broken (byte 7)")
        #expect(entries.isEmpty)
    }

    @Test func `the storage's refusal is passed on`() {
        let logs = RecordingLogs()
        var refusal = LogAppendOutcome(.unavailable)
        refusal.message = "full"
        refusal.retryAfterSeconds = 30
        logs.refusal.withLock { [refusal] in $0 = refusal }
        let (outcome, _) = deliver(plain(), logs) { delivery in
            delivery.begin(["a": "b"])
            delivery.add("x")
        }
        #expect(outcome.status == .unavailable && outcome.retryAfterSeconds == 30 && outcome.message == "full")
        #expect(deliver(plain(), logs) { _ in }.0.status == .accepted, "an empty message asks nothing of the storage")
    }

    @Test func `labels that are known are not read again, whatever their kind`() {
        let known = KnownStreams(bytesMax: 2000)
        func stream(_ text: String, _ kind: LogStreamText, reads: Bool) {
            var wasRead = false
            _ = known.stream(Array(text.utf8), .text(kind)) {
                wasRead = true
                return .labels([text: "x"], level: nil)
            }
            #expect(wasRead == reads, "\(text)")
        }
        stream("{}", .json, reads: true)
        stream("{}", .json, reads: false)
        stream("{}", .selector, reads: true)
        for index in 0..<5 { stream("\(index)", .json, reads: true) }
        stream("{}", .json, reads: false)
        for index in 0..<100 { stream("more \(index)", .json, reads: true) }
        stream("0", .json, reads: true)
    }
}

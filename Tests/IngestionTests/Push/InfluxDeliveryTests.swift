internal import Ingestion
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Deliveries of InfluxDB")
struct InfluxDeliveryTests {
    static let now: Timestamp = 1_700_000_000_000

    private func deliver(
        _ text: String, _ precision: InfluxPrecision = .nanoseconds, database: String? = nil, to storage: RecordingStorage
    ) -> MetricDeliveryOutcome {
        let intake = SampleIntake(storage: storage) { Self.now }
        return Array(text.utf8).withUnsafeBytes { intake.deliver(influx: $0, precision: precision, database: database) }
    }

    private func samples(_ storage: RecordingStorage) -> [String] {
        storage.state.withLock { state in
            state.series.flatMap { series in series.samples.map { "\(series.labels) \(Double(bitPattern: $0.1)) @\($0.0)" } }
        }
    }

    @Test func `fields become series, tags labels, and times milliseconds`() {
        let storage = RecordingStorage()
        let outcome = deliver(
            "cpu,host=a\\ b,cpu.core=0 usage.idle=90.5,value=3i 1699999999123456789\nup v=t\n", database: "telegraf", to: storage)
        #expect(outcome.status == .accepted && outcome.acceptedPoints == 3 && outcome.rejectedPoints == 0 && outcome.message.isEmpty)
        #expect(
            samples(storage) == [
                #"cpu_usage_idle{cpu_core="0", db="telegraf", host="a b"} 90.5 @1699999999123"#,
                #"cpu{cpu_core="0", db="telegraf", host="a b"} 3.0 @1699999999123"#, #"up_v{db="telegraf"} 1.0 @1700000000000"#,
            ])
    }

    @Test(arguments: [("n", 1_699_999_999_000_000_000), ("u", 1_699_999_999_000_000), ("ms", 1_699_999_999_000), ("s", 1_699_999_999)])
    func `times count what the request says`(parameter: String, time: Int) throws {
        let storage = RecordingStorage()
        _ = deliver("a value=1 \(time)", try #require(InfluxPrecision(parameter: parameter)), to: storage)
        #expect(samples(storage) == ["a 1.0 @1699999999000"])
        #expect(InfluxPrecision(parameter: "d") == nil)
    }

    @Test func `wrong lines are told by their number, and the others are kept`() {
        let storage = RecordingStorage()
        let outcome = deliver(
            "a value=1\n# note\nb\nc note=\"line\nbreak\",value=2\nd value=x\ne value=1 9223372036854775807\n", .hours, to: storage)
        #expect(outcome.status == .accepted && outcome.acceptedPoints == 2 && outcome.rejectedPoints == 3)
        for part in ["line 3: missing fields", "line 6: invalid number", "line 7: bad timestamp"] {
            #expect(outcome.message.contains(part))
        }
        #expect(samples(storage).map { $0.prefix(1) } == ["a", "c"])
    }

    @Test func `only the first of many faults are told`() {
        let outcome = deliver(String(repeating: "x\n", count: 100), to: RecordingStorage())
        #expect(outcome.rejectedPoints == 100 && outcome.message.hasSuffix("; 90 further ones"))
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `damaged bodies never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let bytes = Array("cpu,host=a usage=90.5,note=\"a\nb\" 1699999999123456789\nup v=t\n".utf8)
        let intake = SampleIntake(storage: RecordingStorage()) { Self.now }
        checkDamageNeverTraps(bytes, rounds: 2000, using: &generator) { bytes in
            _ = bytes.withUnsafeBytes { intake.deliver(influx: $0, precision: .seconds, database: nil) }
        }
    }
}

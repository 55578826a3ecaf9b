internal import Compression
internal import Foundation
internal import Ingestion
internal import MetricStorage
internal import RemoteWriteFormat
internal import TelemetryModel
internal import Testing

@Suite("Remote write into the storage itself")
struct StorageIngestionTests {
    @Test func `what was taken is found again, what was too old is told`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "perch-ingestion-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let now: Timestamp = 1_800_000_000_000
        let storage = try MetricStorage(directory: directory.path(percentEncoded: false)) { now }
        let ingestor = MetricIngestor(storage: storage) { now }
        var encoder = RemoteWriteEncoder(version: .v2)
        encoder.append(
            RemoteWriteSeries(
                labels: ["__name__": "up", "job": "a"],
                samples: [Sample(timestamp: now - 90 * 86_400_000, value: 0), Sample(timestamp: now - 1000, value: 1)],
                metadata: MetricMetadata(type: .gauge, help: "Whether up.")))
        let outcome = ingestor.ingestRemoteWrite(
            body: try Codec.snappyBlock.compress(encoder.finish()),
            contentType: "application/x-protobuf;proto=io.prometheus.write.v2.Request", contentEncoding: "snappy")
        #expect(outcome.status == .rejected)
        #expect(outcome.samplesWritten == 1)
        #expect(outcome.message == "1 rejected older than the retention (first: up{job=\"a\"} at \(now - 90 * 86_400_000))")
        #expect(storage.metadata(family: "up") == MetricMetadata(type: .gauge, help: "Whether up."))
        #expect(storage.statistics.samplesAppended == 1)
        try storage.close()
    }

    /// Requests of the same series again and again, while storage seals, lets go of silent series, and crashes.
    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `series that are known by their bytes stay themselves`(version: RemoteWriteVersion) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "perch-ingestion-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let now: Timestamp = 1_800_000_000_000
        var options = MetricStorageOptions()
        options.runsInBackground = false
        func open() throws -> MetricStorage {
            try MetricStorage(directory: directory.path(percentEncoded: false), options: options) { now }
        }
        var storage = try open()
        var ingestor = MetricIngestor(storage: storage) { now }
        var expected: [LabelSet: [Timestamp: Double]] = [:]
        for round in 0..<12 {
            var encoder = RemoteWriteEncoder(version: version)
            for number in 0..<40 where round == 0 || round > 8 || number % 3 != 0 {
                let labels: LabelSet = ["__name__": "m", "number": "\(number)", "long": String(repeating: "x", count: number * 8)]
                let (time, value) = (now - 1000 + Int64(round), Double(round * 100 + number))
                var series = RemoteWriteSeries(labels: labels, samples: [Sample(timestamp: time, value: value)])
                // What 2.0 says of a family may change while the series stays the same.
                series.metadata = MetricMetadata(type: .gauge, help: round < 6 ? "Before." : "After.")
                series.starts = [time - 5000]
                encoder.append(series)
                expected[labels, default: [:]][time] = value
            }
            let body = try Codec.snappyBlock.compress(encoder.finish())
            let outcome = ingestor.ingestRemoteWrite(
                body: body, contentType: "application/x-protobuf;proto=" + version.messageName, contentEncoding: "snappy")
            #expect(outcome.status == .accepted, "round \(round): \(outcome.message)")
            // Silent series leave the head at the second seal after their last sample, and others may take their places.
            if round < 6 { try storage.flush() }
            if round == 7 || round == 10 {
                try storage.close()
                storage = try open()
                ingestor = MetricIngestor(storage: storage) { now }
            }
        }
        #expect(storage.statistics.appendsFailed == 0)
        let selection = try storage.select([], in: .all)
        var found: [LabelSet: [Timestamp: Double]] = [:]
        var columns = SampleColumns()
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            let samples = Dictionary(zip(columns.timestamps, columns.values)) { $1 }
            found[selection.labels(at: index), default: [:]].merge(samples) { $1 }
            let starts = try selection.startRuns(of: index).starts(of: columns.timestamps)
            #expect(starts == columns.timestamps.map { version == .v2 ? $0 - 5000 : 0 })
        }
        #expect(found == expected)
        #expect(storage.metadata(family: "m")?.help == (version == .v2 ? "After." : nil))
        try storage.close()
    }

    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `a series that is known and rejected is named`(version: RemoteWriteVersion) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "perch-ingestion-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let now: Timestamp = 1_800_000_000_000
        let storage = try MetricStorage(directory: directory.path(percentEncoded: false)) { now }
        let ingestor = MetricIngestor(storage: storage) { now }
        for time in [now, now - 90 * 86_400_000] {
            var encoder = RemoteWriteEncoder(version: version)
            for number in 0..<3 {
                let labels: LabelSet = ["__name__": "up", "number": "\(number)"]
                encoder.append(RemoteWriteSeries(labels: labels, samples: [Sample(timestamp: number == 1 ? time : now, value: 1)]))
            }
            let body = try Codec.snappyBlock.compress(encoder.finish())
            let outcome = ingestor.ingestRemoteWrite(
                body: body, contentType: "application/x-protobuf;proto=" + version.messageName, contentEncoding: "snappy")
            #expect(outcome.samplesWritten == (time == now ? 3 : 2))
            if time != now {
                #expect(outcome.message == "1 rejected older than the retention (first: up{number=\"1\"} at \(time))")
            }
        }
        try storage.close()
    }
}

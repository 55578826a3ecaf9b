internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel

/// A storage in a folder of its own that goes with it, with a clock that stands still until it is set.
final class StorageFixture {
    let directory: String
    let clock: ManualClock
    var options: MetricStorageOptions
    let events = EventLog()
    private(set) var storage: MetricStorage

    /// 2026-11-22T12:00:00Z, the middle of a day.
    static let noon: Timestamp = 1_795_348_800_000

    init(_ configure: (inout MetricStorageOptions) -> Void = { _ in }) throws {
        directory = NSTemporaryDirectory() + "perch-metric-storage-" + UUID().uuidString
        clock = ManualClock(now: StorageFixture.noon)
        var options = MetricStorageOptions()
        options.runsInBackground = false
        let events = events
        options.report = { events.append($0) }
        configure(&options)
        self.options = options
        let clock = clock
        storage = try MetricStorage(directory: directory, options: options, clock: { clock.now })
    }

    deinit {
        try? storage.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Closes the storage and opens it again.
    func restart() throws {
        try storage.close()
        let clock = clock
        storage = try MetricStorage(directory: directory, options: options, clock: { clock.now })
    }

    /// Appends samples of one series.
    @discardableResult
    func append(_ labels: LabelSet, _ samples: [(Timestamp, Double)]) throws -> AppendResult {
        var batch = MetricBatch()
        batch.beginSeries(labels)
        for (time, value) in samples { batch.append(timestamp: time, value: value) }
        return try storage.append(batch)
    }

    /// All samples of the series that pass, by labels.
    func read(_ matchers: [LabelMatcher] = [], in range: TimeRange = .all) throws -> [LabelSet: [Timestamp: UInt64]] {
        let selection = try storage.select(matchers, in: range)
        var result: [LabelSet: [Timestamp: UInt64]] = [:]
        var columns = SampleColumns()
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            var samples: [Timestamp: UInt64] = [:]
            for (time, value) in zip(columns.timestamps, columns.values) { samples[time] = value.bitPattern }
            if !samples.isEmpty { result[selection.labels(at: index)] = samples }
        }
        return result
    }
}

final class ManualClock: Sendable {
    private let time: Mutex<Timestamp>
    init(now: Timestamp) { time = Mutex(now) }
    var now: Timestamp { time.withLock { $0 } }
    func set(_ now: Timestamp) { time.withLock { $0 = now } }
    func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}

final class EventLog: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ event: MetricStorageEvent) { lines.withLock { $0.append("\(event)") } }
    var all: [String] { lines.withLock { $0 } }
    func contains(_ word: String) -> Bool { all.contains { $0.contains(word) } }
}

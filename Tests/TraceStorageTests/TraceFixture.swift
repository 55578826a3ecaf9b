internal import Foundation
internal import OTLPFormat
internal import Synchronization
internal import TelemetryModel
internal import TraceStorage

/// A storage in a folder of its own that goes with it, with a clock that stands still until it is set.
final class TraceFixture {
    let directory: String
    let clock: ManualNanoseconds
    var options: TraceStorageOptions
    let events = TraceEventLog()
    private(set) var storage: TraceStorage

    /// 2026-11-22T12:00:00Z, the middle of a day.
    static let noon: UnixNanoseconds = 1_795_348_800_000_000_000

    init(_ configure: (inout TraceStorageOptions) -> Void = { _ in }) throws {
        directory = NSTemporaryDirectory() + "perch-trace-storage-" + UUID().uuidString
        clock = ManualNanoseconds(now: TraceFixture.noon)
        var options = TraceStorageOptions()
        options.runsInBackground = false
        let events = events
        options.report = { events.append($0) }
        configure(&options)
        self.options = options
        let clock = clock
        storage = try TraceStorage(directory: directory, options: options, clock: { clock.now })
    }

    deinit {
        try? storage.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Closes the storage and opens it again.
    func restart() throws {
        try storage.close()
        let clock = clock
        storage = try TraceStorage(directory: directory, options: options, clock: { clock.now })
    }

    @discardableResult
    func append(_ batch: SpanBatch) throws -> TraceAppendResult {
        try batch.otlp.withUnsafeBytes { try storage.append(otlp: $0) }
    }

    /// The trace ids of the tables of a range of times, each as often as it is in them.
    func traceIDs(from start: UnixNanoseconds = 0, through end: UnixNanoseconds = .max) throws -> [TraceID] {
        try storage.tables(from: start, through: end).flatMap { try $0.frame().traceIDs }
    }
}

final class ManualNanoseconds: Sendable {
    private let time: Mutex<UnixNanoseconds>
    init(now: UnixNanoseconds) { time = Mutex(now) }
    var now: UnixNanoseconds { time.withLock { $0 } }
    func set(_ now: UnixNanoseconds) { time.withLock { $0 = now } }
    func advance(seconds: UInt64) { time.withLock { $0 += seconds * 1_000_000_000 } }
}

final class TraceEventLog: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ event: TraceStorageEvent) { lines.withLock { $0.append("\(event)") } }
    var all: [String] { lines.withLock { $0 } }
    func contains(_ word: String) -> Bool { all.contains { $0.contains(word) } }
}

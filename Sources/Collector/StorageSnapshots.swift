internal import CivilCalendar
internal import Foundation
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import TraceStorage

/// Makes snapshots of the data: a folder each in `snapshots` of the data directory, itself a data directory.
final class StorageSnapshots: Sendable {
    private let dataDirectory: String
    private let storage: MetricStorage
    private let traces: TraceStorage
    private let clock: @Sendable () -> Timestamp
    /// One at a time.
    private let turn = Mutex(())

    init(dataDirectory: String, storage: MetricStorage, traces: TraceStorage, clock: @escaping @Sendable () -> Timestamp) {
        self.dataDirectory = dataDirectory
        self.storage = storage
        self.traces = traces
        self.clock = clock
    }

    /// Makes a snapshot. It gets its name when it is whole and on the disk; one that a killed process began is deleted with the next.
    ///
    /// - Returns: the name of its folder: the moment and a random number.
    func make(skippingHead: Bool) throws -> String {
        try turn.withLock { _ in
            let name = StorageSnapshots.name(at: clock(), number: UInt64.random(in: 0...UInt64(Int64.max)))
            let folder = dataDirectory + "/snapshots"
            let partial = folder + "/" + name + StorageSnapshots.partialSuffix
            try deletePartial(in: folder)
            do {
                try storage.snapshot(into: partial + "/metrics", skippingHead: skippingHead)
                try traces.snapshot(into: partial + "/traces", skippingHead: skippingHead)
                try FileManager.default.moveItem(atPath: partial, toPath: folder + "/" + name)
            } catch {
                try? FileManager.default.removeItem(atPath: partial)
                throw error
            }
            return name
        }
    }

    private static let partialSuffix = ".partial"

    private func deletePartial(in folder: String) throws {
        guard FileManager.default.fileExists(atPath: folder) else { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(StorageSnapshots.partialSuffix) {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    /// Such as `20261122T120000Z-0123456789abcdef`.
    static func name(at time: Timestamp, number: UInt64) -> String {
        let moment = CivilTime(milliseconds: time)
        let day = moment.date.text.filter { $0 != "-" }
        let clock = moment.clockWithSeconds.filter { $0 != ":" }
        let digits = String(number, radix: 16)
        return "\(day)T\(clock)Z-" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

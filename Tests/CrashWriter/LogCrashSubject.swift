internal import Foundation
internal import LabelMatching
internal import LogStorage
internal import TelemetryModel
internal import TestSupport

/// Logs, of which now and then lines with a word are deleted.
struct LogCrashSubject: CrashSubject {
    static let writers = LogCrashWorkload.writers

    private let storage: LogStorage
    private let seed: UInt64

    init(
        directory: String, seed: UInt64, latestBatch: @escaping @Sendable () -> Int, passed: @escaping @Sendable (_ step: String) -> Void
    ) throws {
        self.seed = seed
        var options = LogStorageOptions()
        options.headEntriesMax = 400
        options.blockEntriesMax = 1000
        options.headBytesMax = 512 << 10
        options.retention = nil
        options.runsInBackground = false
        options.stepReached = { passed($0.rawValue) }
        options.report = { if case .damaged(let file, let reason) = $0 { warn("damaged \(file): \(reason)") } }
        storage = try LogStorage(directory: directory, options: options) { LogCrashWorkload.clock(batch: latestBatch()) }
    }

    func write(writer: Int, number: Int) throws -> Bool {
        do {
            if let word = LogCrashWorkload.deletion(writer: writer, number: number) {
                let matcher = LabelMatcher("writer", equals: "\(writer)")
                try storage.delete(matching: [matcher], from: .min, to: .max) { String(decoding: $0, as: UTF8.self).contains(word) }
            } else {
                let batch = LogCrashWorkload.batch(seed: seed, writer: writer, number: number)
                let result = try storage.append(batch)
                guard result.rejectedEntries == 0, result.acceptedEntries == batch.entryCount else { exit(3) }
            }
        } catch {
            if error.isTemporary { return false }
            throw error
        }
        // Steps are to be passed soon, not much to be written.
        usleep(3000)
        return true
    }

    func maintain(round: Int) throws { if round % 20 == 4 { try storage.flush() } else { try storage.maintain() } }
}

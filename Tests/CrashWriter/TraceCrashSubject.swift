internal import Foundation
internal import OTLPFormat
internal import TelemetryModel
internal import TestSupport
internal import TraceStorage

struct TraceCrashSubject: CrashSubject {
    static let writers = TraceCrashWorkload.writers

    private let storage: TraceStorage
    private let seed: UInt64

    init(
        directory: String, seed: UInt64, latestBatch: @escaping @Sendable () -> Int, passed: @escaping @Sendable (_ step: String) -> Void
    ) throws {
        self.seed = seed
        var options = TraceStorageOptions()
        options.headSpansMax = 400
        options.blockSpansMax = 1000
        options.headBytesMax = 512 << 10
        options.runsInBackground = false
        options.stepReached = { passed($0.rawValue) }
        options.report = { if case .damaged(let file, let reason) = $0 { warn("damaged \(file): \(reason)") } }
        storage = try TraceStorage(directory: directory, options: options) { TraceCrashWorkload.clock(batch: latestBatch()) }
    }

    func write(writer: Int, number: Int) throws -> Bool {
        let batch = TraceCrashWorkload.batch(seed: seed, writer: writer, number: number)
        do {
            let result = try batch.otlp.withUnsafeBytes { try storage.append(otlp: $0) }
            guard result.rejectedSpans == 0, result.acceptedSpans == batch.spans.count else { exit(3) }
        } catch let error as TraceStorageError where error.isTemporary {
            return false
        }
        // Steps are to be passed soon, not much to be written.
        usleep(3000)
        return true
    }

    func maintain(round: Int) throws { if round % 20 == 4 { try storage.flush() } else { try storage.maintain() } }
}

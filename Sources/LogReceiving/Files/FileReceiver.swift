internal import Dispatch
internal import Foundation
internal import Ingestion
internal import LogFormats
public import Logging
public import PerchMetrics
internal import Synchronization
internal import TelemetryModel

/// Reads files as they grow, on a thread of its own, and keeps their lines.
public final class FileReceiver: Sendable {
    /// Which files, and what their entries carry.
    public struct Settings: Sendable {
        /// What positions are written down under: another name begins anew.
        public var name: String
        public var patterns: [FilePattern]
        public var exclude: [FilePattern] = []
        /// What every entry gets beside `filename`.
        public var labels: [(name: String, value: String)] = []
        public var tail = TailSettings()

        public init(name: String, patterns: [FilePattern]) {
            self.name = name
            self.patterns = patterns
        }
    }

    private let settings: Settings
    private let store: PositionStore
    private let reception: LogReception
    private let logger: Logger
    private let writer: TailEntryWriter
    private let isStopping = Atomic<Bool>(false)
    private let wake = DispatchSemaphore(value: 0)
    private let numbers = Mutex<(files: Int, bytesBehind: Int64)>((0, 0))

    public init(_ reception: LogReception, _ settings: Settings, store: PositionStore, logger: Logger, metrics: MetricRegistry) {
        self.settings = settings
        self.store = store
        self.reception = reception
        self.logger = logger
        writer = TailEntryWriter(labels: settings.labels, format: settings.tail.format)
        metrics.gaugeFunction(
            "perch_receiver_files_open", help: "Files that are read as they grow.", labels: ["receiver": settings.name]
        ) { [weak self] in Double(self?.numbers.withLock { $0.files } ?? 0) }
        metrics.gaugeFunction(
            "perch_receiver_files_behind_bytes", help: "Bytes of files that were found and not read yet.", unit: "bytes",
            labels: ["receiver": settings.name]
        ) { [weak self] in Double(self?.numbers.withLock { $0.bytesBehind } ?? 0) }
    }

    /// Reads until it is told to stop.
    ///
    /// - Parameter stop: returns, or throws, when reading is to end.
    /// - Throws: ``PositionStoreError`` where it cannot be read how far the files were read before.
    public func run(until stop: @Sendable () async throws -> Void) async throws {
        let positions = try store.positions(of: settings.name)
        async let ended: Void = withCheckedContinuation { continuation in
            let thread = Thread { [self] in
                tail(positions)
                continuation.resume()
            }
            thread.name = "files"
            thread.start()
        }
        try? await stop()
        isStopping.store(true, ordering: .releasing)
        wake.signal()
        await ended
    }

    private func tail(_ positions: [FilePosition]?) {
        var tailing = FileTailing(
            settings: settings.tail, positions: positions ?? [], isFirstStart: positions == nil, now: now)
        var files = OpenFiles()
        var faults: (truncated: Int, malformed: Int) = (0, 0)
        let counters = reception.metrics[.files]
        var isKnown = positions != nil
        while !isStopping.load(ordering: .acquiring) {
            if let action = tailing.next(now: now) {
                perform(action, &tailing, &files)
                // Files that come after the first look are new, also where there were none at it.
                if !isKnown, case .list = action {
                    isKnown = true
                    perform(.save([], forget: []), &tailing, &files)
                }
                continue
            }
            numbers.withLock { $0 = (tailing.files.count, tailing.bytesBehind) }
            let total = tailing.faultCounts
            counters.truncated.increment(by: total.truncated - faults.truncated)
            counters.malformed.increment(by: total.malformed - faults.malformed)
            faults = total
            let pause = tailing.wakeTime(now: now) - now
            _ = wake.wait(timeout: .now() + .nanoseconds(Int(min(max(pause, 1_000_000), 1_000_000_000))))
        }
        // What was read and not kept is read again at the next start.
        numbers.withLock { $0 = (0, 0) }
    }

    private func perform(_ action: TailAction, _ tailing: inout FileTailing, _ files: inout OpenFiles) {
        switch action {
        case .list: list(&tailing)
        case .open(let found):
            do throws(FileFault) {
                if try files.open(found) { tailing.opened(found, now: now) }
            } catch {
                tailing.failed(found.path, error.reason)
            }
        case .read(let identity, let offset, let count):
            do throws(FileFault) {
                tailing.read(identity, try files.read(identity, at: offset, count: count), now: now)
            } catch {
                tailing.failed(identity, error.reason, now: now)
            }
        case .measure(let identities): tailing.measured(files.sizes(identities), now: now)
        case .append(let batch): append(batch, &tailing)
        case .save(let positions, let forget):
            do throws(PositionStoreError) {
                try store.save(positions, forget: forget, of: settings.name)
                tailing.saved()
            } catch {
                tailing.saveFailed(until: now + 10_000_000_000, error.description)
            }
        case .close(let identity): files.close(identity)
        case .report(let path, let reason):
            logger.warning("a file cannot be read as it should", metadata: ["file": .string(path), "reason": .string(reason)])
        }
    }

    private func list(_ tailing: inout FileTailing) {
        let began = now
        var found = FilePattern.Found()
        for pattern in settings.patterns { pattern.find(into: &found) }
        if !settings.exclude.isEmpty { found.files.removeAll { file in settings.exclude.contains { $0.matches(file.path) } } }
        let ended = now
        // Where folders are large, looking through them takes a fiftieth of the time at most.
        tailing.listed(found.files, faults: found.faults, now: ended, next: ended + 50 * (ended - began))
    }

    private func append(_ batch: TailBatch, _ tailing: inout FileTailing) {
        let outcome = reception.deliver(from: .files) { delivery in writer.write(batch, into: &delivery) }
        reception.metrics[.files].bytes.increment(by: batch.runs.reduce(0) { $0 + $1.texts.bytes.count })
        switch outcome.status {
        case .unavailable: tailing.refused(until: now + Int64(outcome.retryAfterSeconds ?? 1) * 1_000_000_000)
        case .accepted: tailing.appended()
        case .malformed, .tooLarge:
            logger.error("lines of files were left out", metadata: ["reason": .string(outcome.message)])
            tailing.appended()
        }
    }

    private var now: Int64 { Int64(DispatchTime.now().uptimeNanoseconds) }
}

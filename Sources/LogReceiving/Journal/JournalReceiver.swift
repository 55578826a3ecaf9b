internal import Foundation
internal import Ingestion
internal import LogFormats
public import Logging
internal import PerchMetrics
internal import Synchronization

/// Reads systemd's journal by `journalctl`, which follows it, and keeps its entries.
///
/// Where the last entry that was kept stands in the journal is written down after it; a new start goes on behind it.
public final class JournalReceiver: Sendable {
    public struct Settings: Sendable, Hashable {
        /// The program.
        public var program = "journalctl"
        /// Units whose entries are read; none for all.
        public var units: [String] = []
        /// A folder with journal files to read in place of the machine's.
        public var directory: String?
        /// Where reading begins at the very first start.
        public var start = TailSettings.Start.end

        public init() {}
    }

    private static let name = "journal"

    private let reception: LogReception
    private let settings: Settings
    private let store: PositionStore
    private let logger: Logger
    private let state = Mutex<(process: Process?, isStopping: Bool)>((nil, false))

    public init(_ reception: LogReception, _ settings: Settings, store: PositionStore, logger: Logger) {
        self.reception = reception
        self.settings = settings
        self.store = store
        self.logger = logger
    }

    /// Reads until it is told to stop. Where `journalctl` ends it is started again after a while.
    ///
    /// - Parameter stop: returns, or throws, when reading is to end.
    /// - Throws: ``PositionStoreError`` where it cannot be read how far the journal was read before.
    public func run(until stop: @Sendable () async throws -> Void) async throws {
        _ = try store.cursor(of: Self.name)
        async let ended: Void = withCheckedContinuation { continuation in
            let thread = Thread { [self] in
                while !isStopping {
                    follow()
                    pause(seconds: 5)
                }
                continuation.resume()
            }
            thread.name = "journal"
            thread.start()
        }
        try? await stop()
        let process = state.withLock { state in
            state.isStopping = true
            return state.process
        }
        process?.terminate()
        await ended
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func pause(seconds: Double) {
        let end = Date(timeIntervalSinceNow: seconds)
        while !isStopping, Date() < end { Thread.sleep(forTimeInterval: 0.05) }
    }

    /// What `journalctl` is told.
    func arguments(cursor: String?) -> [String] {
        var arguments = ["--output=export", "--follow", "--quiet"]
        if let cursor, !cursor.isEmpty {
            arguments += ["--no-tail", "--after-cursor=" + cursor]
        } else {
            arguments.append(settings.start == .beginning ? "--no-tail" : "--lines=0")
        }
        if let directory = settings.directory { arguments.append("--directory=" + directory) }
        return arguments + settings.units.map { "--unit=" + $0 }
    }

    private func follow() {
        let process = Process()
        let output = Pipe()
        let errors = Pipe()
        do {
            let cursor = try store.cursor(of: Self.name)
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [settings.program] + arguments(cursor: cursor)
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = errors
            try process.run()
        } catch {
            return logger.error("the journal cannot be read", metadata: ["reason": .string(String(describing: error))])
        }
        let isLate = state.withLock { state in
            state.process = process
            return state.isStopping
        }
        if isLate { process.terminate() }
        var fault: String?
        do throws(LogFormatError) { try keep(output.fileHandleForReading) } catch { fault = error.description }
        process.terminate()
        process.waitUntilExit()
        state.withLock { $0.process = nil }
        if isStopping { return }
        let said = String(decoding: errors.fileHandleForReading.availableData.prefix(500), as: UTF8.self)
        logger.warning(
            "journalctl has ended and is started again",
            metadata: ["status": .stringConvertible(process.terminationStatus), "reason": .string(fault ?? said)])
    }

    /// Keeps entries as they come, until there are no more.
    private func keep(_ output: FileHandle) throws(LogFormatError) {
        var splitter = JournalSplitter()
        while !isStopping {
            let data = output.availableData
            if data.isEmpty { return }
            reception.metrics[.journal].bytes.increment(by: data.count)
            try splitter.feed(data)
            guard splitter.hasEntries else { continue }
            let (bytes, cursor) = splitter.take()
            guard keep(bytes) else { return }
            guard let cursor else { continue }
            do throws(PositionStoreError) {
                try store.setCursor(cursor, of: Self.name)
            } catch {
                logger.error("where the journal was read to cannot be written down", metadata: ["reason": .string(error.description)])
            }
        }
    }

    /// Keeps entries, and waits where that is not possible; false where the receiver is to end before.
    private func keep(_ bytes: [UInt8]) -> Bool {
        while true {
            let outcome = reception.deliver(from: .journal) { (delivery) throws(LogFormatError) in
                var reader = JournalExportReader()
                let result: Result<Void, LogFormatError> = bytes.withUnsafeBufferPointer { buffer in
                    do throws(LogFormatError) { return .success(try reader.read(buffer, into: &delivery)) } catch { return .failure(error) }
                }
                try result.get()
            }
            switch outcome.status {
            case .accepted: return true
            case .malformed, .tooLarge:
                logger.error("entries of the journal were left out", metadata: ["reason": .string(outcome.message)])
                return true
            case .unavailable:
                pause(seconds: Double(outcome.retryAfterSeconds ?? 1))
                if isStopping { return false }
            }
        }
    }
}

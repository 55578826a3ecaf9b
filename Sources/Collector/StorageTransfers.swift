internal import Foundation
internal import HTTPAPI
internal import LabelMatching
internal import MetricStorage
internal import NIOPosix
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// Lets samples and files of a running server go over the network.
struct StorageTransfers: Sendable {
    private static let pieceBytes = 256 << 10

    private let storage: MetricStorage
    private let dataDirectory: String
    private let blocking: NIOThreadPool
    private let now: @Sendable () -> Timestamp

    init(storage: MetricStorage, blocking: NIOThreadPool, now: @escaping @Sendable () -> Timestamp) {
        self.storage = storage
        dataDirectory = storage.directory.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        self.blocking = blocking
        self.now = now
    }

    var actions: StorageTransferAPI.Actions {
        StorageTransferAPI.Actions(
            files: { try await blocking.runIfActive { Array(try JSONEncoder().encode(source.files())) } },
            file: { name in try await file(name) },
            export: { selectors, range, isJSON in try await export(selectors, range, isJSON ? .json : .openmetrics) })
    }

    private var source: LocalBackupSource { LocalBackupSource(dataDirectory: dataDirectory, clock: now) }

    // MARK: Files

    /// A copy that goes when nobody sends it any more.
    private final class Passing: Sendable {
        let path: String
        private let file: Mutex<FileHandle?>

        init(path: String) {
            self.path = path
            file = Mutex(nil)
        }

        func next() throws -> [UInt8]? {
            try file.withLock { file in
                if file == nil {
                    guard let opened = FileHandle(forReadingAtPath: path) else {
                        throw ShardStorageError(.inputOutput, "the copy cannot be opened", path: path)
                    }
                    file = opened
                }
                guard let piece = try file?.read(upToCount: StorageTransfers.pieceBytes), !piece.isEmpty else { return nil }
                return Array(piece)
            }
        }

        deinit { try? FileOperations.delete(path) }
    }

    private func file(_ name: String) async throws -> TransferStream? {
        let folder = dataDirectory + "/.transfers"
        let passing = Passing(path: folder + "/" + UUID().uuidString)
        let copy = try await blocking.runIfActive {
            try FileOperations.createDirectory(folder)
            return try source.copy(name, to: passing.path)
        }
        guard let copy else { return nil }
        let description = String(decoding: try JSONEncoder().encode(copy), as: UTF8.self)
        return TransferStream(contentType: "application/octet-stream", headers: [("Perch-Copy", description)]) {
            try await blocking.runIfActive { try passing.next() }
        }
    }

    // MARK: Samples

    /// An export with the lock that its one reader at a time holds.
    private final class Export: Sendable {
        private let export: Mutex<SampleExport>

        init(_ export: consuming sending SampleExport) { self.export = Mutex(export) }

        func next() throws -> [UInt8]? {
            try export.withLock { export in
                let piece = try export.next()
                // At the end of the last piece it is known whether all of it could be read.
                if let warning = export.summary.warnings.first { throw ShardStorageError(.corrupt, warning, path: "export") }
                return piece
            }
        }
    }

    private func export(_ selectors: [LabelSelector], _ range: TimeRange, _ format: SampleFileFormat) async throws -> TransferStream {
        let export = try await blocking.runIfActive { Export(try SampleExport(storage, selectors, range, format)) }
        let contentType =
            format == .json ? "application/x-ndjson" : "application/openmetrics-text; version=1.0.0; charset=utf-8"
        return TransferStream(contentType: contentType) { try await blocking.runIfActive { try export.next() } }
    }
}

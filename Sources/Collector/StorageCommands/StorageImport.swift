internal import ExpositionFormat
public import TelemetryModel

/// Takes files of samples into a data directory that no server has open, or into a running server.
///
/// All files are read whole before anything is taken: a fault refuses them all, unless faulty lines are to be left out. Samples may be
/// of any age. Those that are there already are replaced: importing a file twice changes nothing.
public struct StorageImport: Sendable {
    /// Where the samples go.
    public enum Destination: Sendable {
        case directory(String)
        /// Sends one compressed remote write message to a server; the second argument says whether it is one of 2.0.
        case server(send: @Sendable (_ body: [UInt8], _ isV2: Bool) async throws -> RemoteWriteReply)
    }

    /// Faults that are told of one by one in each file; the others are only counted.
    static let faultsToldMax = 100
    private static let batchSamples = 20_000

    private let destination: Destination
    private let format: SampleFileFormat?
    private let skipsFaults: Bool
    private let clock: @Sendable () -> Timestamp
    private let remark: @Sendable (String) -> Void

    /// What an import did.
    public struct Summary: Sendable, Hashable {
        public internal(set) var samples = 0
        public internal(set) var exemplars = 0
        /// Lines and files that could not be read.
        public internal(set) var faults = 0
        /// Samples that the storage refused.
        public internal(set) var rejected = 0
    }

    /// - Parameters:
    ///   - format: nil to tell it from the first line of each file.
    ///   - skipsFaults: whether what is right in a file is taken also where other lines are not.
    ///   - remark: told of every fault as `FILE:LINE:COLUMN: message`.
    public init(
        to destination: Destination, format: SampleFileFormat? = nil, skipsFaults: Bool = false,
        clock: @escaping @Sendable () -> Timestamp, remark: @escaping @Sendable (String) -> Void
    ) {
        self.destination = destination
        self.format = format
        self.skipsFaults = skipsFaults
        self.clock = clock
        self.remark = remark
    }

    /// Takes the files, one after the other.
    ///
    /// - Throws: where the storage cannot be opened or written.
    public func run(files: [String]) async throws(StorageCommandError) -> Summary {
        do {
            var summary = Summary()
            for file in files { summary.faults += try check(file) }
            guard summary.faults == 0 || skipsFaults else { return summary }
            let sink = try sink()
            for file in files { try await take(file, into: sink, &summary) }
            try sink.finish()
            return summary
        } catch {
            if case .directory(let path) = destination { throw StorageCommandError(storage: error, path) }
            throw error as? StorageCommandError ?? StorageCommandError("\(error)")
        }
    }

    private func sink() throws -> any SampleSink {
        switch destination {
        case .directory(let path): try LocalSampleSink(dataDirectory: path, clock: clock)
        case .server(let send): RemoteSampleSink(send: send, wait: { try await Task.sleep(for: .seconds($0)) })
        }
    }

    /// Reads a file whole and tells what is not right in it.
    private func check(_ path: String) throws -> Int {
        var file: ImportFile
        do throws(StorageCommandError) { file = try ImportFile(path: path, format: format) } catch {
            remark(error.message)
            return 1
        }
        var batch = ImportBatch()
        var faults = 0
        func tell() {
            for fault in file.faults {
                faults += 1
                if faults <= StorageImport.faultsToldMax { remark("\(path):\(fault.line):\(fault.column): \(fault.message)") }
            }
            file.faults.removeAll()
        }
        while file.next(&batch, samplesMax: StorageImport.batchSamples) { tell() }
        tell()
        if faults > StorageImport.faultsToldMax { remark("\(path): and \(faults - StorageImport.faultsToldMax) more") }
        return faults
    }

    private func take(_ path: String, into sink: any SampleSink, _ summary: inout Summary) async throws {
        guard var file = try? ImportFile(path: path, format: format) else { return }
        var batch = ImportBatch()
        var told = 0
        while file.next(&batch, samplesMax: StorageImport.batchSamples) {
            file.faults.removeAll()
            guard !batch.series.isEmpty else { continue }
            let refused = try await sink.append(batch)
            for refused in refused {
                summary.rejected += refused.count
                told += 1
                guard told <= StorageImport.faultsToldMax else { continue }
                remark("\(path):\(batch.line(ofSeries: refused.series, timestamp: refused.timestamp)):1: \(refused.reason)")
            }
            summary.samples += batch.sampleCount - refused.reduce(0) { $0 + $1.count }
            summary.exemplars += batch.series.reduce(0) { $0 + $1.exemplars.count }
        }
        try await sink.append(file.metadata)
        if told > StorageImport.faultsToldMax { remark("\(path): and \(told - StorageImport.faultsToldMax) more") }
    }
}

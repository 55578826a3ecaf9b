internal import MetricStorage
internal import ShardStorage

/// Reads every file of a data directory whole and says what is not as it was written.
///
/// Nothing is written and no lock is taken, so that a server may run on the directory meanwhile.
public struct StorageVerify: Sendable {
    private let directory: String
    private let output: StorageCommandOutput

    public init(dataDirectory: String, output: StorageCommandOutput) {
        directory = dataDirectory + "/metrics"
        self.output = output
    }

    /// Prints a line per file and one per fault.
    ///
    /// - Returns: how many faults there are.
    /// - Throws: where there is nothing to look at.
    public func run() throws(StorageCommandError) -> Int {
        let names: [String]
        do { names = try FileOperations.names(in: directory).sorted() } catch { throw StorageCommandError(error.description) }
        var files = 0
        var faults = 0
        for name in names {
            guard let report = StorageInspection.inspect(name, in: directory) else { continue }
            // A running server deletes segments that it has sealed, and days that are over.
            if !report.isSound, !FileOperations.exists(report.file) { continue }
            files += 1
            faults += report.problems.count
            output.write((report.isSound ? "ok       " : "damaged  ") + name + StorageVerify.contents(of: report) + "\n")
            for problem in report.problems {
                // Errors of the layers below begin with the path.
                let text = problem.hasPrefix(report.file) ? problem : report.file + ": " + problem
                output.write("         " + text + "\n")
            }
        }
        guard files > 0 else { throw StorageCommandError("\(directory): there is no data in this directory") }
        output.write("\(files) files, " + (faults == 0 ? "no faults" : faults == 1 ? "1 fault" : "\(faults) faults") + "\n")
        return faults
    }

    private static func contents(of report: StorageFileReport) -> String {
        switch report.kind {
        case .shard: "  \(report.parts) pages, \(report.series) series, \(report.samples) samples"
        case .journalSegment: "  \(report.parts) payloads, \(report.samples) samples"
        case .metadata, .setAside: ""
        }
    }
}

internal import AlertStorage
internal import MetricStorage
internal import ShardStorage
internal import TraceStorage

/// Reads every file of a data directory whole and says what is not as it was written.
///
/// Nothing is written and no lock is taken, so that a server may run on the directory meanwhile.
public struct StorageVerify: Sendable {
    private let dataDirectory: String
    private let output: StorageCommandOutput

    public init(dataDirectory: String, output: StorageCommandOutput) {
        self.dataDirectory = dataDirectory
        self.output = output
    }

    /// What a look at one file found, whatever signal it holds.
    private struct Report {
        var file: String
        var name: String
        var contents: String
        var problems: [String]
    }

    /// Prints a line per file and one per fault.
    ///
    /// - Returns: how many faults there are.
    /// - Throws: where there is nothing to look at.
    public func run() throws(StorageCommandError) -> Int {
        let metrics = dataDirectory + "/metrics"
        let traces = dataDirectory + "/traces"
        var files = 0
        var faults = 0
        for name in try names(metrics) {
            guard let report = StorageInspection.inspect(name, in: metrics) else { continue }
            write(Report(file: report.file, name: name, contents: contents(of: report), problems: report.problems), &files, &faults)
        }
        for name in FileOperations.exists(traces) ? try names(traces) : [] {
            guard let report = TraceStorageInspection.inspect(name, in: traces) else { continue }
            write(
                Report(file: report.file, name: "traces/" + name, contents: contents(of: report), problems: report.problems), &files,
                &faults)
        }
        let alerts = dataDirectory + "/alerts/" + AlertStorage.fileName
        if FileOperations.exists(alerts) {
            let report = AlertFileReport(inspecting: alerts)
            let contents = "  \(report.events) events, \(report.silences) silences, \(report.alerts) alerts"
            write(
                Report(file: alerts, name: "alerts/" + AlertStorage.fileName, contents: contents, problems: report.problems), &files,
                &faults)
        }
        guard files > 0 else { throw StorageCommandError("\(metrics): there is no data in this directory") }
        output.write("\(files) files, " + (faults == 0 ? "no faults" : faults == 1 ? "1 fault" : "\(faults) faults") + "\n")
        return faults
    }

    private func names(_ directory: String) throws(StorageCommandError) -> [String] {
        do { return try FileOperations.names(in: directory).sorted() } catch { throw StorageCommandError(error.description) }
    }

    private func write(_ report: Report, _ files: inout Int, _ faults: inout Int) {
        // A running server deletes segments that it has sealed, and days that are over.
        if !report.problems.isEmpty, !FileOperations.exists(report.file) { return }
        files += 1
        faults += report.problems.count
        output.write((report.problems.isEmpty ? "ok       " : "damaged  ") + report.name + report.contents + "\n")
        for problem in report.problems {
            // Errors of the layers below begin with the path.
            let text = problem.hasPrefix(report.file) ? problem : report.file + ": " + problem
            output.write("         " + text + "\n")
        }
    }

    private func contents(of report: StorageFileReport) -> String {
        switch report.kind {
        case .shard: "  \(report.parts) pages, \(report.series) series, \(report.samples) samples"
        case .journalSegment: "  \(report.parts) payloads, \(report.samples) samples"
        case .metadata, .setAside: ""
        }
    }

    private func contents(of report: TraceFileReport) -> String {
        switch report.kind {
        case .shard: "  \(report.parts) blocks, \(report.spans) spans"
        case .journalSegment: "  \(report.parts) payloads, \(report.spans) spans"
        case .setAside: ""
        }
    }
}

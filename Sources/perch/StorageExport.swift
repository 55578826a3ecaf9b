internal import ArgumentParser
internal import Collector
internal import CommandLineClient
internal import Foundation
internal import TelemetryModel

extension Storage {
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write stored samples as OpenMetrics text with timestamps.",
            discussion: """
                The text goes to standard output; `perch storage import` and other importers of OpenMetrics read it. The server must not run on
                the directory: export from a restored backup where it has to go on. Native histograms, exemplars and staleness
                markers have no place in the text; how many samples are left out for that is told.

                EXAMPLES
                  perch storage export > all.om
                  perch storage export --match 'up{job="node"}' --match 'node_load1' --since 30d > some.om
                  perch storage export --data-dir ./restored --from 2026-11-01T00:00:00Z --to 2026-11-08T00:00:00Z

                EXIT STATUS
                  0 all was written, 1 something could not be read, 2 wrong usage or a wrong selector
                """
        )

        @Option(help: ArgumentHelp("A series selector; may be given more than once. Without any, all series.", valueName: "selector"))
        var match: [String] = []

        @Option(help: ArgumentHelp("How far back to begin, before --to or now.", valueName: "duration"))
        var since: String?

        @Option(help: ArgumentHelp("The earliest time: RFC 3339, Unix seconds, now-5m.", valueName: "time"))
        var from: String?

        @Option(help: ArgumentHelp("The latest time.", valueName: "time"))
        var to: String?

        @OptionGroup var data: DataDirectoryOptions

        func run() throws {
            try StorageOutput.reportingErrors { () throws(StorageCommandError) in
                let export = try StorageExport(
                    dataDirectory: data.dataDir, match: match, range: try range(), clock: StorageOutput.now)
                let summary = try export.run { try FileHandle.standardOutput.write(contentsOf: Data($0)) }
                for warning in summary.warnings { StandardError.write("warning: " + warning + "\n") }
                let leftOut = [
                    (summary.histogramsLeftOut, "native histogram samples"), (summary.staleMarkersLeftOut, "staleness markers"),
                    (summary.seriesLeftOut, "series without a metric name"),
                ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
                StandardError.write("\(summary.samples) samples of \(summary.series) series written\n")
                if !leftOut.isEmpty { StandardError.write("left out: " + leftOut.joined(separator: ", ") + "\n") }
                if !summary.warnings.isEmpty { throw StorageCommandError("", status: 1) }
            }
        }

        private func range() throws(StorageCommandError) -> TimeRange {
            if since != nil, from != nil { throw StorageCommandError("give --since or --from, not both", status: 2) }
            let now = StorageOutput.now()
            do throws(ClientError) {
                var range = TimeRange.all
                if let to { range.end = try TimeArgument.time(to, now: now, option: "--to") }
                if let from { range.start = try TimeArgument.time(from, now: now, option: "--from") }
                if let since {
                    let duration = try TimeArgument.duration(since, option: "--since")
                    range.start = (to == nil ? now : range.end) - duration
                }
                guard range.start <= range.end else { throw ClientError.usage("--from is later than --to") }
                return range
            } catch {
                throw StorageCommandError(error.message, status: error.status.rawValue)
            }
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take OpenMetrics text with timestamps into a data directory.",
            discussion: """
                Files are as `promtool tsdb create-blocks-from openmetrics` takes them and as `perch storage export` writes them. Samples may be of
                any age; those that are there already are replaced. Lines that are not right are told as FILE:LINE:COLUMN: message and left out.
                The server must not run on the directory. What is older than its retention goes when it starts again.

                EXAMPLES
                  perch storage import history.om
                  perch storage import --data-dir /var/lib/perch 2025-*.om

                EXIT STATUS
                  0 everything was taken, 1 some or all was not, 2 wrong usage
                """
        )

        @Argument(help: ArgumentHelp("The files to take, in this order.", valueName: "file"))
        var files: [String]

        @OptionGroup var data: DataDirectoryOptions

        func run() throws {
            try StorageOutput.reportingErrors { () throws(StorageCommandError) in
                let summary = try StorageImport(
                    dataDirectory: data.dataDir, clock: StorageOutput.now, remark: StorageOutput.remark
                ).run(files: files)
                print("\(summary.samples) samples taken, \(summary.rejected) refused, \(summary.faults) faults")
                if summary.rejected + summary.faults > 0 { throw StorageCommandError("", status: 1) }
            }
        }
    }
}

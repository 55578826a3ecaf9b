public import ArgumentParser
public import Collector
internal import CommandLineClient
internal import Foundation
internal import TelemetryModel

extension Storage {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write stored samples as text.",
            discussion: """
                The text goes to standard output. --format openmetrics is text with
                timestamps, which other programs read too: floats and exemplars; native
                histograms, staleness markers and the payload of NaNs have no place in it,
                and what is left out is told. --format json has everything, bit by bit, an
                object a line. `perch storage import` reads both.

                With --data-dir no server may run on the directory; ask a running one with
                --url.

                EXAMPLES
                  perch storage export --url http://127.0.0.1:9797 --format json > all.json
                  perch storage export --match 'up{job="node"}' --match node_load1 --since 30d
                  perch storage export --data-dir ./restored --from 2026-11-01T00:00:00Z \\
                    --to 2026-11-08T00:00:00Z > week.om

                EXIT STATUS
                  0 all was written, 1 something could not be read, 2 wrong usage or a wrong
                  selector
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

        @Option(help: "openmetrics or json.")
        var format: SampleFileFormat = .openmetrics

        @OptionGroup var data: StoredDataOptions

        func run() async throws {
            try await StorageOutput.reportingErrors { () async throws(StorageCommandError) in
                let range = try range()
                switch try data.place() {
                case .directory(let path): try export(path, range)
                case .server(let client): try await export(client, range)
                }
            }
        }

        private func export(_ dataDirectory: String, _ range: TimeRange) throws(StorageCommandError) {
            let export = try StorageExport(
                dataDirectory: dataDirectory, match: match, range: range, format: format, clock: StorageOutput.now)
            let summary = try export.run { try FileHandle.standardOutput.write(contentsOf: Data($0)) }
            for warning in summary.warnings { StandardError.write("warning: " + warning + "\n") }
            let leftOut = [
                (summary.histogramsLeftOut, "native histogram samples"), (summary.staleMarkersLeftOut, "staleness markers"),
                (summary.exemplarsLeftOut, "exemplars"), (summary.seriesLeftOut, "series without a metric name"),
            ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            StandardError.write("\(summary.samples) samples and \(summary.exemplars) exemplars of \(summary.series) series written\n")
            if !leftOut.isEmpty { StandardError.write("left out: " + leftOut.joined(separator: ", ") + "; --format json has them\n") }
            if !summary.warnings.isEmpty { throw StorageCommandError("", status: 1) }
        }

        private func export(_ client: PerchClient, _ range: TimeRange) async throws(StorageCommandError) {
            var parameters: [(name: String, value: String)] = [("format", format.rawValue)]
            for selector in match { parameters.append(("match[]", selector)) }
            if range.start > .min { parameters.append(("start", Self.seconds(range.start))) }
            if range.end < .max { parameters.append(("end", Self.seconds(range.end))) }
            do throws(ClientError) {
                let isThere = try await client.download("/api/v1/export", parameters) {
                    try FileHandle.standardOutput.write(contentsOf: $0)
                }
                if !isThere { throw ClientError("the server has no export") }
            } catch {
                throw StorageCommandError(error)
            }
        }

        private static func seconds(_ time: Timestamp) -> String {
            let fraction = String(String(1000 + time.magnitude % 1000).dropFirst())
            return (time < 0 ? "-" : "") + String(time.magnitude / 1000) + "." + fraction
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

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take files of samples into a data directory or a running server.",
            discussion: """
                Files are OpenMetrics text with timestamps, as `promtool tsdb create-blocks-from
                openmetrics` takes it, or lines of JSON as `perch storage export --format json`
                writes them; the first line tells. Samples may be of any age; those that are
                there already are replaced, so importing twice changes nothing.

                Files are read whole first. What is not right is told as FILE:LINE:COLUMN:
                message, and then nothing is taken; with --skip-faulty everything else is.

                With --data-dir no server may run on the directory, and what is older than its
                retention goes when it starts again. A running server takes the samples with
                --url; it refuses what is older than its retention.

                EXAMPLES
                  perch storage import history.om
                  perch storage import --data-dir /var/lib/perch 2025-*.om
                  perch storage import --url http://127.0.0.1:9797 all.json

                EXIT STATUS
                  0 everything was taken, 1 some or all was not, 2 wrong usage
                """
        )

        @Argument(help: ArgumentHelp("The files to take, in this order.", valueName: "file"))
        var files: [String]

        @Option(help: "openmetrics or json, if the first line does not tell.")
        var format: SampleFileFormat?

        @Flag(help: "Leave faulty lines out and take all others.")
        var skipFaulty = false

        @OptionGroup var data: StoredDataOptions

        func run() async throws {
            try await StorageOutput.reportingErrors { () async throws(StorageCommandError) in
                let destination: StorageImport.Destination =
                    switch try data.place() {
                    case .directory(let path): .directory(path)
                    case .server(let client): .server(client)
                    }
                let summary = try await StorageImport(
                    to: destination, format: format, skipsFaults: skipFaulty, clock: StorageOutput.now, remark: StorageOutput.remark
                ).run(files: files)
                print(
                    "\(summary.samples) samples and \(summary.exemplars) exemplars taken, \(summary.rejected) refused, \(summary.faults) faults"
                )
                if summary.faults > 0 && !skipFaulty { throw StorageCommandError("nothing was taken; --skip-faulty takes the rest") }
                if summary.rejected + summary.faults > 0 { throw StorageCommandError("", status: 1) }
            }
        }
    }
}

extension SampleFileFormat: ExpressibleByArgument {}

internal import CivilCalendar
internal import Foundation
internal import HTTPAPI
internal import Logging
internal import Scraping
internal import Synchronization

/// `query_log_file` and `scrape_failure_log_file`: what is told in files of its own.
final class QueryAndScrapeLogs: Sendable {
    private let files: LineFiles
    private let queryFile = Mutex<String?>(nil)

    init(_ configuration: CollectorConfiguration, logger: Logger) {
        files = LineFiles(logger: logger)
        apply(configuration)
    }

    /// Goes over to the files of a configuration. All are opened anew, also those that stay.
    func apply(_ configuration: CollectorConfiguration) {
        queryFile.withLock { $0 = configuration.global.queryLogFile }
        files.reopen()
    }

    /// Where queries are told of.
    var queries: QueryLog {
        QueryLog(isOn: { [self] in queryFile.withLock { $0 != nil } }, now: SystemClock.now) { [self] line in
            if let file = queryFile.withLock({ $0 }) { files.add(line, to: file) }
        }
    }

    /// Tells of a scrape that failed.
    func note(_ failure: ScrapeFailureRecord) {
        struct Line: Encodable {
            var time: String
            var level = "ERROR"
            var msg: String
            var job_name: String
            var target: String
        }
        let line = Line(
            time: RFC3339.text(CivilTime(milliseconds: SystemClock.now())), msg: failure.reason, job_name: failure.job, target: failure.url)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var bytes = try? Array(encoder.encode(line)) else { preconditionFailure("BUG: a line of texts cannot be encoded") }
        bytes.append(UInt8(ascii: "\n"))
        files.add(bytes, to: failure.file)
    }
}

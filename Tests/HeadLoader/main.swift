// Fills the head of a metric storage and dies by SIGKILL, or opens such a folder again; says what that took. Started by RestartTests, and by
// hand for as many series as one likes.
//
// Arguments: write or read, folder, number of series, samples of each. Prints lines of a name and a number.

internal import Foundation
internal import MetricStorage
internal import TelemetryModel

let arguments = CommandLine.arguments
guard arguments.count == 5, let seriesCount = Int(arguments[3]), let rounds = Int(arguments[4]) else {
    FileHandle.standardError.write(Data("usage: HeadLoader write|read FOLDER SERIES SAMPLES\n".utf8))
    exit(2)
}
let start: Timestamp = 1_795_348_800_000
let samplesPerBatch = 2000

func labels(_ number: Int) -> LabelSet {
    let pod = number / 10
    return [
        "__name__": "http_request_duration_seconds_bucket", "instance": "10.\(pod >> 16 & 255).\(pod >> 8 & 255).\(pod & 255):8080",
        "job": "service-\(pod % 97)", "le": "\(Double(number % 10) / 10)", "method": "GET", "path": "/api/v1/items",
        "pod": "service-\(pod % 97)-7f9d8c6b5-\(pod)",
    ]
}

func say(_ name: String, _ value: Int) { FileHandle.standardOutput.write(Data("\(name) \(value)\n".utf8)) }

/// A line of /proc/self/status, in KiB.
func memory(_ field: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
    return line.flatMap { Int($0.split(whereSeparator: { !$0.isNumber }).first ?? "") } ?? 0
}

let before = memory("RssAnon")
let began = ContinuousClock.now
var options = MetricStorageOptions()
options.runsInBackground = false
let storage = try MetricStorage(directory: arguments[2], options: options) { start + Timestamp(rounds) * 15_000 }
say("open_ms", Int((ContinuousClock.now - began) / .milliseconds(1)))

if arguments[1] == "write" {
    var references = [SeriesReference](repeating: .unknown, count: seriesCount)
    var labelBytes = 0
    var batch = MetricBatch()
    for round in 0..<rounds {
        for first in stride(from: 0, to: seriesCount, by: samplesPerBatch) {
            let range = first..<min(first + samplesPerBatch, seriesCount)
            batch.removeAll()
            for number in range {
                if round == 0 {
                    let labels = labels(number)
                    labelBytes += labels.packed.count
                    batch.beginSeries(labels)
                } else {
                    batch.beginSeries(references[number])
                }
                batch.append(timestamp: start + Timestamp(round) * 15_000, value: Double(number + round * (number % 13)))
            }
            references.replaceSubrange(range, with: try storage.append(batch).references)
        }
    }
    say("label_bytes_per_series", labelBytes / seriesCount)
}
say("series", storage.statistics.activeSeries)
say("samples", storage.statistics.headSamples)
say("anonymous_kib", memory("RssAnon") - before)
say("peak_kib", memory("VmHWM"))
kill(getpid(), SIGKILL)

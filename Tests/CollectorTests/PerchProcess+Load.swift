import Foundation
import RemoteWriteFormat
import TelemetryModel
import Testing

extension PerchProcess {
    /// Writes samples of one series, given as `name{label="value"}`.
    func load(series: String, values: [(time: Int64, value: Double)]) async throws {
        var labels: [(String, String)] = []
        let parts = series.split(separator: "{", maxSplits: 1)
        labels.append(("__name__", String(parts[0])))
        if parts.count == 2 {
            for pair in parts[1].dropLast().split(separator: ",") {
                let sides = pair.split(separator: "=", maxSplits: 1)
                labels.append((sides[0].trimmingCharacters(in: .whitespaces), String(sides[1].dropFirst().dropLast())))
            }
        }
        var encoder = RemoteWriteEncoder(version: .v1)
        encoder.append(RemoteWriteSeries(labels: LabelSet(labels), samples: values.map { Sample(timestamp: $0.time, value: $0.value) }))
        let answer = try await writeRemotely(encoder.finish())
        #expect(answer.status == 204, "\(answer.text)")
    }
}

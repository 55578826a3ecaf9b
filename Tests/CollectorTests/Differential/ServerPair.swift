import Compression
import Foundation
import RemoteWriteFormat
import TestSupport

/// Perch and Prometheus side by side, on the same samples.
final class ServerPair: Sendable {
    private let perch: PerchProcess
    private let prometheus: ChildProcess
    private let prometheusURL: String
    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        let configuration = try folder.write("storage: {retention: {metrics: 100y}}\nglobal: {evaluation_interval: 1m}\n", to: "perch.yml")
        perch = try await PerchProcess(dataDirectory: folder.path + "/perch", configuration: configuration)
        let theirs = try folder.write("global: {evaluation_interval: 1m}\n", to: "prometheus.yml")
        let address = "127.0.0.1:\(try FreePorts.one())"
        prometheusURL = "http://" + address
        prometheus = try ChildProcess(
            installed("prometheus") ?? "",
            [
                "--config.file=\(theirs)", "--storage.tsdb.path=\(folder.path)/prometheus", "--web.listen-address=\(address)",
                "--web.enable-remote-write-receiver", "--enable-feature=native-histograms", "--storage.tsdb.retention.time=100y",
                "--log.level=error",
            ])
        let end = ContinuousClock.now + PerchProcess.patience
        while ContinuousClock.now < end {
            if let answer = try? await PerchProcess.get(prometheusURL + "/-/ready"), answer.status == 200 { return }
            guard prometheus.isRunning else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw PerchProcess.Failure("prometheus did not get ready:\n" + prometheus.printed)
    }

    /// Gives both the same samples.
    func write(_ series: [RemoteWriteSeries]) async throws {
        var encoder = RemoteWriteEncoder(version: .v1)
        for one in series { encoder.append(one) }
        let body = try Codec.snappyBlock.compress(encoder.finish())
        for url in [perch.url, prometheusURL] {
            let headers = [
                "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf", "X-Prometheus-Remote-Write-Version": "0.1.0",
            ]
            let answer = try await PerchProcess.send("POST", url + "/api/v1/write", headers: headers, body: body)
            guard answer.status == 204 else { throw PerchProcess.Failure("\(url) refused samples with \(answer.status): \(answer.text)") }
        }
    }

    func ask(_ query: String, _ evaluation: Evaluation) async throws -> (theirs: QueryAnswer, ours: QueryAnswer) {
        async let theirs = ask(query, evaluation, of: prometheusURL)
        async let ours = ask(query, evaluation, of: perch.url)
        return try await (theirs, ours)
    }

    private func ask(_ query: String, _ evaluation: Evaluation, of url: String) async throws -> QueryAnswer {
        var form = "query=" + PerchProcess.encoded(query)
        let path: String
        switch evaluation {
        case .instant(let time):
            path = "/api/v1/query"
            form += "&time=" + seconds(time)
        case .range(let start, let end, let step):
            path = "/api/v1/query_range"
            form += "&start=\(seconds(start))&end=\(seconds(end))&step=\(seconds(step))"
        }
        let answer = try await PerchProcess.send(
            "POST", url + path, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.utf8))
        do {
            return try QueryAnswer(status: answer.status, body: answer.body)
        } catch {
            throw PerchProcess.Failure("\(url) answered \(query) \(evaluation) with \(answer.status) \(answer.text.prefix(500)): \(error)")
        }
    }

    /// The first difference in the answers to a query, or nil.
    func difference(_ query: QueryNode, _ evaluation: Evaluation) async throws -> Difference? {
        let answers = try await ask(query.text, evaluation)
        return Difference.between(
            theirs: answers.theirs, ours: answers.ours, isOrdered: evaluation.isInstant && query.name.hasPrefix("sort"))
    }

    func stop() async throws {
        prometheus.send(signal: SIGTERM)
        _ = try await perch.terminate()
        _ = try await prometheus.status()
    }
}

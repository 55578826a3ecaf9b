internal import Foundation
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import Scraping

/// Debian's own exporters as targets, where they are installed.
@Suite("Real targets", .serialized)
struct RealTargetTests {
    private static let nodeExporter = "/usr/bin/prometheus-node-exporter"
    private static let prometheus = "/usr/bin/prometheus"

    private static func isInstalled(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// Starts a program and scrapes it twice once it answers.
    private func scrapeTwice(_ path: String, _ arguments: [String], port: Int) async throws -> [[String: Double]] {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        var scraper = PageScraper(target: ["instance": "real", "job": "j"])
        let client = try ScrapeClient(job: ScrapeJob(name: "j"), environment: PageScraper().environment)
        var reports: [[String: Double]] = []
        let end = ContinuousClock.now + .seconds(90)
        var attempt = 0
        while ContinuousClock.now < end {
            attempt += 1
            do {
                let page = try await client.fetch(
                    client.request(url: "http://127.0.0.1:\(port)/metrics", timeoutMilliseconds: 60_000), timeoutMilliseconds: 60_000)
                let (failure, _) = scraper.memory.digest(.success(page), at: Int64(attempt) * 1000, environment: scraper.environment) { 0 }
                #expect(failure == nil, "\(failure?.description ?? "")")
                reports.append(scraper.report)
                if reports.count == 2 { break }
            } catch {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        await client.shutdown()
        #expect(scraper.storage.knownReferences > 100)
        return reports
    }

    @Test(.enabled(if: isInstalled(nodeExporter), "prometheus-node-exporter is not installed"))
    func `the node exporter's page`() async throws {
        let port = try FreePorts.one()
        let reports = try await scrapeTwice(Self.nodeExporter, ["--web.listen-address=127.0.0.1:\(port)"], port: port)
        #expect(reports.count == 2)
        #expect(reports.allSatisfy { $0["up"] == 1 && ($0["scrape_samples_scraped"] ?? 0) > 200 })
        #expect((reports.last?["scrape_series_added"] ?? 1000) < 50)
    }

    @Test(.enabled(if: isInstalled(prometheus), "prometheus is not installed"))
    func `the page of Prometheus itself`() async throws {
        let port = try FreePorts.one()
        let directory = FileManager.default.temporaryDirectory.appending(path: "perch-real-target-\(port)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let config = directory.appending(path: "prometheus.yml")
        try Data("global: {scrape_interval: 1h}\n".utf8).write(to: config)
        let reports = try await scrapeTwice(
            Self.prometheus,
            [
                "--config.file=\(config.path())", "--storage.tsdb.path=\(directory.appending(path: "data").path())",
                "--web.listen-address=127.0.0.1:\(port)",
            ], port: port)
        #expect(reports.count == 2)
        #expect(reports.allSatisfy { $0["up"] == 1 && ($0["scrape_samples_scraped"] ?? 0) > 200 })
    }
}

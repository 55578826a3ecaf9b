import Foundation
import Testing

/// A short form of what `scripts/scrape-farm.py` measures at length: a farm of targets with pages that live, scraped by the real server.
@Suite(.serialized) struct ScrapeFarmTests {
    private struct Result: Decodable {
        var missed: Int
        var down: Int
        var gaps: Int
        var targets: Int
        var series: Int
        var pages: Int
        var scrapes: Int
        var jitter: [Double]

        enum CodingKeys: String, CodingKey {
            case missed, down, targets, series, pages, jitter
            case gaps = "stored gaps"
            case scrapes = "stored scrapes"
        }
    }

    @Test(.timeLimit(.minutes(10))) func `of fifty targets no beat is missed, and every scrape is stored`() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        let finished = try await run(
            "/usr/bin/env",
            [
                "python3", root + "/scripts/scrape-farm.py", "--perch", try PerchProcess.executable, "--servers", "perch", "--json",
                "--targets", "50", "--series", "200", "--interval", "2", "--seconds", "12", "--core", "-1",
            ])
        #expect(finished.status == 0, "\(finished.output) \(finished.error)")
        let result = try JSONDecoder().decode(Result.self, from: Data(finished.output.utf8))
        #expect(result.missed == 0 && result.down == 0 && result.gaps == 0, "\(result)")
        #expect(result.targets == 50 && result.series == 10_000)
        // Six beats of each target, give or take those at the edges.
        #expect(abs(result.scrapes - 300) <= 50 && abs(result.pages - 300) <= 50, "\(result)")
        print("scrape farm: jitter p50, p99, max \(result.jitter) ms")
    }
}

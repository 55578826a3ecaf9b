internal import Compression
internal import OutboundHTTP
internal import ScriptedHTTP
internal import Testing

@testable internal import Scraping

@Suite("Fetching pages from targets of all kinds")
struct ScrapeClientTests {
    /// Fetches once from a server that follows the script.
    private func fetch(
        _ job: ScrapeJob = ScrapeJob(name: "j"), timeoutMilliseconds: Int64 = 20_000,
        answer: @escaping @Sendable (String) -> [ScriptedServer.Step]
    ) async throws -> (page: String?, failure: ScrapeFailure?, requests: [String]) {
        let server = try await ScriptedServer(answer)
        let client = try ScrapeClient(job: job, environment: PageScraper().environment)
        var outcome: (String?, ScrapeFailure?) = (nil, nil)
        do {
            let url = "http://127.0.0.1:\(server.port)/metrics?x=1"
            let page = try await client.fetch(
                client.request(url: url, timeoutMilliseconds: timeoutMilliseconds), timeoutMilliseconds: timeoutMilliseconds)
            outcome.0 = String(decoding: page.bytes, as: UTF8.self)
        } catch let failure as ScrapeFailure {
            outcome.1 = failure
        }
        await client.shutdown()
        try await server.stop()
        return (outcome.0, outcome.1, server.requests)
    }

    @Test func `a page comes with the headers that targets expect`() async throws {
        let job = ScrapeJob(
            name: "j",
            client: HTTPClientSettings(
                authorization: .basic(username: .literal("me"), password: .literal("pass")),
                headers: [HTTPHeaderSetting(name: "X-Extra", values: [.literal("1"), .literal("2")])]))
        let (page, failure, requests) = try await fetch(job) { _ in ScriptedServer.page("a 1\n") }
        #expect(failure == nil)
        #expect(page == "a 1\n")
        let head = try #require(requests.first).lowercased()
        #expect(head.hasPrefix("get /metrics?x=1 http/1.1\r\n"))
        for line in [
            "accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,", "accept-encoding: gzip\r\n",
            "user-agent: perch/test\r\n",
            "x-prometheus-scrape-timeout-seconds: 20\r\n", "authorization: basic bwu6cgfzcw==\r\n", "x-extra: 1\r\n", "x-extra: 2\r\n",
        ] { #expect(head.contains(line), "\(line) in \(head)") }
    }

    @Test func `credentials are read from their file, and a missing file is named`() async throws {
        let job = ScrapeJob(
            name: "j", client: HTTPClientSettings(authorization: .credentials(type: "Bearer", .file(path: "/nowhere/token"))))
        let (_, failure, _) = try await fetch(job) { _ in ScriptedServer.page("a 1\n") }
        #expect(failure == ScrapeFailure(.credentials, "the credentials file /nowhere/token cannot be read"))
    }

    @Test func `a compressed page in pieces is decompressed`() async throws {
        let body = try Codec.gzip.compress(Array(String(repeating: "a 1\n", count: 10_000).utf8))
        let (page, failure, _) = try await fetch { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\nContent-Length: \(body.count)\r\n\r\n")]
                + body.map { .sendBytes([$0]) }
        }
        #expect(failure == nil)
        #expect(page?.utf8.count == 40_000)
    }

    @Test func `a bomb is cut off at the limit`() async throws {
        let body = try Codec.gzip.compress([UInt8](repeating: 0, count: 4_000_000))
        let (_, failure, _) = try await fetch(ScrapeJob(name: "j", limits: ScrapeLimits(bodyBytes: 1_000_000))) { _ in
            [
                .send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\nContent-Length: \(body.count)\r\n\r\n"),
                .sendBytes(body),
            ]
        }
        #expect(failure == ScrapeFailure.bodyLimit(1_000_000))
    }

    /// The first part of a page as gzip.
    private static let halfCompressed: [UInt8] = {
        let lines = (0..<2000).map { "metric{id=\"\($0)\"} \($0 &* 2_654_435_761 % 1_000_003)\n" }.joined()
        return Array(((try? Codec.gzip.compress(Array(lines.utf8))) ?? []).prefix(2048))
    }()

    static let failing: [(String, [ScriptedServer.Step], ScrapeFailure.Code)] = [
        ("not found", [.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")], .status),
        ("no content", [.send("HTTP/1.1 204 No Content\r\n\r\n")], .status),
        ("garbage", [.send("\u{1}\u{2}garbage\r\n\r\n"), .hangUp], .connection),
        ("hangs up at once", [.hangUp], .connection),
        ("silent", [], .timeout),
        ("truncated", [.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\na 1\n"), .hangUp], .connection),
        (
            "truncated chunk",
            [.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na 1\n"), .hangUp], .connection
        ),
        ("slow head", [.send("HTTP/1.1 200 OK\r\n"), .wait(milliseconds: 60_000)], .timeout),
        (
            "slow body",
            [.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n")]
                + (0..<100).flatMap { _ in [ScriptedServer.Step.send("a"), .wait(milliseconds: 300)] }, .timeout
        ),
        (
            "endless",
            [.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"), .sendForever(String(repeating: "a 1\n", count: 4096))],
            .bodyLimit
        ),
        ("no gzip", [.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\na 1\n")], .contentEncoding),
        ("brotli", [.send("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\na 1\n")], .contentEncoding),
        (
            "gzip that goes on as text",
            [.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\nContent-Length: 4096\r\n\r\n")]
                + [.sendBytes(halfCompressed), .send(String(repeating: "a 1\n", count: (4096 - halfCompressed.count) / 4))],
            .contentEncoding
        ),
        ("redirects in circles", [.send("HTTP/1.1 302 Found\r\nLocation: /metrics?x=1\r\nContent-Length: 0\r\n\r\n")], .redirect),
    ]

    @Test(arguments: failing.indices)
    func `what goes wrong is told apart, in time`(index: Int) async throws {
        let (name, script, code) = Self.failing[index]
        // What ends by itself has time to, so that a busy machine does not matter.
        let timeout: Int64 = code == .timeout ? 700 : 30_000
        let start = ContinuousClock.now
        let (page, failure, _) = try await fetch(
            ScrapeJob(name: "j", timeoutMilliseconds: timeout, limits: ScrapeLimits(bodyBytes: 500_000)), timeoutMilliseconds: timeout
        ) { _ in script }
        #expect(page == nil)
        #expect(failure?.code == code, "\(name): \(failure?.description ?? "no failure")")
        #expect(failure?.description.contains("\n") == false)
        #expect(ContinuousClock.now - start < .seconds(25), "\(name)")
    }

    @Test func `redirects are followed, unless forbidden`() async throws {
        let answer: @Sendable (String) -> [ScriptedServer.Step] = { head in
            head.hasPrefix("GET /other")
                ? ScriptedServer.page("b 2\n") : [.send("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")]
        }
        #expect(try await fetch(answer: answer).page == "b 2\n")
        let job = ScrapeJob(name: "j", client: HTTPClientSettings(followRedirects: false))
        #expect(try await fetch(job, answer: answer).failure?.code == .status)
    }

    @Test func `nobody there`() async throws {
        let client = try ScrapeClient(job: ScrapeJob(name: "j"), environment: PageScraper().environment)
        await #expect(throws: ScrapeFailure.self) {
            _ = try await client.fetch(
                client.request(url: "http://127.0.0.1:1/metrics", timeoutMilliseconds: 20_000), timeoutMilliseconds: 20_000)
        }
        await client.shutdown()
    }

    @Test func `a connection that was closed while idle is no failure`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.page("a 1\n") + [.wait(milliseconds: 20), .hangUp] }
        let client = try ScrapeClient(job: ScrapeJob(name: "j"), environment: PageScraper().environment)
        for _ in 0..<20 {
            let page = try await client.fetch(
                client.request(url: "http://127.0.0.1:\(server.port)/", timeoutMilliseconds: 20_000), timeoutMilliseconds: 20_000)
            #expect(page.bytes.count == 4)
            try await Task.sleep(for: .milliseconds(19))
        }
        await client.shutdown()
        try await server.stop()
    }
}

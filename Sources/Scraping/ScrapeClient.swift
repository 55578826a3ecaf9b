internal import AsyncHTTPClient
internal import Compression
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import OutboundHTTP

/// A page as it came, decompressed.
struct FetchedPage: Sendable {
    var bytes: [UInt8]
    var contentType: String?
}

/// Fetches the pages of one job's targets over HTTP.
final class ScrapeClient: Sendable {
    private let client: OutboundClient
    private let job: ScrapeJob
    private let accept: String
    private let buffers: ScrapeBuffers

    /// A page without `body_size_limit` may be this large, so that an endless one cannot fill the memory.
    static let bodyBytesMax = 256 << 20

    /// - Throws: where the TLS settings cannot be used.
    init(job: ScrapeJob, environment: ScrapeEnvironment) throws {
        self.job = job
        buffers = environment.buffers
        accept = ScrapeContentType.accept(job.protocols, escaping: job.names.escaping)
        client = try OutboundClient(
            job.client, userAgent: environment.userAgent, connectMilliseconds: job.timeoutMilliseconds,
            eventLoopGroup: environment.eventLoopGroup, threadPool: environment.threadPool)
    }

    /// Closes all connections, and returns when they are closed. Closing again does nothing.
    func shutdown() async { await client.shutdown() }

    /// Fetches a page within a time.
    ///
    /// - Throws: ``ScrapeFailure``, or `CancellationError` where the task is cancelled.
    func fetch(url: String, timeoutMilliseconds: Int64) async throws -> FetchedPage {
        let request = makeRequest(url: url, timeoutMilliseconds: timeoutMilliseconds)
        // The deadline of the client covers the response's head only, so the body needs a timer of its own.
        return try await withThrowingTaskGroup(of: FetchedPage?.self) { group in
            group.addTask { try await self.fetch(request, timeoutMilliseconds) }
            group.addTask {
                try await Task.sleep(for: .milliseconds(timeoutMilliseconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let page = try await group.next() ?? nil else { throw ScrapeFailure.timeout(milliseconds: timeoutMilliseconds) }
            return page
        }
    }

    private func fetch(_ request: HTTPClientRequest, _ timeoutMilliseconds: Int64) async throws -> FetchedPage {
        do {
            let response = try await client.execute(request, deadline: .now() + .milliseconds(timeoutMilliseconds))
            guard response.status == .ok else {
                throw ScrapeFailure(.status, "the target answered with HTTP status \(response.status.code) \(response.status.reasonPhrase)")
            }
            let bytes = try await body(of: response)
            return FetchedPage(bytes: bytes, contentType: response.headers.first(name: "content-type"))
        } catch let failure as ScrapeFailure {
            throw failure
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw ScrapeClient.failure(error, timeoutMilliseconds)
        }
    }

    private func body(of response: HTTPClientResponse) async throws -> [UInt8] {
        let limit = job.limits.bodyBytes > 0 ? job.limits.bodyBytes : ScrapeClient.bodyBytesMax
        let encodings = response.headers[canonicalForm: "content-encoding"].map { $0.lowercased() }.filter { $0 != "identity" }
        var inflater: GzipInflater?
        var isZstd = false
        switch encodings {
        case []: break
        case ["gzip"], ["x-gzip"]: inflater = try GzipInflater(limit: limit)
        case ["zstd"]: isZstd = true
        default:
            throw ScrapeFailure(
                .contentEncoding,
                "the target sent the Content-Encoding \"\(encodings.joined(separator: ", "))\", only gzip and zstd are read")
        }
        var page = buffers.takePage()
        for try await chunk in response.body {
            do {
                if let inflater {
                    try chunk.withUnsafeReadableBytes { try inflater.feed($0, into: &page) }
                } else {
                    guard page.count + chunk.readableBytes <= limit else { throw ScrapeFailure.bodyLimit(limit) }
                    page.append(contentsOf: chunk.readableBytesView)
                }
            } catch let error as CompressionError where error.code == .limitExceeded {
                throw ScrapeFailure.bodyLimit(limit)
            }
        }
        try inflater?.finish()
        return isZstd ? try expanded(page, limit) : page
    }

    /// A page that came in zstd, which nobody asked for; some servers send it all the same.
    private func expanded(_ page: [UInt8], _ limit: Int) throws -> [UInt8] {
        var plain = buffers.takePage()
        do {
            try page.withUnsafeBytes { try Codec.zstd().decompress($0, limit: limit, into: &plain) }
        } catch let error as CompressionError where error.code == .limitExceeded {
            throw ScrapeFailure.bodyLimit(limit)
        }
        buffers.give(page)
        return plain
    }

    private func makeRequest(url: String, timeoutMilliseconds: Int64) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: accept)
        request.headers.add(name: "accept-encoding", value: job.enableCompression ? "gzip" : "identity")
        request.headers.add(name: "x-prometheus-scrape-timeout-seconds", value: ScrapeFailure.seconds(timeoutMilliseconds))
        return request
    }

    /// A failure of the network in one line.
    private static func failure(_ error: any Error, _ timeoutMilliseconds: Int64) -> ScrapeFailure {
        switch error {
        case let error as CompressionError: return ScrapeFailure(.contentEncoding, "\(error)")
        default:
            let failure = OutboundFailure(error, timeoutMilliseconds: timeoutMilliseconds)
            switch failure.code {
            case .timeout: return .timeout(milliseconds: timeoutMilliseconds)
            case .redirect: return ScrapeFailure(.redirect, "the target redirects in circles, or more often than is followed")
            case .credentials: return ScrapeFailure(.credentials, failure.description)
            case .connection, .body: return ScrapeFailure(.connection, "fetching failed: \(failure.description)")
            }
        }
    }
}

internal import Compression
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

    /// The request for a target's page, to be made once.
    func request(url: String, timeoutMilliseconds: Int64) -> RepeatedRequest {
        var headers = HTTPHeaders()
        headers.add(name: "accept", value: accept)
        headers.add(name: "accept-encoding", value: job.enableCompression ? "gzip" : "identity")
        headers.add(name: "x-prometheus-scrape-timeout-seconds", value: ScrapeFailure.seconds(timeoutMilliseconds))
        return RepeatedRequest(url: url, headers: headers)
    }

    /// Fetches a page within a time.
    ///
    /// - Throws: ``ScrapeFailure``, or `CancellationError` where the task is cancelled.
    func fetch(_ request: RepeatedRequest, timeoutMilliseconds: Int64) async throws -> FetchedPage {
        let limit = job.limits.bodyBytes > 0 ? job.limits.bodyBytes : ScrapeClient.bodyBytesMax
        do {
            let taker = try await client.fetch(request, timeoutMilliseconds: timeoutMilliseconds) { [buffers] in
                PageTaker(limit: limit, buffers: buffers)
            }
            return taker.takePage()
        } catch let failure as ScrapeFailure {
            throw failure
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw ScrapeClient.failure(error, timeoutMilliseconds)
        }
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

internal import AsyncHTTPClient
internal import Compression
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A page as it came, decompressed.
struct FetchedPage: Sendable {
    var bytes: [UInt8]
    var contentType: String?
}

/// Fetches the pages of one job's targets over HTTP.
final class ScrapeClient: Sendable {
    private let client: HTTPClient
    private let job: ScrapeJob
    private let accept: String
    private let userAgent: String
    private let threadPool: NIOThreadPool
    private let buffers: ScrapeBuffers

    /// A page without `body_size_limit` may be this large, so that an endless one cannot fill the memory.
    static let bodyBytesMax = 256 << 20

    /// - Throws: where the TLS settings cannot be used.
    init(job: ScrapeJob, environment: ScrapeEnvironment) throws {
        self.job = job
        threadPool = environment.threadPool
        userAgent = environment.userAgent
        buffers = environment.buffers
        accept = ScrapeContentType.accept(job.protocols)
        client = HTTPClient(
            eventLoopGroup: environment.eventLoopGroup,
            configuration: try job.client.makeConfiguration(timeoutMilliseconds: job.timeoutMilliseconds))
    }

    /// Closes all connections, and returns when they are closed. Closing again does nothing.
    func shutdown() async { try? await client.shutdown() }

    // The HTTP client insists on being shut down before it is let go.
    deinit { Task { [client] in try? await client.shutdown() } }

    /// Fetches a page within a time.
    ///
    /// - Throws: ``ScrapeFailure``, or `CancellationError` where the task is cancelled.
    func fetch(url: String, timeoutMilliseconds: Int64) async throws -> FetchedPage {
        let request = try await makeRequest(url: url, timeoutMilliseconds: timeoutMilliseconds)
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
            let response = try await response(to: request, .now() + .milliseconds(timeoutMilliseconds))
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

    /// Sends the request. A connection that the target closed while it lay idle is no failure: the request is sent again.
    private func response(to request: HTTPClientRequest, _ deadline: NIODeadline) async throws -> HTTPClientResponse {
        for _ in 0..<2 {
            do {
                return try await client.execute(request, deadline: deadline)
            } catch let error where ScrapeClient.isClosedConnection(error) {
                continue
            }
        }
        return try await client.execute(request, deadline: deadline)
    }

    private static func isClosedConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as ChannelError: error == .ioOnClosedChannel || error == .alreadyClosed
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        default: false
        }
    }

    private func body(of response: HTTPClientResponse) async throws -> [UInt8] {
        let limit = job.limits.bodyBytes > 0 ? job.limits.bodyBytes : ScrapeClient.bodyBytesMax
        let encodings = response.headers[canonicalForm: "content-encoding"].map { $0.lowercased() }.filter { $0 != "identity" }
        var inflater: GzipInflater?
        switch encodings {
        case []: break
        case ["gzip"], ["x-gzip"]: inflater = try GzipInflater(limit: limit)
        default:
            throw ScrapeFailure(
                .contentEncoding, "the target sent the Content-Encoding \"\(encodings.joined(separator: ", "))\", only gzip is read")
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
        return page
    }

    private func makeRequest(url: String, timeoutMilliseconds: Int64) async throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: accept)
        request.headers.add(name: "accept-encoding", value: job.enableCompression ? "gzip" : "identity")
        request.headers.add(name: "user-agent", value: userAgent)
        request.headers.add(name: "x-prometheus-scrape-timeout-seconds", value: ScrapeFailure.seconds(timeoutMilliseconds))
        let settings = job.client
        if settings.authorization == .none, settings.headers.isEmpty { return request }
        let headers = try await threadPool.runIfActive { try settings.makeHeaders() }
        request.headers.add(contentsOf: headers)
        return request
    }

    /// A failure of the network in one line.
    private static func failure(_ error: any Error, _ timeoutMilliseconds: Int64) -> ScrapeFailure {
        switch error {
        case let error as CompressionError: return ScrapeFailure(.contentEncoding, "\(error)")
        case let error as HTTPClientError:
            switch error {
            case .deadlineExceeded, .connectTimeout, .readTimeout, .tlsHandshakeTimeout: return .timeout(milliseconds: timeoutMilliseconds)
            case .redirectLimitReached, .redirectCycleDetected:
                return ScrapeFailure(.redirect, "the target redirects in circles, or more often than is followed")
            default: return ScrapeFailure(.connection, "fetching failed: \(error.shortDescription)")
            }
        case let error as IOError:
            let reason = String(validatingCString: strerror(error.errnoCode)) ?? "error \(error.errnoCode)"
            return ScrapeFailure(.connection, "fetching failed: \(reason.lowercased())")
        default:
            let text = String(describing: error).split(whereSeparator: \.isNewline).joined(separator: " ")
            return ScrapeFailure(.connection, "fetching failed: \(text.prefix(300))")
        }
    }
}

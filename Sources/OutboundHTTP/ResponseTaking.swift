internal import AsyncHTTPClient
public import NIOCore
public import NIOHTTP1
internal import Synchronization

/// Takes a response as it comes, called on an event loop: no task waits for the parts.
public protocol ResponseTaking: AnyObject, Sendable {
    /// Called with the head, once per response that is not a redirect to be followed. What it throws ends the request.
    func begin(status: HTTPResponseStatus, headers: HTTPHeaders) throws

    /// Called with each part of the body. What it throws ends the request.
    func take(_ part: ByteBuffer) throws

    /// Called at the end of the body. What it throws is what the request fails with.
    func end() throws
}

/// A request for a page that is made again and again: the address is taken apart once.
public struct RepeatedRequest: Sendable {
    public let url: String
    public let headers: HTTPHeaders
    /// Nil where the address is none, which ``make(url:headers:)`` then says at each request.
    private let prepared: HTTPClient.Request?

    public init(url: String, headers: HTTPHeaders) {
        self.url = url
        self.headers = headers
        prepared = try? HTTPClient.Request(url: url)
    }

    /// The request as the library wants it, to the same address or another one.
    ///
    /// - Throws: what the library says of an address that is none.
    func make(url other: String, headers: HTTPHeaders) throws -> HTTPClient.Request {
        var request: HTTPClient.Request
        if let prepared, other == url { request = prepared } else { request = try HTTPClient.Request(url: other) }
        request.headers = headers
        return request
    }
}

/// Stands between the library and a taker.
final class ResponseDelegate: HTTPClientResponseDelegate {
    typealias Response = Void

    private let taker: any ResponseTaking
    private let status = Atomic<UInt>(0)

    init(_ taker: any ResponseTaking) { self.taker = taker }

    /// The status of the response, 0 where none has come.
    var statusCode: UInt { status.load(ordering: .acquiring) }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        status.store(head.status.code, ordering: .releasing)
        return outcome(task) { try taker.begin(status: head.status, headers: head.headers) }
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        outcome(task) { try taker.take(part) }
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws { try taker.end() }

    private func outcome(_ task: HTTPClient.Task<Void>, _ body: () throws -> Void) -> EventLoopFuture<Void> {
        do {
            try body()
            return task.eventLoop.makeSucceededVoidFuture()
        } catch {
            return task.eventLoop.makeFailedFuture(error)
        }
    }
}

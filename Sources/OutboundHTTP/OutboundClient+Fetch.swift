internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

extension OutboundClient {
    /// Sends a request, and hands the response over as it comes, within a time that covers all of it.
    ///
    /// Authorization, closed connections and tokens are dealt with as by ``execute(_:deadline:noting:)``. Each sending has a taker of its own;
    /// the one that took the response to its end is returned.
    ///
    /// - Throws: ``OutboundFailure``, `CancellationError` where the task is cancelled, what the taker throws, or what the library throws,
    ///   for which ``OutboundFailure/init(_:timeoutMilliseconds:)`` has words.
    public func fetch<Taker: ResponseTaking>(
        _ request: RepeatedRequest, timeoutMilliseconds: Int64, _ makeTaker: @Sendable () -> Taker
    ) async throws -> Taker {
        let deadline = NIODeadline.now() + .milliseconds(timeoutMilliseconds)
        do {
            return try await fetchOnce(request, deadline, makeTaker)
        } catch let failure as FetchFailure {
            guard let authority, !authority.signsRequests, failure.status == HTTPResponseStatus.unauthorized.code else {
                throw failure.error
            }
            await authority.forget()
        }
        do { return try await fetchOnce(request, deadline, makeTaker) } catch let failure as FetchFailure { throw failure.error }
    }

    private func fetchOnce<Taker: ResponseTaking>(
        _ request: RepeatedRequest, _ deadline: NIODeadline, _ makeTaker: @Sendable () -> Taker
    ) async throws -> Taker {
        var url = request.url
        var headers = request.headers
        try await authority?.authorize(.GET, &url, &headers, body: [], noting: nil)
        try await addOwn(to: &headers, noting: nil)
        let client = try client(for: &url, &headers, address: nil)
        return try await fetch(request.make(url: url, headers: headers), client, deadline, makeTaker)
    }

    /// Why a response was not taken to its end, and the status that had come by then, 0 for none.
    private struct FetchFailure: Error {
        var error: any Error
        var status: UInt
    }

    private func fetch<Taker: ResponseTaking>(
        _ request: HTTPClient.Request, _ client: HTTPClient, _ deadline: NIODeadline, _ makeTaker: @Sendable () -> Taker
    ) async throws -> Taker {
        var attempt = 1
        while true {
            let taker = makeTaker()
            let delegate = ResponseDelegate(taker)
            let task = client.execute(request: request, delegate: delegate, deadline: deadline)
            do {
                try await withTaskCancellationHandler {
                    try await task.futureResult.get()
                } onCancel: {
                    task.cancel()
                }
                return taker
            } catch {
                if Task.isCancelled { throw CancellationError() }
                let status = delegate.statusCode
                guard status == 0, attempt < usage.attempts, OutboundFailure.isClosedConnection(error) else {
                    throw FetchFailure(error: error, status: status)
                }
                attempt += 1
            }
        }
    }
}

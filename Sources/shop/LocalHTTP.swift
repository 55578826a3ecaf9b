internal import AsyncHTTPClient

/// The client for services of this machine.
enum LocalHTTP {
    /// Lives as long as the program. A port where nobody listens is told at once, and not tried again until the time is over.
    static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }()
}

internal import PerchWire

/// An answer to a scraper, for whatever HTTP server the service has.
///
///     let answer = registry.exposition(accept: request.headers[.accept], acceptEncoding: request.headers[.acceptEncoding])
public struct MetricExposition: Sendable {
    /// The value of the `Content-Type` header.
    public let contentType: String
    /// The value of the `Content-Encoding` header, if there is to be one.
    public let contentEncoding: String?
    public let body: [UInt8]
}

extension MetricRegistry {
    /// All metrics in the format and encoding that a request asks for.
    ///
    /// - Parameters:
    ///   - accept: the request's `Accept` header.
    ///   - acceptEncoding: the request's `Accept-Encoding` header.
    public func exposition(accept: String?, acceptEncoding: String?) -> MetricExposition {
        var format = MetricFormat.negotiated(accept: accept)
        format.writesCreated = exposesCreated
        var body: [UInt8] = []
        render(format, into: &body)
        // A short answer is not worth the trouble.
        if body.count >= 512, HeaderText.acceptsGzip(acceptEncoding), let compressed = Gzip.compressed(body) {
            return MetricExposition(contentType: format.contentType, contentEncoding: "gzip", body: compressed)
        }
        return MetricExposition(contentType: format.contentType, contentEncoding: nil, body: body)
    }
}

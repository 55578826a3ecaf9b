internal import HTTPTypes
public import Hummingbird
internal import NIOCore
public import PerchMetrics

extension RouterMethods {
    /// Answers scrapers: text, OpenMetrics or protobuf, compressed or not, as they ask.
    ///
    ///     router.addMetrics(telemetry.metrics)
    @discardableResult
    public func addMetrics(_ registry: MetricRegistry, at path: RouterPath = "/metrics") -> Self {
        get(path) { request, _ in
            let exposition = registry.exposition(accept: request.headers[.accept], acceptEncoding: request.headers[.acceptEncoding])
            var headers: HTTPFields = [.contentType: exposition.contentType]
            if let encoding = exposition.contentEncoding { headers[.contentEncoding] = encoding }
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: exposition.body)))
        }
    }
}

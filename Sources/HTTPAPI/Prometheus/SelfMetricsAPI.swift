internal import HTTPTypes
internal import NIOCore
public import PerchMetrics

/// `/metrics`: what Perch says of itself.
public struct SelfMetricsAPI: HTTPEndpoints {
    private let registry: MetricRegistry

    public init(_ registry: MetricRegistry) { self.registry = registry }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/metrics", .get) { call in
            let format = TextFormat.negotiated(accept: call.headers[.accept])
            var text: [UInt8] = []
            registry.render(format, into: &text)
            return APIReply(contentType: format.contentType, body: [ByteBuffer(bytes: text)])
        }
    }
}

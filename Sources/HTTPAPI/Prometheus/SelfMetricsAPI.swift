internal import HTTPTypes
internal import NIOCore
internal import NIOPosix
public import PerchMetrics

/// `/metrics`: what Perch says of itself.
public struct SelfMetricsAPI: HTTPEndpoints {
    private let registry: MetricRegistry

    public init(_ registry: MetricRegistry) { self.registry = registry }

    public func addRoutes(to routes: inout Routes) {
        routes.onAlways("/metrics", .get) { call in
            let format = MetricFormat.negotiated(accept: call.headers[.accept])
            // Some of the numbers are asked of those who count them, behind locks: nothing for an event loop.
            return try await NIOThreadPool.singleton.runIfActive {
                var text: [UInt8] = []
                registry.render(format, into: &text)
                return APIReply(contentType: format.contentType, body: [ByteBuffer(bytes: text)])
            }
        }
    }
}

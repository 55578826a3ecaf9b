internal import Logging
internal import PerchLogging
internal import PerchWire

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

enum LogMeasurements {
    static func all() -> [Measurement] {
        let null = open("/dev/null", O_WRONLY)
        var configuration = LogPipeline.Configuration(service: "checkout", writer: BufferedLines(descriptor: null))
        configuration.currentSpan = { SpanIdentity(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3), flags: 1) }
        let pipeline = LogPipeline(configuration)
        let logger = Logger(label: "shop.orders") { pipeline.handler(label: $0) }
        let stream = Logger(label: "shop.orders") { StreamLogHandler.standardError(label: $0) }
        // swift-log's own handler writes to the terminal, which is no part of the comparison.
        let before = dup(STDERR_FILENO)
        dup2(null, STDERR_FILENO)
        defer {
            dup2(before, STDERR_FILENO)
            close(before)
        }
        return [
            Measurement("log line with span and two values", times: 20_000, nanosecondsMax: 1500) { times in
                for index in 0..<times {
                    logger.info("order placed", metadata: ["order.id": "o-17", "items": .stringConvertible(index)])
                }
            },
            Measurement("log line without metadata", times: 20_000, nanosecondsMax: 1500) {
                for _ in 0..<$0 { logger.info("order placed") }
            },
            Measurement("message below the level", times: 1_000_000, allocationsMax: 0) {
                for _ in 0..<$0 { logger.debug("order placed") }
            },
            Measurement("swift-log's StreamLogHandler, two values", times: 20_000) { times in
                for index in 0..<times {
                    stream.info("order placed", metadata: ["order.id": "o-17", "items": .stringConvertible(index)])
                }
            },
        ]
    }
}

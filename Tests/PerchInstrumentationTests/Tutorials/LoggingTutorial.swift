import Logging
import PerchLogging

private func log() {
    let lines = BufferedLines()
    let levels = LogLevels()
    let logs = LogPipeline(LogPipeline.Configuration(service: "checkout", levels: levels, writer: lines))
    LoggingSystem.bootstrap { logs.handler(label: $0) }

    let logger = Logger(label: "shop.orders")
    logger.info("order placed", metadata: ["order.id": "o-17"])
    levels.set(.debug, for: "shop")
    logger.debug("and now this is logged as well")
    lines.flush(within: .seconds(1))
}

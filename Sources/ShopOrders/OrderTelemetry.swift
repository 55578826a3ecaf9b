internal import Foundation
internal import Logging
internal import PerchMetrics
internal import ShopKit
internal import Tracing

/// What the service tells of its orders: metrics and log lines, each in one place.
struct OrderTelemetry: Sendable {
    let tracer: any Tracer
    let logger: Logger
    private let metrics: OrdersContract

    init(_ telemetry: ServiceTelemetry) {
        tracer = telemetry.tracer
        logger = telemetry.logger("shop.orders")
        metrics = OrdersContract(in: telemetry.metrics)
    }

    func placed(_ order: Order) {
        metrics.orders[.placed].increment()
        metrics.orderValue[].record(order.amount.euros)
        var metadata = about(order)
        if let userID = order.userID { metadata["user_id"] = .stringConvertible(userID) }
        logger.info("order placed", metadata: metadata)
    }

    func shipped() { metrics.orders[.shipped].increment() }

    func called(_ step: CheckoutSaga.Step, _ outcome: CheckoutSaga.Outcome) {
        switch outcome {
        case .ok: metrics.sagaSteps[step, .ok].increment()
        case .refused: metrics.sagaSteps[step, .refused].increment()
        case .failed: metrics.sagaSteps[step, .failed].increment()
        }
    }

    func changed(_ change: OrderStore.Change, now: Date) {
        let duration = now.timeIntervalSince(change.order.placed)
        for milestone in change.milestones {
            switch milestone {
            case .charged:
                metrics.orders[.paid].increment()
                metrics.checkoutDuration[.paid].record(duration)
                logger.info("order paid", metadata: about(change.order))
            case .turnedBack(let setback): turnedBack(change.order, setback, after: duration)
            case .undone(let setback) where setback.kind == .cancelled:
                metrics.orders[.cancelled].increment()
                logger.info("order cancelled", metadata: about(change.order, setback))
            case .undone(let setback): logger.info("order undone", metadata: about(change.order, setback))
            case .keptAfterAll: logger.warning("order could not be cancelled any more", metadata: about(change.order))
            case .fulfilled: logger.debug("order fulfilled", metadata: about(change.order))
            }
        }
    }

    private func turnedBack(_ order: Order, _ setback: CheckoutSaga.Setback, after duration: TimeInterval) {
        switch setback.kind {
        case .rejected:
            metrics.orders[.rejected].increment()
            metrics.checkoutDuration[.rejected].record(duration)
            logger.notice("order rejected", metadata: about(order, setback))
        case .failed:
            metrics.orders[.failed].increment()
            metrics.checkoutDuration[.failed].record(duration)
            logger.error("order failed", metadata: about(order, setback))
        // Counted when it is done: an order that has left the house is not cancelled after all.
        case .cancelled: break
        }
    }

    private func about(_ order: Order, _ setback: CheckoutSaga.Setback? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["order_id": .string(order.id), "amount": .stringConvertible(order.amount.euros)]
        if let setback {
            metadata["step"] = .string(setback.step.rawValue)
            metadata["reason"] = .string(setback.reason)
        }
        return metadata
    }
}

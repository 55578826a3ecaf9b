internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import ShopKit
internal import Synchronization
internal import Tracing

/// Drives the sagas of all orders: does the step that is next, keeps what came of it, and so on. At most one task works on an order.
///
/// Orders come in two ways: as they are placed, by ``proceed(_:for:)``, and by looking into the database for those that are due, which finds
/// those that wait for another attempt and those that a killed process has left.
final class CheckoutRunner: Service {
    typealias Call = @Sendable (CheckoutSaga.Step, Order) async -> CheckoutSaga.Outcome

    private struct Run {
        /// Those who wait for the end of it.
        var waiting: [AsyncStream<Void>.Continuation] = []
        /// Whether something may have happened to the order since its task last looked.
        var isStale = true
    }

    /// An order that has to wait for longer than this lets its task go.
    private static let patience: TimeInterval = 1
    private static let sweepInterval = Duration.seconds(1)
    private static let sweepOrdersMax = 100

    private let store: OrderStore
    private let telemetry: OrderTelemetry
    private let now: @Sendable () -> Date
    private let call: Call
    private let runs = Mutex<[String: Run]>([:])
    // Of each order there is one job at most.
    private let (jobs, job) = AsyncStream.makeStream(of: (order: String, context: InstrumentationContext).self, bufferingPolicy: .unbounded)

    /// - Parameter call: does a step.
    init(_ store: OrderStore, telemetry: OrderTelemetry, now: @escaping @Sendable () -> Date, call: @escaping Call) {
        self.store = store
        self.telemetry = telemetry
        self.now = now
        self.call = call
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.sweep() }
                for await job in self.jobs { group.addTask { await self.work(on: job.order, in: job.context) } }
            }
        }
    }

    /// Has work on an order begin or go on, and waits until it is done, or known to come to nothing, or the time is over. The work goes on then.
    func proceed(_ order: String, for time: Duration) async {
        let (ended, waiting) = AsyncStream.makeStream(of: Void.self)
        start(order, in: InstrumentationContext.current ?? .topLevel, waiting: waiting)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in ended {} }
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
    }

    private func start(_ order: String, in context: InstrumentationContext, waiting: AsyncStream<Void>.Continuation? = nil) {
        let isNew = runs.withLock { runs in
            let isNew = runs[order] == nil
            var run = runs[order] ?? Run()
            run.isStale = true
            if let waiting { run.waiting.append(waiting) }
            runs[order] = run
            return isNew
        }
        if isNew { job.yield((order, context)) }
    }

    private func sweep() async {
        repeat {
            do {
                for order in try await store.due(by: now(), max: Self.sweepOrdersMax) {
                    start(order.id, in: order.trace.context(telemetry.tracer) ?? .topLevel)
                }
            } catch {
                telemetry.logger.error("orders cannot be read", error: error)
            }
        } while (try? await Task.sleep(for: Self.sweepInterval)) != nil
    }

    private func work(on order: String, in context: InstrumentationContext) async {
        await telemetry.tracer.withAnySpan("saga checkout", context: context) { span in
            span.attributes["shop.order.id"] = order
            while isToBeLookedAt(order) {
                do {
                    try await doSteps(of: order, span)
                } catch {
                    // What is on the disk counts, and the next sweep goes on from there.
                    span.recordError(error)
                    telemetry.logger.error("an order cannot go on", error: error, metadata: ["order_id": .string(order)])
                }
            }
        }
    }

    /// Whether there may be news of the order; if not, the run is over.
    private func isToBeLookedAt(_ order: String) -> Bool {
        let waiting: [AsyncStream<Void>.Continuation]? = runs.withLock { runs in
            if runs[order]?.isStale == true, !Task.isCancelled {
                runs[order]?.isStale = false
                return nil
            }
            return runs.removeValue(forKey: order)?.waiting ?? []
        }
        waiting?.forEach { $0.finish() }
        return waiting == nil
    }

    private func answerWaiting(_ order: String) {
        let waiting = runs.withLock { runs in
            defer { runs[order]?.waiting = [] }
            return runs[order]?.waiting ?? []
        }
        waiting.forEach { $0.finish() }
    }

    private func doSteps(of id: String, _ span: any Span) async throws {
        guard var order = try await store.order(id) else { return }
        while let step = order.saga.step, !Task.isCancelled {
            let wait = order.saga.due.timeIntervalSince(now())
            if wait > Self.patience { return }
            if wait > 0 { try? await Task.sleep(for: .seconds(wait)) }
            let outcome = await result(of: step, order)
            // A call that was given up because the process ends says nothing about the step.
            if Task.isCancelled { return }
            guard let change = try await store.apply(.finished(step, outcome), to: id, now: now()) else { return }
            telemetry.changed(change, now: now())
            for case .turnedBack(let setback) in change.milestones {
                if setback.kind == .failed { span.setStatus(SpanStatus(code: .error, message: setback.reason)) }
                // What has been done is undone without the customer.
                answerWaiting(id)
            }
            order = change.order
        }
    }

    private func result(of step: CheckoutSaga.Step, _ order: Order) async -> CheckoutSaga.Outcome {
        await telemetry.tracer.withAnySpan("saga \(step.rawValue)") { span in
            span.attributes["shop.order.id"] = order.id
            let outcome = await call(step, order)
            telemetry.called(step, outcome)
            switch outcome {
            case .ok: break
            case .refused(let reason): span.attributes["shop.refusal"] = reason
            case .failed(let reason): span.setStatus(SpanStatus(code: .error, message: reason))
            }
            return outcome
        }
    }
}

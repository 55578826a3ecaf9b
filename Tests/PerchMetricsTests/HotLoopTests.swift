import Dispatch
import Foundation
import PerchMetrics
import Synchronization
import Testing

/// What a signal handler counts in; a handler can reach nothing else.
private let interrupted = MetricRegistry()
private let interruptedCounter = interrupted.counter("interrupted_total", help: "Interruptions and work.")
private let interruptedHistogram = interrupted.histogram("interrupted_seconds", help: "Work.", unit: "seconds")
private let interruptedGauge = interrupted.gauge("interrupted_last", help: "The last.")
private let interruptions = Atomic<Int>(0)

/// Runs work on a thread of its own.
private func onThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in Thread { continuation.resume(returning: work()) }.start() }
}

@Suite struct HotLoopTests {
    @Test func `counting in hot loops neither waits for expositions nor holds them up, and nothing is lost`() async {
        let registry = MetricRegistry()
        let counter = registry.counter("loops_total", help: "Loops.")
        let histogram = registry.histogram("loop_seconds", help: "Loops.", unit: "seconds", buckets: .native())
        let gauge = registry.gauge("loop", help: "The last.")
        let turns = 200_000
        async let expositions = onThread {
            var output: [UInt8] = []
            var count = 0
            while counter.value < Double(3 * turns) {
                for format in [MetricFormat.prometheus, .openMetrics, MetricFormat(.protobuf)] {
                    output.removeAll(keepingCapacity: true)
                    registry.render(format, into: &output)
                }
                count += 1
            }
            return count
        }
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<3 {
                group.addTask {
                    await onThread {
                        for _ in 0..<turns {
                            histogram.record(0.25)
                            gauge.set(Double(thread))
                            counter.increment()
                        }
                    }
                }
            }
        }
        #expect(await expositions >= 1)
        #expect(counter.value == Double(3 * turns))
        #expect(histogram.count == UInt64(3 * turns))
    }

    @Test func `a signal that interrupts counting can count as well`() async {
        // What is made once is made before, since a handler must not wait for it.
        interruptedCounter.increment()
        interruptedHistogram.record(0.25)
        interruptedGauge.set(0)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            interruptedCounter.increment()
            interruptedHistogram.record(0.25)
            interruptedGauge.set(1)
            interruptions.add(1, ordering: .relaxed)
        }
        var before = sigaction()
        #expect(sigaction(SIGUSR2, &action, &before) == 0)
        let worked = await onThread {
            // Threads of Swift's concurrency block signals, and this one has that from them.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGUSR2)
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            return HotLoopTests.work(on: pthread_self())
        }
        sigaction(SIGUSR2, &before, nil)
        let total = worked + interruptions.load(ordering: .relaxed)
        #expect(interruptions.load(ordering: .relaxed) >= 200)
        #expect(interruptedCounter.value == Double(total))
        #expect(interruptedHistogram.count == UInt64(total))
    }

    /// Counts and is scraped while another thread interrupts this one again and again.
    private static func work(on worker: pthread_t) -> Int {
        let isOver = Atomic<Bool>(false)
        let isEnded = DispatchSemaphore(value: 0)
        Thread {
            while !isOver.load(ordering: .relaxed) {
                pthread_kill(worker, SIGUSR2)
                usleep(100)
            }
            isEnded.signal()
        }.start()
        var worked = 1
        let deadline = ContinuousClock.now + .seconds(20)
        var output: [UInt8] = []
        while interruptions.load(ordering: .relaxed) < 200 && ContinuousClock.now < deadline {
            for _ in 0..<1000 {
                interruptedCounter.increment()
                interruptedHistogram.record(0.25)
            }
            worked += 1000
            output.removeAll(keepingCapacity: true)
            interrupted.render(.prometheus, into: &output)
        }
        // The sender must not outlive this thread.
        isOver.store(true, ordering: .relaxed)
        isEnded.wait()
        return worked
    }
}

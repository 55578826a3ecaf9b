internal import Ingestion
internal import LogFormats
internal import PerchMetrics

/// Keeps the events of frames, in deliveries of moderate size.
struct BeatsKeeper: Sendable {
    let reception: LogReception
    let events: LumberjackEvents

    private static let deliveryBytes = 4 << 20

    /// Keeps all events but the first ones. Blocks until they are durable. Of a client that is over a limit nothing is kept for a while: its Beat
    /// waits for the acknowledgement.
    ///
    /// - Parameter now: the time by which ``BeatsSession/Outcome/unavailable(events:last:until:)`` counts.
    func keep(
        _ frames: [LumberjackFrame], skipping count: Int, from client: ClientIdentity, now: () -> Int64
    ) -> BeatsSession.Outcome {
        guard let clients = reception.clients else { return keep(frames, skipping: count, now: now) }
        if let refusal = clients.delay(of: client, streams: false) {
            reception.metrics.countHeldBack(refusal.limit, of: .beats)
            return .unavailable(events: 0, last: 0, until: now() + Int64(min(refusal.seconds, 60) * 1e9) + 1_000_000)
        }
        let outcome = keep(frames, skipping: count, now: now)
        switch outcome {
        case .kept(let events, _), .malformed(let events, _, _): clients.charge(client, requests: 1, bytes: 0, items: events)
        case .unavailable(let events, _, _): clients.charge(client, bytes: 0, items: events)
        }
        return outcome
    }

    private func keep(_ frames: [LumberjackFrame], skipping count: Int, now: () -> Int64) -> BeatsSession.Outcome {
        var toSkip = count
        var batch: [LumberjackFrame] = []
        var batchBytes = 0
        var batchLast: UInt32 = 0
        var keptCount = 0
        var keptLast: UInt32 = 0
        var refusal: LogDeliveryOutcome?

        func deliver() {
            guard !batch.isEmpty, refusal == nil else { return }
            let outcome = reception.deliver(from: .beats) { delivery in events.write(batch, into: &delivery) }
            if outcome.status == .unavailable {
                refusal = outcome
                return
            }
            keptCount += batch.count
            keptLast = batchLast
            batch = []
            batchBytes = 0
        }
        do throws(LogFormatError) {
            try events.events(of: frames) { sequence, frame in
                if toSkip > 0 {
                    toSkip -= 1
                    return
                }
                guard refusal == nil else { return }
                batch.append(frame)
                batchBytes += frame.byteCount + 64
                batchLast = sequence
                if batchBytes >= BeatsKeeper.deliveryBytes { deliver() }
            }
        } catch {
            deliver()
            if refusal == nil {
                reception.metrics[.beats].malformed.increment()
                return .malformed(events: keptCount, last: keptLast, error.description)
            }
        }
        deliver()
        if let refusal {
            return .unavailable(events: keptCount, last: keptLast, until: now() + Int64(refusal.retryAfterSeconds ?? 1) * 1_000_000_000)
        }
        return .kept(events: keptCount, last: keptLast)
    }
}

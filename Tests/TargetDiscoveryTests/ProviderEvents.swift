internal import TargetDiscovery
internal import TelemetryModel
internal import Testing

/// The events of a provider that runs, one after the other.
struct ProviderEvents {
    private var iterator: AsyncStream<DiscoveryEvent>.AsyncIterator

    init(_ stream: AsyncStream<DiscoveryEvent>) { iterator = stream.makeAsyncIterator() }

    /// The next event, or a failed test where none comes.
    mutating func next() async throws -> DiscoveryEvent {
        try #require(await iterator.next(), "the expected event never came")
    }

    /// The groups of the next event.
    mutating func groups() async throws -> [TargetGroup] {
        let event = try await next()
        guard case .groups(let groups) = event else { throw UnexpectedEvent(event: event) }
        return groups
    }

    /// The reason of the next event, which has to be a failure.
    mutating func failure() async throws -> String {
        let event = try await next()
        guard case .failure(let reason) = event else { throw UnexpectedEvent(event: event) }
        return reason
    }
}

private struct UnexpectedEvent: Error {
    let event: DiscoveryEvent
}

/// Runs a provider for as long as a closure looks at its events.
func watching(_ provider: some TargetProvider, _ body: (inout ProviderEvents) async throws -> Void) async throws {
    let (stream, continuation) = AsyncStream<DiscoveryEvent>.makeStream(bufferingPolicy: .unbounded)
    let watch = Task { await provider.watch { continuation.yield($0) } }
    let timeout = Task {
        try await Task.sleep(for: .seconds(120))
        continuation.finish()
    }
    var events = ProviderEvents(stream)
    do {
        try await body(&events)
    } catch {
        watch.cancel()
        timeout.cancel()
        throw error
    }
    watch.cancel()
    timeout.cancel()
    // It ends soon, whatever it was waiting for.
    await watch.value
}

extension [TargetGroup] {
    /// The addresses of all targets by source.
    var addresses: [String: [String]] {
        Dictionary(map { ($0.source, $0.targets.map { $0[TargetLabelName.address] ?? "" }) }, uniquingKeysWith: { $1 })
    }
}

internal import Logging
internal import Synchronization
internal import TargetDiscovery
internal import TelemetryModel
internal import Testing

/// Reports what a test hands it.
private final class ScriptedProvider: TargetProvider {
    let mechanism = "scripted"
    private let events: AsyncStream<DiscoveryEvent>
    private let continuation: AsyncStream<DiscoveryEvent>.Continuation

    init(_ first: DiscoveryEvent...) {
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        for event in first { continuation.yield(event) }
    }

    func report(_ event: DiscoveryEvent) { continuation.yield(event) }

    func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async {
        for await event in events { report(event) }
    }
}

private func group(_ source: String, _ addresses: String...) -> TargetGroup {
    TargetGroup(source: source, targets: addresses.map { ["__address__": $0] })
}

private func quietLogger() -> Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

/// Runs a directory and hands its states to the body one by one.
private func withDirectory(
    _ jobs: [DiscoveryJob],
    wait: Duration = .seconds(120),
    _ body: (TargetDirectory, inout AsyncStream<DiscoverySnapshot>.Iterator) async throws -> Void
) async throws {
    let directory = TargetDirectory(jobs: jobs, logger: quietLogger(), firstSnapshotWait: wait)
    let running = Task { await directory.run() }
    var states = directory.snapshots.makeAsyncIterator()
    try await body(directory, &states)
    running.cancel()
    #expect(await states.next() == nil)
}

@Suite("Target directory", .timeLimit(.minutes(10)))
struct TargetDirectoryTests {
    @Test func theFirstStateWaitsForEveryProvider() async throws {
        let late = ScriptedProvider()
        let jobs = [
            DiscoveryJob(name: "a", providers: [StaticDiscovery(entries: [.init(targets: ["a:1"])]), late]),
            DiscoveryJob(name: "b", providers: []),
        ]
        try await withDirectory(jobs) { _, states in
            late.report(.groups([group("x", "x:1")]))
            let state = try #require(await states.next())
            #expect(state.groups == ["a": [group("0", "a:1"), group("x", "x:1")], "b": []])
        }
    }

    @Test func aSlowProviderCannotHoldBackTheOthersForLong() async throws {
        let jobs = [DiscoveryJob(name: "a", providers: [StaticDiscovery(entries: [.init(targets: ["a:1"])]), ScriptedProvider()])]
        try await withDirectory(jobs, wait: .milliseconds(30)) { _, states in
            var state = await states.next()
            // On a machine that is busy, the other one may not have had its turn yet.
            if state?.groups == ["a": []] { state = await states.next() }
            #expect(state?.groups == ["a": [group("0", "a:1")]])
        }
    }

    @Test func withoutProvidersThereIsOneEmptyState() async throws {
        try await withDirectory([DiscoveryJob(name: "a", providers: [])]) { _, states in
            #expect(await states.next()?.groups == ["a": []])
        }
        try await withDirectory([]) { _, states in #expect(await states.next()?.groups == [:]) }
    }

    @Test func groupsReplaceThoseOfTheSameSourceAndEmptyOnesRemoveThem() async throws {
        let provider = ScriptedProvider(.groups([group("x", "x:1"), group("y", "y:1")]))
        try await withDirectory([DiscoveryJob(name: "a", providers: [provider])]) { directory, states in
            #expect(await states.next()?.groups == ["a": [group("x", "x:1"), group("y", "y:1")]])
            provider.report(.groups([group("x", "x:2")]))
            #expect(await states.next()?.groups == ["a": [group("x", "x:2"), group("y", "y:1")]])
            provider.report(.groups([group("x")]))
            #expect(await states.next()?.groups == ["a": [group("y", "y:1")]])
            #expect(directory.statistics.first?.targetCount == 1)
            #expect(directory.statistics.first?.updateCount == 3)
        }
    }

    @Test func aFailureKeepsTheTargetsAndIsCounted() async throws {
        let provider = ScriptedProvider(.groups([group("x", "x:1")]))
        try await withDirectory([DiscoveryJob(name: "a", providers: [provider])]) { directory, states in
            #expect(await states.next()?.groups == ["a": [group("x", "x:1")]])
            provider.report(.failure("no route"))
            provider.report(.groups([group("z", "z:1")]))
            #expect(await states.next()?.groups == ["a": [group("x", "x:1"), group("z", "z:1")]])
            #expect(directory.statistics.first?.failureCount == 1)
            #expect(directory.statistics.first?.lastFailure == nil)
        }
    }

    @Test func aConsumerThatIsSlowSeesTheNewestState() async throws {
        let provider = ScriptedProvider(.groups([group("x", "x:0")]))
        try await withDirectory([DiscoveryJob(name: "a", providers: [provider])]) { directory, states in
            _ = await states.next()
            for number in 1...1000 { provider.report(.groups([group("x", "x:\(number)")])) }
            while directory.statistics[0].updateCount < 1001 { try await Task.sleep(for: .milliseconds(1)) }
            // The last is counted before it is told.
            var last = await states.next()
            if last?.groups != ["a": [group("x", "x:1000")]] { last = await states.next() }
            #expect(last?.groups == ["a": [group("x", "x:1000")]])
        }
    }

    @Test func sourcesThatComeAndGoLeaveNothingBehind() async throws {
        let provider = ScriptedProvider(.groups([group("stays", "s:1")]))
        try await withDirectory([DiscoveryJob(name: "a", providers: [provider])]) { directory, states in
            for number in 0..<500 { provider.report(.groups([group("pod-\(number)", "p:\(number)")])) }
            for number in 0..<500 { provider.report(.groups([group("pod-\(number)")])) }
            while directory.statistics[0].updateCount < 1001 { try await Task.sleep(for: .milliseconds(1)) }
            var last = await states.next()
            if last?.groups["a"]?.count != 1 { last = await states.next() }
            #expect(last?.groups == ["a": [group("stays", "s:1")]])
        }
    }
}

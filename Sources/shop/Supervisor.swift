internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOFoundationCompat
internal import NIOHTTP1
internal import ShopKit
internal import Synchronization
internal import UnixSignals

/// Keeps services running until a signal comes, then ends them all.
final class Supervisor: Sendable {
    /// How long a service may take to end before it is killed.
    private static let patience = Duration.seconds(6)
    /// A service that ends with an error so soon after its first start will not do better the next time.
    private static let startTime = Duration.seconds(10)

    private struct State {
        var isEnding = false
        var hasFailed = false
        var children: [ServiceName: ChildProcess] = [:]
    }

    private let launches: [Launch]
    private let say: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(_ launches: [Launch], say: @escaping @Sendable (String) -> Void) {
        self.launches = launches
        self.say = say
    }

    /// - Returns: whether it was a signal that ended the services, and not that one could not start.
    func run() async -> Bool {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        await withTaskGroup(of: Void.self) { group in
            for launch in launches { group.addTask { await self.keepRunning(launch) } }
            group.addTask { await self.tellWhenReady() }
            let watch = Task {
                for await _ in signals { await self.endAll() }
            }
            await group.waitForAll()
            watch.cancel()
        }
        return !state.withLock { $0.hasFailed }
    }

    /// Starts a service, again and again, until all are to end.
    private func keepRunning(_ launch: Launch) async {
        var policy = RestartPolicy()
        var isFirst = true
        while true {
            let started = ContinuousClock.now
            let child: ChildProcess
            do {
                child = try ChildProcess(launch)
            } catch {
                say("\(launch.name.rawValue) cannot be started: \(error.localizedDescription)")
                return await fail()
            }
            let isEnding = state.withLock { state in
                if !state.isEnding { state.children[launch.name] = child }
                return state.isEnding
            }
            if isEnding { child.terminate() }
            let status = await child.status()
            state.withLock { $0.children[launch.name] = nil }
            if state.withLock({ $0.isEnding }) { return }
            let ran = ContinuousClock.now - started
            // Status 1 is said for what the user has to put right, and the service has said what.
            if isFirst && status == 1 && ran < Supervisor.startTime { return await fail() }
            isFirst = false
            let pause = policy.pause(afterRunning: ran)
            say("\(launch.name.rawValue) ended with status \(status) after \(seconds(ran)) s, and is started again in \(seconds(pause)) s")
            await rest(pause)
            if state.withLock({ $0.isEnding }) { return }
        }
    }

    private func fail() async {
        state.withLock { $0.hasFailed = true }
        await endAll()
    }

    /// Asks all services to end, and kills those that do not.
    private func endAll() async {
        let children = state.withLock { state in
            state.isEnding = true
            return Array(state.children.values)
        }
        for child in children { child.terminate() }
        let deadline = ContinuousClock.now + Supervisor.patience
        while ContinuousClock.now < deadline, children.contains(where: \.isRunning) { try? await Task.sleep(for: .milliseconds(50)) }
        for child in children where child.isRunning { child.kill() }
    }

    /// Sleeps, but not on when all are to end.
    private func rest(_ pause: Duration) async {
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end, !state.withLock({ $0.isEnding }) { try? await Task.sleep(for: .milliseconds(100)) }
    }

    /// Says where the services are once all answer.
    private func tellWhenReady() async {
        for launch in launches {
            while !state.withLock({ $0.isEnding }), await !answers(launch) { try? await Task.sleep(for: .milliseconds(100)) }
        }
        if state.withLock({ $0.isEnding }) { return }
        let width = launches.map(\.name.rawValue.count).max() ?? 0
        let lines = launches.map { "  \($0.name.rawValue.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.address)" }
        say("The shop is open; Ctrl-C closes it.\n" + lines.joined(separator: "\n"))
    }

    private func answers(_ launch: Launch) async -> Bool {
        let request = HTTPClientRequest(url: launch.address + "/healthcheck")
        guard let response = try? await LocalHTTP.client.execute(request, timeout: .seconds(2)), response.status == .ok,
            let body = try? await response.body.collect(upTo: 1 << 16),
            let health = try? JSONDecoder().decode(JSONValue.self, from: body)
        else { return false }
        // It may be somebody else who has the port.
        let child = state.withLock { $0.children[launch.name] }
        return child != nil && health["pid"]?.integer == child?.processIdentifier
    }

    private func seconds(_ duration: Duration) -> String { String(format: "%.1f", duration / .seconds(1)) }
}

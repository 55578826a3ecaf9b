internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OutboundHTTP
internal import PerchMetrics
internal import Relabeling
internal import ScriptedHTTP
internal import TargetDiscovery
internal import TelemetryModel
internal import Testing

@testable internal import Scraping

@Suite("Loops of all jobs")
struct ScrapeSchedulerTests {
    /// A running scheduler over a storage in memory, and a server that shows one page.
    private struct Scene {
        let storage = RecordingStorage()
        let scheduler: ScrapeScheduler
        let server: ScriptedServer
        let address: String

        init() async throws {
            server = try await ScriptedServer { _ in ScriptedServer.page("a 1\n") }
            address = "127.0.0.1:\(server.port)"
            scheduler = ScrapeScheduler(
                environment: ScrapeEnvironment(
                    storage: storage, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, threadPool: NIOThreadPool.singleton,
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, registry: MetricRegistry(), userAgent: "Perch/test"))
        }

        func update(_ targets: LabelSet...) {
            scheduler.update(DiscoverySnapshot(groups: ["j": [TargetGroup(source: "0", targets: targets)]]))
        }

        /// Runs the scheduler while the body runs, and shuts it down.
        func run(_ body: () async throws -> Void) async throws {
            let task = Task { await scheduler.run() }
            do {
                try await body()
            } catch {
                Issue.record(error)
            }
            task.cancel()
            await task.value
            try await server.stop()
        }

        func values(_ name: String, _ instance: String? = nil) -> [Double?] {
            storage.values(["__name__": name, "instance": instance ?? address, "job": "j"])
        }
    }

    /// A scrape has no longer than an interval; this one is long enough for a machine that is busy.
    private static let job = ScrapeJob(name: "j", intervalMilliseconds: 500, timeoutMilliseconds: 500)

    /// Waits until the condition holds, a minute and a half at most.
    private func eventually(_ condition: () -> Bool, _ comment: Comment? = nil, location: SourceLocation = #_sourceLocation) async throws {
        let end = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < end {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("waited in vain. \(comment?.rawValue ?? "")", sourceLocation: location)
    }

    @Test func `a target is scraped again and again, at even times`() async throws {
        let scene = try await Scene()
        try await scene.run {
            try scene.scheduler.reload([Self.job])
            scene.update(["__address__": scene.address])
            try await eventually({ scene.values("a").count >= 5 })
            let status = try #require(scene.scheduler.targets.active.first)
            #expect(status.health == .up)
            #expect(status.lastError == nil)
            #expect(status.scrapePool == "j")
            #expect(status.target.endpoint.url == "http://\(scene.address)/metrics")
            #expect(status.lastScrape != nil)
            #expect(status.lastDurationSeconds > 0)
        }
        #expect(scene.values("up").allSatisfy { $0 == 1 })
        let count = scene.values("a").count
        #expect(scene.values("a").allSatisfy { $0 == 1 }, "a shutdown ends no series")
        try await Task.sleep(for: .milliseconds(1200))
        #expect(scene.values("a").count == count, "nothing is scraped after a shutdown")
    }

    @Test func `a target that goes away ends its series, one that stays is left alone`() async throws {
        let scene = try await Scene()
        try await scene.run {
            try scene.scheduler.reload([Self.job])
            scene.update(["__address__": scene.address], ["__address__": scene.address, "instance": "second"])
            try await eventually({ scene.values("a").count >= 2 && scene.values("a", "second").count >= 2 })
            scene.update(["__address__": scene.address])
            try await eventually({ scene.values("a", "second").last == .some(nil) && scene.values("up", "second").last == .some(nil) })
            let count = scene.values("a").count
            try await eventually({ scene.values("a").count >= count + 2 })
            #expect(!scene.values("a").contains(nil))
            #expect(scene.scheduler.targets.active.count == 1)
        }
    }

    @Test func `a target that comes back at once goes on without an end`() async throws {
        let scene = try await Scene()
        try await scene.run {
            try scene.scheduler.reload([Self.job])
            for _ in 0..<10 {
                scene.update(["__address__": scene.address])
                try await Task.sleep(for: .milliseconds(20))
                scene.update()
                scene.update(["__address__": scene.address])
            }
            try await eventually({ scene.values("a").count >= 3 })
            #expect(!scene.values("a").contains(nil))
        }
    }

    @Test func `a reload with an equal job disturbs nothing, with other rules ends what they drop`() async throws {
        let scene = try await Scene()
        try await scene.run {
            try scene.scheduler.reload([Self.job])
            scene.update(["__address__": scene.address])
            try await eventually({ scene.values("a").count >= 2 })
            try scene.scheduler.reload([Self.job])
            #expect(scene.scheduler.targets.active.first?.health == .up)
            var changed = Self.job
            changed.metricRelabelRules = try RelabelRules([RelabelRule(action: .drop, sourceLabels: ["__name__"], regex: "a")])
            try scene.scheduler.reload([changed])
            try await eventually({ scene.values("a").last == .some(nil) })
            #expect(!scene.values("up").contains(nil))
            try scene.scheduler.reload([])
            try await eventually({ scene.values("up").last == .some(nil) })
            #expect(scene.scheduler.scrapePools.isEmpty)
        }
    }

    @Test func `a job with too many targets scrapes none of them`() async throws {
        let scene = try await Scene()
        try await scene.run {
            var job = Self.job
            job.limits.targets = 1
            try scene.scheduler.reload([job])
            scene.update(["__address__": scene.address], ["__address__": scene.address, "instance": "second"])
            try await eventually({ scene.values("up").count >= 2 && scene.values("up", "second").count >= 2 })
            #expect(scene.values("up").allSatisfy { $0 == 0 })
            #expect(scene.values("a").isEmpty)
            #expect(scene.scheduler.targets.active.first?.lastError?.hasPrefix("target limit exceeded") == true)
        }
    }

    @Test func `dropped targets are counted, and kept up to the limit`() async throws {
        let scene = try await Scene()
        try await scene.run {
            var job = Self.job
            job.relabelRules = try RelabelRules([RelabelRule(action: .drop, sourceLabels: ["drop"], regex: "yes")])
            job.limits.keptDroppedTargets = 1
            try scene.scheduler.reload([job])
            scene.update(["__address__": "x:1", "drop": "yes"], ["__address__": "x:2", "drop": "yes"], ["__address__": ""])
            let targets = scene.scheduler.targets
            #expect(targets.active.isEmpty)
            #expect(targets.dropped.count == 1)
            #expect(targets.droppedCounts == ["j": 2])
        }
    }

    @Test func `certificates that cannot be read are named, other jobs go on`() async throws {
        let scene = try await Scene()
        try await scene.run {
            var broken = Self.job
            broken.name = "broken"
            broken.client.tls.certificateAuthority = .file(path: "/nowhere/ca.pem")
            #expect(throws: ScrapeJobError.self) { try scene.scheduler.reload([broken, Self.job]) }
            #expect(scene.scheduler.scrapePools == ["j"])
        }
    }
}

internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import TargetDiscovery

@Suite("State of Kubernetes discovery")
struct KubernetesStateTests {
    private func pod(_ name: String, version: String, namespace: String = "a") throws -> Pod {
        try Recorded.object(
            "{\"metadata\":{\"name\":\"\(name)\",\"namespace\":\"\(namespace)\",\"uid\":\"u\",\"resourceVersion\":\"\(version)\"}}")
    }

    @Test func `a list changes what is new, other and gone, within its namespace only`() throws {
        var store = ObjectStore<Pod>()
        let all = [try pod("x", version: "1"), try pod("y", version: "1"), try pod("z", version: "1", namespace: "b")]
        #expect(store.replace(with: all, namespace: nil).count == 3)
        #expect(store.replace(with: all, namespace: nil).isEmpty)
        let changed = store.replace(with: [try pod("x", version: "2"), try pod("w", version: "3")], namespace: "a")
        #expect(Set(changed.map(\.name)) == ["x", "y", "w"])
        #expect(Set(store.objects.keys.map(\.name)) == ["x", "w", "z"])
    }

    @Test func `events that tell nothing new change nothing`() throws {
        var store = ObjectStore<Pod>()
        #expect(store.put(try pod("x", version: "1")) != nil)
        #expect(store.put(try pod("x", version: "1")) == nil)
        #expect(store.put(try pod("x", version: "2")) != nil)
        #expect(store.remove(try pod("x", version: "3")) != nil)
        #expect(store.remove(try pod("x", version: "3")) == nil)
        #expect(store.put(try Recorded.object("{}")) == nil)
    }

    @Test func `a store that hears of all changes equals one that lists`() throws {
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        let note: Comment = "seed \(random.seed)"
        var told = ObjectStore<Pod>()
        var truth: [String: String] = [:]
        for version in 1...500 {
            let name = "p\(Int.random(in: 0..<20, using: &random))"
            if Bool.random(using: &random) {
                truth[name] = String(version)
                _ = told.put(try pod(name, version: String(version)))
            } else {
                truth[name] = nil
                _ = told.remove(try pod(name, version: String(version)))
            }
            if version % 100 == 0 {
                let list = try truth.map { try pod($0.key, version: $0.value) }
                #expect(told.replace(with: list, namespace: nil).isEmpty, note)
            }
        }
    }

    @Test func `steps follow on what happened, and failures in a row wait longer`() {
        var progress = WatchProgress()
        #expect(progress.step == .list)
        progress.failed()
        progress.failed()
        progress.listed(version: "5")
        #expect(progress.step == .watch(from: "5") && progress.failures == 2)
        progress.brokeOff(at: "7", sawEvents: false)
        #expect(progress.step == .watch(from: "7") && progress.failures == 3)
        progress.brokeOff(at: "9", sawEvents: true)
        #expect(progress.failures == 1)
        progress.ended(at: "11")
        #expect(progress.step == .watch(from: "11") && progress.failures == 0)
        progress.expired()
        #expect(progress.step == .list && progress.failures == 1)
        let delays = (0...8).map { WatchProgress.delay(failures: $0, unit: .seconds(1), jitter: 1) }
        #expect(delays == [0, 1, 2, 4, 8, 16, 32, 32, 32].map { .seconds($0) })
    }

    @Test func `a change of what endpoints refer to makes their groups anew`() throws {
        var discovery = KubernetesDiscovery(role: .endpoints)
        discovery.attachesNode = true
        discovery.attachesNamespace = true
        var catalog = try fullCatalog(discovery)
        #expect(catalog.takeChangedGroups()?.count == 1)
        #expect(catalog.takeChangedGroups() == [])
        let isNews = catalog.take(WatchEvent<Pod>.put(try pod("other", version: "1")), \.pods)
        #expect(isNews)
        #expect(catalog.takeChangedGroups() == [])
        func put<Object: KubernetesObject>(_ json: String, _ store: WritableKeyPath<KubernetesCatalog, ObjectStore<Object>>) throws -> Int {
            let changed = json.replacing(/"resourceVersion":"\d+"/, with: "\"resourceVersion\":\"999\"")
            guard catalog.take(WatchEvent<Object>.put(try Recorded.object(changed)), store) else { return -1 }
            return catalog.takeChangedGroups()?.count ?? -1
        }
        #expect(try put(Recorded.pod, \.pods) == 1)
        #expect(try put(Recorded.service, \.services) == 1)
        #expect(try put(Recorded.node, \.nodes) == 1)
        #expect(try put(Recorded.namespace, \.namespaces) == 1)
        #expect(try put(Recorded.replicaSet, \.replicaSets) == 1)
        // The job made none of the pods.
        #expect(try put(Recorded.job, \.jobs) == 0)
        let isGone = catalog.take(WatchEvent<Endpoints>.remove(try Recorded.object(Recorded.endpoints)), \.endpoints)
        #expect(isGone)
        #expect(catalog.takeChangedGroups() == [TargetGroup(source: "endpoints/shop/web", targets: [])])
    }

    @Test func `nothing is reported before all lists have come`() throws {
        var catalog = KubernetesCatalog(KubernetesDiscovery(role: .endpoints), listCount: 2)
        catalog.replace(\.endpoints, with: [try Recorded.object(Recorded.endpoints)], namespace: nil, isFirst: true)
        #expect(catalog.takeChangedGroups() == nil)
        catalog.replace(\.pods, with: [], namespace: nil, isFirst: true)
        #expect(catalog.takeChangedGroups()?.count == 1)
    }

    private static let watchText =
        [
            "{\"type\":\"ADDED\",\"object\":\(Recorded.pod.replacing("\n", with: " "))}",
            "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"12\"},\"spec\":{\"containers\":null}}}",
            "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":\"too old\"}}",
            "{\"type\":\"NEWS\",\"object\":{}}",
        ].joined(separator: "\n") + "\n"

    @Test func `lines come out whole however the body is cut`() throws {
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        let bytes = Array(Self.watchText.utf8)
        for _ in 0..<50 {
            var lines = WatchLines()
            var found: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 0...min(rest.count, 400), using: &random)
                found += try lines.append(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            #expect(found == bytes.split(separator: 10).map(Array.init), "seed \(random.seed)")
        }
    }

    @Test func `events are read as what they are`() throws {
        let events = try Self.watchText.split(separator: "\n").map { try WatchEvent<Pod>(line: Array($0.utf8)) }
        #expect(events.map(\.version) == ["101", "12", nil, nil])
        guard case .put(let pod) = events[0], case .bookmark = events[1], case .fault(let status) = events[2], case .other = events[3]
        else {
            Issue.record("events of other kinds: \(events)")
            return
        }
        #expect(pod.status?.podIP == "10.1.0.7")
        #expect(status == ServerStatus(code: 410, reason: "Expired", message: "too old"))
    }

    /// Reads a line as events of all kinds, and makes targets of what they hold.
    private func digest(_ line: [UInt8]) {
        func take<Object: KubernetesObject>(
            _ role: KubernetesRole, _ store: WritableKeyPath<KubernetesCatalog, ObjectStore<Object>>
        ) {
            guard let event = try? WatchEvent<Object>(line: line) else { return }
            var catalog = KubernetesCatalog(KubernetesDiscovery(role: role), listCount: 0)
            _ = catalog.take(event, store)
            _ = catalog.takeChangedGroups()
        }
        take(.pod, \.pods)
        take(.service, \.services)
        take(.endpoints, \.endpoints)
        take(.endpointslice, \.slices)
        take(.node, \.nodes)
        take(.ingress, \.ingresses)
    }

    @Test func `cut and mutated events never trap`() {
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for json in [Recorded.pod, Recorded.service, Recorded.endpoints, Recorded.slice, Recorded.node, Recorded.ingress] {
            let line = Array("{\"type\":\"ADDED\",\"object\":\(json)}".utf8)
            for length in stride(from: 0, to: line.count, by: 7) { digest(Array(line.prefix(length))) }
            for _ in 0..<150 {
                var mutated = line
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    mutated[Int.random(in: 0..<mutated.count, using: &random)] =
                        Bool.random(using: &random) ? 0x39 : UInt8(truncatingIfNeeded: random.next())
                }
                digest(mutated)
            }
        }
        digest(Array("{\"type\":\"ADDED\",\"object\":\(String(repeating: "[", count: 100_000))".utf8))
        digest(
            Array(
                "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"n\"},\"spec\":{\"ports\":[{\"port\":-9223372036854775808}]}}}"
                    .utf8))
    }
}

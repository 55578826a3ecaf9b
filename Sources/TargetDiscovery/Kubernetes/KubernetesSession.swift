internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import OutboundHTTP
internal import Synchronization

/// Lists and watches all that one discovery needs, and reports groups as they change.
final class KubernetesSession: Sendable {
    /// One collection to be followed.
    private struct Collection {
        var resource: KubernetesResource
        /// Nil for all namespaces.
        var namespace: String?
    }

    private let discovery: KubernetesDiscovery
    private let server: String
    private let client: OutboundClient
    private let report: @Sendable (DiscoveryEvent) -> Void
    private let collections: [Collection]
    private let catalog: Mutex<KubernetesCatalog>
    /// Whether the last thing reported was a failure, so that a success has to be reported too.
    private let hasFailed = Mutex(false)
    /// Says that something has changed. Buffering policy: newest 1, for what has changed is in the catalog.
    private let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(
        _ discovery: KubernetesDiscovery, _ connection: KubernetesConnection, _ client: OutboundClient,
        _ report: @escaping @Sendable (DiscoveryEvent) -> Void
    ) {
        self.discovery = discovery
        server = connection.server
        self.client = client
        self.report = report
        collections = KubernetesSession.collections(discovery, connection.namespaces)
        catalog = Mutex(KubernetesCatalog(discovery, listCount: collections.count))
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    private static func collections(_ discovery: KubernetesDiscovery, _ namespaces: [String]) -> [Collection] {
        var resources = [discovery.role.resource]
        if discovery.role == .endpoints || discovery.role == .endpointslice { resources += [.services, .pods] }
        if resources.contains(.pods) {
            if discovery.attachesDeployment { resources.append(.replicasets) }
            // The name of a job stands in its pods.
            if discovery.attachesCronJob { resources.append(.jobs) }
        }
        let places: [String?] = namespaces.isEmpty || discovery.role == .node ? [nil] : namespaces
        var result = resources.flatMap { resource in places.map { Collection(resource: resource, namespace: $0) } }
        // These stand outside of namespaces, and are followed once for all of them.
        let rolesOnNodes: [KubernetesRole] = [.pod, .endpoints, .endpointslice]
        if discovery.attachesNode && rolesOnNodes.contains(discovery.role) { result.append(Collection(resource: .nodes)) }
        if discovery.attachesNamespace && discovery.role != .node { result.append(Collection(resource: .namespaces)) }
        return result
    }

    /// Runs until the task is cancelled.
    func run() async {
        await withTaskGroup { group in
            group.addTask { await self.reportChanges() }
            for collection in collections { group.addTask { await self.follow(collection) } }
            await group.waitForAll()
        }
    }

    /// Changes come in crowds, so they are gathered for a while before targets are made of them.
    private func reportChanges() async {
        var isFirst = true
        for await _ in changes {
            if !isFirst { guard (try? await ContinuousClock().sleep(for: discovery.surroundings.batchInterval)) != nil else { return } }
            guard let groups = catalog.withLock({ $0.takeChangedGroups() }) else { continue }
            let recovers = hasFailed.withLock { failed in
                defer { failed = false }
                return failed
            }
            if isFirst || recovers || !groups.isEmpty { report(.groups(groups)) }
            isFirst = false
        }
    }

    private func fail(_ reason: String) {
        hasFailed.withLock { $0 = true }
        report(.failure(reason))
    }

    private func follow(_ collection: Collection) async {
        switch collection.resource {
        case .pods: await follow(collection, \.pods)
        case .services: await follow(collection, \.services)
        case .endpoints: await follow(collection, \.endpoints)
        case .endpointslices: await follow(collection, \.slices)
        case .nodes: await follow(collection, \.nodes)
        case .ingresses: await follow(collection, \.ingresses)
        case .namespaces: await follow(collection, \.namespaces)
        case .replicasets: await follow(collection, \.replicaSets)
        case .jobs: await follow(collection, \.jobs)
        }
    }

    private func follow<Object: KubernetesObject>(
        _ collection: Collection, _ store: any WritableKeyPath<KubernetesCatalog, ObjectStore<Object>> & Sendable
    ) async {
        var progress = WatchProgress()
        var isFirst = true
        while !Task.isCancelled {
            switch progress.step {
            case .list:
                do {
                    let (objects, version) = try await list(Object.self, collection)
                    catalog.withLock { $0.replace(store, with: objects, namespace: collection.namespace, isFirst: isFirst) }
                    isFirst = false
                    progress.listed(version: version)
                    continuation.yield()
                } catch {
                    progress.failed()
                    if !Task.isCancelled { fail(reason(error)) }
                }
            case .watch(let version):
                let start = ContinuousClock.now
                let end = await watch(collection, from: version, store)
                if Task.isCancelled { return }
                switch end.cause {
                case .closed where ContinuousClock.now - start >= discovery.surroundings.retryDelay: progress.ended(at: end.version)
                // A server that ends every watch at once must not be asked without pause.
                case .closed: progress.brokeOff(at: end.version, sawEvents: end.sawEvents)
                case .expired: progress.expired()
                case .brokeOff(let reason):
                    progress.brokeOff(at: end.version, sawEvents: end.sawEvents)
                    // A single break is everyday: servers and load balancers restart.
                    if progress.failures > 1 { fail(reason) }
                case .refused(let reason):
                    progress.expired()
                    fail(reason)
                }
            }
            let delay = WatchProgress.delay(
                failures: progress.failures, unit: discovery.surroundings.retryDelay, jitter: .random(in: 0.5...1))
            if delay > .zero { guard (try? await ContinuousClock().sleep(for: delay)) != nil else { return } }
        }
    }

    // MARK: Requests

    private static let pageSize = 500
    private static let pagesMax = 20_000
    private static let pageBytesMax = 512 << 20

    /// All objects of a collection, and its version.
    private func list<Object: KubernetesObject>(
        _ type: Object.Type, _ collection: Collection
    ) async throws -> (objects: [Object], version: String) {
        var objects: [Object] = []
        var next: String?
        for _ in 0..<KubernetesSession.pagesMax {
            var query = selectorQuery(collection) + [("limit", String(KubernetesSession.pageSize))]
            if let next { query.append(("continue", next)) }
            let request = OutboundRequest(.GET, url(collection, query), responseBytesMax: KubernetesSession.pageBytesMax)
            let response = try await client.send(request, timeoutMilliseconds: 60_000)
            guard response.status == 200 else { throw refusal(collection, response.status, response.body) }
            guard let page = try? JSONDecoder().decode(ObjectList<Object>.self, from: Data(response.body)) else {
                throw KubernetesFault(reason: "the list of \(collection.resource) that \(server) sent cannot be read")
            }
            objects += page.items ?? []
            next = page.metadata?.continue
            if next?.isEmpty ?? true {
                return (objects, page.metadata?.resourceVersion ?? "")
            }
        }
        throw KubernetesFault(reason: "the list of \(collection.resource) that \(server) sends has no end")
    }

    /// How a watch ended.
    private struct WatchEnd: Sendable {
        enum Cause: Sendable {
            case closed, expired
            case brokeOff(String)
            case refused(String)
        }

        var cause = Cause.closed
        /// The version to go on from.
        var version: String
        var sawEvents = false
    }

    /// Watches until the server ends it, or until it has been silent for longer than it may be.
    private func watch<Object: KubernetesObject>(
        _ collection: Collection, from version: String, _ store: any WritableKeyPath<KubernetesCatalog, ObjectStore<Object>> & Sendable
    ) async -> WatchEnd {
        let seconds = discovery.surroundings.watchSeconds
        return await withTaskGroup(of: WatchEnd.self) { group in
            group.addTask { await self.readWatch(collection, from: version, store) }
            group.addTask {
                try? await ContinuousClock().sleep(for: .seconds(seconds + 30))
                return WatchEnd(cause: .brokeOff("\(self.server) does not end a watch of \(collection.resource)"), version: version)
            }
            defer { group.cancelAll() }
            return await group.next() ?? WatchEnd(version: version)
        }
    }

    private func readWatch<Object: KubernetesObject>(
        _ collection: Collection, from version: String, _ store: any WritableKeyPath<KubernetesCatalog, ObjectStore<Object>> & Sendable
    ) async -> WatchEnd {
        var end = WatchEnd(version: version)
        do {
            let query =
                selectorQuery(collection) + [
                    ("watch", "1"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
                    ("timeoutSeconds", String(discovery.surroundings.watchSeconds)),
                ]
            let response = try await client.execute(HTTPClientRequest(url: url(collection, query)), deadline: .now() + .seconds(30))
            guard response.status == .ok else {
                end.cause = try await cause(collection, response)
                return end
            }
            var lines = WatchLines()
            for try await piece in response.body {
                for line in try lines.append(piece.readableBytesView) {
                    let event = try WatchEvent<Object>(line: line)
                    if case .fault(let status) = event {
                        end.cause = cause(collection, status)
                        return end
                    }
                    if let version = event.version { end.version = version }
                    end.sawEvents = true
                    if catalog.withLock({ $0.take(event, store) }) { continuation.yield() }
                }
            }
        } catch let fault as KubernetesFault {
            // What cannot be read may be a change: all is listed anew.
            end.cause = .refused("\(server): \(fault.reason)")
        } catch {
            end.cause = .brokeOff(reason(error))
        }
        return end
    }

    private func cause(_ collection: Collection, _ response: HTTPClientResponse) async throws -> WatchEnd.Cause {
        let body = try await response.body.collect(upTo: 1 << 20)
        let fault = refusal(collection, Int(response.status.code), Array(body.readableBytesView))
        switch response.status.code {
        case 410: return .expired
        case 429, 500...: return .brokeOff(fault.reason)
        default: return .refused(fault.reason)
        }
    }

    private func cause(_ collection: Collection, _ status: ServerStatus) -> WatchEnd.Cause {
        if status.code == 410 || status.reason == "Expired" || status.reason == "Gone" { return .expired }
        return .refused("\(server) ends a watch of \(collection.resource): \(status.message ?? status.reason ?? "no reason given")")
    }

    private func refusal(_ collection: Collection, _ status: Int, _ body: [UInt8]) -> KubernetesFault {
        let message = (try? JSONDecoder().decode(ServerStatus.self, from: Data(body)))?.message ?? ""
        return KubernetesFault(
            reason: "\(server) does not tell of \(collection.resource): HTTP \(status)" + (message.isEmpty ? "" : ": " + message.oneLine))
    }

    private func reason(_ error: any Error) -> String {
        if let fault = error as? KubernetesFault { return fault.reason }
        return "\(server): " + OutboundFailure(error, timeoutMilliseconds: 60_000).description
    }

    private func url(_ collection: Collection, _ query: [(String, String)]) -> String {
        server + collection.resource.path(namespace: collection.namespace) + "?"
            + query.map { "\($0.0)=\($0.1.percentEncoded)" }.joined(separator: "&")
    }

    private func selectorQuery(_ collection: Collection) -> [(String, String)] {
        guard let selector = discovery.selectors.first(where: { $0.role.resource == collection.resource }) else { return [] }
        return [("labelSelector", selector.label), ("fieldSelector", selector.field)].filter { !$0.1.isEmpty }
    }
}

extension String {
    /// The text on one line, cut where it is long.
    fileprivate var oneLine: String { String(split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300)) }
}

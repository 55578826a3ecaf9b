/// The services of a Consul catalog (`consul_sd_configs`), followed by blocking queries.
public struct ConsulDiscovery: TargetProvider, Hashable {
    public var settings: ConsulSettings
    /// How long is waited after a failure.
    let retryInterval: Duration

    public init(_ settings: ConsulSettings) { self.init(settings, retryInterval: .seconds(15)) }

    init(_ settings: ConsulSettings, retryInterval: Duration) {
        self.settings = settings
        self.retryInterval = retryInterval
    }

    public var mechanism: String { "consul" }

    public func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async {
        // Each service that is watched holds a connection for as long as nothing happens to it.
        let http = ProviderClient(settings.client, userAgent: settings.userAgent, connectionsPerServer: 65_536)
        let api = ConsulAPI(settings: settings, http: http)
        if let datacenter = await datacenter(api, report) {
            if settings.services.isEmpty || !settings.tags.isEmpty {
                await watchCatalog(api, datacenter, report)
            } else {
                await withTaskGroup(of: Void.self) { group in
                    for service in settings.services {
                        group.addTask { await self.watchService(service, api, datacenter, report) }
                    }
                }
            }
        }
        await http.shutdown()
    }

    /// The configured datacenter, or that of the agent; nil where the task is cancelled before it is known.
    private func datacenter(_ api: ConsulAPI, _ report: @Sendable (DiscoveryEvent) -> Void) async -> String? {
        if !settings.datacenter.isEmpty { return settings.datacenter }
        while !Task.isCancelled {
            do throws(ProviderFault) {
                return try await api.datacenter()
            } catch {
                if Task.isCancelled { return nil }
                report(.failure(error.reason))
                guard (try? await ContinuousClock().sleep(for: retryInterval)) != nil else { return nil }
            }
        }
        return nil
    }

    /// Follows the list of services, and each service that is wanted.
    private func watchCatalog(_ api: ConsulAPI, _ datacenter: String, _ report: @escaping @Sendable (DiscoveryEvent) -> Void) async {
        var watches: [String: Task<Void, Never>] = [:]
        await follow(report) { (index: UInt64) async throws(ProviderFault) -> UInt64 in
            let answer = try await api.services(index: index)
            guard answer.index != index else { return answer.index }
            for (name, tags) in answer.value where watches[name] == nil && settings.wants(name, tags: tags) {
                watches[name] = Task { await watchService(name, api, datacenter, report) }
            }
            for (name, watch) in watches where answer.value[name] == nil {
                watches[name] = nil
                watch.cancel()
                // Once it has ended it cannot put its targets back.
                await watch.value
                report(.groups([TargetGroup(source: name, targets: [])]))
            }
            if watches.isEmpty { report(.groups([])) }
            return answer.index
        }
        for watch in watches.values { watch.cancel() }
        for watch in watches.values { await watch.value }
    }

    /// Follows the instances of one service.
    private func watchService(
        _ name: String, _ api: ConsulAPI, _ datacenter: String, _ report: @escaping @Sendable (DiscoveryEvent) -> Void
    ) async {
        let targets = ConsulTargets(service: name, datacenter: datacenter, tagSeparator: settings.tagSeparator)
        await follow(report) { (index: UInt64) async throws(ProviderFault) -> UInt64 in
            let answer = try await api.instances(of: name, index: index)
            if answer.index != index, !Task.isCancelled { report(.groups([targets.group(answer.value)])) }
            return answer.index
        }
    }

    /// Asks again and again until the task is cancelled, at most once in an interval.
    ///
    /// - Parameter ask: gets the index of the last answer, 0 at first, waits for a newer one and acts on it.
    private func follow(
        _ report: @Sendable (DiscoveryEvent) -> Void, _ ask: (_ index: UInt64) async throws(ProviderFault) -> UInt64
    ) async {
        let clock = ContinuousClock()
        var index: UInt64 = 0
        while !Task.isCancelled {
            let next = clock.now + settings.refreshInterval
            do throws(ProviderFault) {
                let answered = try await ask(index)
                // An index that goes back is that of a server which has started anew: everything is asked for again.
                index = answered < index ? 0 : answered
            } catch {
                if Task.isCancelled { return }
                report(.failure(error.reason))
                guard (try? await clock.sleep(for: retryInterval)) != nil else { return }
            }
            guard (try? await clock.sleep(until: next)) != nil else { return }
        }
    }
}

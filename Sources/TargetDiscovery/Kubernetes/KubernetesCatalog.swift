internal import TelemetryModel

/// All objects that the targets of one discovery are made of, and which targets have to be made anew. Decides only: what comes from the
/// server is put in, and groups of targets are taken out.
struct KubernetesCatalog: Sendable {
    let role: KubernetesRole
    let attachesNode: Bool
    let attachesNamespace: Bool
    let attachesDeployment: Bool
    let attachesJob: Bool
    let attachesCronJob: Bool
    let picksAnnotatedPort: Bool
    var pods = ObjectStore<Pod>()
    var services = ObjectStore<Service>()
    var endpoints = ObjectStore<Endpoints>()
    var slices = ObjectStore<EndpointSlice>()
    var nodes = ObjectStore<Node>()
    var ingresses = ObjectStore<Ingress>()
    var namespaces = ObjectStore<Namespace>()
    var replicaSets = ObjectStore<ReplicaSet>()
    var jobs = ObjectStore<Job>()
    /// Lists that have not come yet; before they have, groups would lack labels.
    private var missingLists: Int
    private var changed: [KubernetesResource: Set<ObjectKey>] = [:]

    init(_ discovery: KubernetesDiscovery, listCount: Int) {
        role = discovery.role
        attachesNode = discovery.attachesNode
        attachesNamespace = discovery.attachesNamespace
        attachesDeployment = discovery.attachesDeployment
        attachesJob = discovery.attachesJob
        attachesCronJob = discovery.attachesCronJob
        picksAnnotatedPort = discovery.picksAnnotatedPort
        missingLists = listCount
    }

    /// Takes a list.
    ///
    /// - Parameter isFirst: whether it is the first one of its kind and namespace.
    mutating func replace<Object: KubernetesObject>(
        _ store: WritableKeyPath<KubernetesCatalog, ObjectStore<Object>>, with list: [Object], namespace: String?, isFirst: Bool
    ) {
        changed[Object.resource, default: []].formUnion(self[keyPath: store].replace(with: list, namespace: namespace))
        if isFirst { missingLists -= 1 }
    }

    /// Takes an event.
    ///
    /// - Returns: whether it changes anything.
    mutating func take<Object: KubernetesObject>(
        _ event: WatchEvent<Object>, _ store: WritableKeyPath<KubernetesCatalog, ObjectStore<Object>>
    ) -> Bool {
        let key: ObjectKey?
        switch event {
        case .put(let object): key = self[keyPath: store].put(object)
        case .remove(let object): key = self[keyPath: store].remove(object)
        case .bookmark, .fault, .other: key = nil
        }
        guard let key else { return false }
        changed[Object.resource, default: []].insert(key)
        return true
    }

    /// Takes out the groups that have changed, sorted by source; nil while lists are missing.
    mutating func takeChangedGroups() -> [TargetGroup]? {
        guard missingLists <= 0 else { return nil }
        defer { changed = [:] }
        noteControlledPods()
        return affectedKeys().map { group($0) }.sorted { $0.source.utf8.lexicographicallyPrecedes($1.source.utf8) }
    }

    /// Pods say whose they are by way of what controls them, so they change with it.
    private mutating func noteControlledPods() {
        for resource in [KubernetesResource.replicasets, .jobs] {
            guard let keys = changed.removeValue(forKey: resource), !keys.isEmpty else { continue }
            for (key, pod) in pods.objects {
                guard let owner = pod.metadata?.controller, owner.kind == resource.ownerKind, let name = owner.name,
                    keys.contains(ObjectKey(namespace: key.namespace, name: name))
                else { continue }
                changed[.pods, default: []].insert(key)
            }
        }
    }

    private func affectedKeys() -> Set<ObjectKey> {
        switch role {
        case .pod: affectedKeys(of: pods)
        case .service: affectedKeys(of: services)
        case .endpoints: affectedKeys(of: endpoints)
        case .endpointslice: affectedKeys(of: slices)
        case .node: affectedKeys(of: nodes)
        case .ingress: affectedKeys(of: ingresses)
        }
    }

    private func affectedKeys<Object>(of store: ObjectStore<Object>) -> Set<ObjectKey> {
        var keys = changed[Object.resource] ?? []
        let others = changed.filter { $0.key != Object.resource && !$0.value.isEmpty }
        if others.isEmpty { return keys }
        for (key, object) in store.objects where others.contains(where: { object.depends(on: $0.key, $0.value) }) { keys.insert(key) }
        return keys
    }

    /// The group of one object as things stand: without targets where it is gone.
    func group(_ key: ObjectKey) -> TargetGroup {
        let place = key.namespace + "/" + key.name
        return switch role {
        case .pod: group("pod/" + place, pods[key], podGroup)
        case .service: group("svc/" + place, services[key], serviceGroup)
        case .endpoints: group("endpoints/" + place, endpoints[key], endpointsGroup)
        case .endpointslice: group("endpointslice/" + place, slices[key], sliceGroup)
        case .node: group("node/" + key.name, nodes[key], nodeGroup)
        case .ingress: group("ingress/" + place, ingresses[key], ingressGroup)
        }
    }

    private func group<Object>(
        _ source: String, _ object: Object?, _ build: (Object) -> (labels: MetaLabels, targets: [MetaLabels])
    ) -> TargetGroup {
        guard let object else { return TargetGroup(source: source, targets: []) }
        let built = build(object)
        return TargetGroup(source: source, targets: built.targets.map(\.set), labels: built.labels.set)
    }

    /// Adds what `attach_metadata` asks for of a node.
    func attachNode(_ name: String?, to labels: inout MetaLabels) {
        guard attachesNode, let name, let node = nodes[ObjectKey(namespace: "", name: name)] else { return }
        labels.add(node.metadata, of: "node")
    }

    /// Adds the namespace, and what `attach_metadata` asks for of it.
    func attachNamespace(_ name: String, to labels: inout MetaLabels) {
        labels["namespace"] = name
        guard attachesNamespace, let namespace = namespaces[ObjectKey(namespace: "", name: name)] else { return }
        labels.addLabelsAndAnnotations(namespace.metadata, of: "namespace")
    }
}

/// Labels under construction; names stand without `__meta_kubernetes_`.
struct MetaLabels: Sendable, Hashable {
    private static let prefix = TargetLabelName.metaPrefix + "kubernetes_"
    private var values: [String: String] = [:]

    init(address: String? = nil) {
        if let address { values[TargetLabelName.address] = address }
    }

    subscript(name: String) -> String? {
        get { values[MetaLabels.prefix + name] }
        set { values[MetaLabels.prefix + name] = newValue }
    }

    /// Sets a label that is none of discovery's own.
    mutating func setPlain(_ name: String, _ value: String) { values[name] = value }

    /// Adds the name, the labels and the annotations of an object.
    mutating func add(_ metadata: ObjectMetadata?, of kind: String) {
        self[kind + "_name"] = metadata?.name
        addLabelsAndAnnotations(metadata, of: kind)
    }

    mutating func addLabelsAndAnnotations(_ metadata: ObjectMetadata?, of kind: String) {
        for (name, value) in (metadata?.labels ?? [:]).sorted(by: { $0.key < $1.key }) {
            self["\(kind)_label_\(MetaLabels.sanitized(name))"] = value
            self["\(kind)_labelpresent_\(MetaLabels.sanitized(name))"] = "true"
        }
        for (name, value) in (metadata?.annotations ?? [:]).sorted(by: { $0.key < $1.key }) {
            self["\(kind)_annotation_\(MetaLabels.sanitized(name))"] = value
            self["\(kind)_annotationpresent_\(MetaLabels.sanitized(name))"] = "true"
        }
    }

    /// Adds other labels, which count before those that are there.
    mutating func merge(_ others: MetaLabels) { values.merge(others.values) { $1 } }

    var set: LabelSet { LabelSet(values.lazy.map { ($0.key, $0.value) }) }

    /// A name with `_` for everything that a label name may not hold.
    static func sanitized(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            let isKept = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
            text.unicodeScalars.append(isKept ? scalar : "_")
        }
        return text
    }

    /// Host and port as an address, an IPv6 host in brackets.
    static func address(_ host: String, port: Int?) -> String {
        guard let port else { return host }
        return host.contains(":") || host.contains("%") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

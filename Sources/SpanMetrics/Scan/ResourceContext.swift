internal import OTLPFormat
internal import TelemetryModel

/// What a resource means for the metrics of its spans; made once for equal resources.
final class ResourceContext: Sendable {
    /// A value of the resource that somebody asks for.
    struct Value: Sendable {
        /// The bytes of the `AnyValue`.
        let encoded: [UInt8]
        let text: [UInt8]
    }

    /// `service.name`; empty where there is none.
    let service: [UInt8]
    let serviceIdentity: Identity
    let hasService: Bool
    /// `service.namespace` and `service.name`; the latter alone without a namespace.
    let job: [UInt8]
    /// `service.instance.id`
    let instance: [UInt8]
    /// What the labels that come from the resource are told from others by.
    let identity: Identity
    /// By the number of the key.
    let values: [Value?]
    /// The labels of `traces_target_info`, with what they are told from others by; nil where there is nothing to tell.
    let targetInfo: (identity: Identity, template: LabelTemplate)?

    init(_ body: Range<Int>, of message: UnsafeRawBufferPointer, _ plan: ObservationPlan, _ options: SpanMetricsOptions) {
        var values = [Value?](repeating: nil, count: plan.keys.count)
        var own: [[UInt8]?] = [nil, nil, nil]
        var others = LabelParts()
        let ownKeys = ["service.name", "service.namespace", "service.instance.id"].map { Array($0.utf8) }
        let excluded = Set(options.targetInfoExcluded)
        AttributeWalk.forEach(in: body, tag: 0x0a, of: message) { keyPlace, place in
            let key = Array(message[keyPlace])
            let text = place.isFound ? AnyValueText.bytes(place.range, of: message) : []
            if let number = key.withUnsafeBytes({ plan.keys.find($0) }), values[number] == nil {
                values[number] = Value(encoded: place.isFound ? Array(message[place.range]) : [], text: text)
            }
            if let number = ownKeys.firstIndex(of: key) {
                if own[number] == nil { own[number] = text }
            } else if options.hasTargetInfo, let first = key.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
                let name = String(decoding: key, as: UTF8.self)
                if excluded.contains(name) { return }
                others.set(Array(DimensionLabel.distinct(name, DimensionLabel.reservedInTargetInfo).utf8), text)
            }
        }
        self.values = values
        hasService = own[0] != nil
        service = Array(LabelParts.cut(own[0] ?? []))
        serviceIdentity = Identity(of: service, seed: plan.seed)
        let namespace = own[1] ?? []
        job = service.isEmpty || namespace.isEmpty ? service : namespace + [UInt8(ascii: "/")] + service
        instance = own[2] ?? []

        var identity = Identity()
        if options.hasService { identity.fold(serviceIdentity) }
        if options.hasTargetInfo {
            identity.fold(Identity(of: Array(LabelParts.cut(job)), seed: plan.seed))
            if options.hasInstanceLabel { identity.fold(Identity(of: Array(LabelParts.cut(instance)), seed: plan.seed)) }
        }
        self.identity = identity
        targetInfo = Self.targetInfo(others, job: job, instance: options.hasInstanceLabel ? instance : [], plan, options)
    }

    /// What identifies a process, and at least one thing more about it.
    private static func targetInfo(
        _ others: LabelParts, job: [UInt8], instance: [UInt8], _ plan: ObservationPlan, _ options: SpanMetricsOptions
    ) -> (Identity, LabelTemplate)? {
        guard options.hasTargetInfo, others.count > 0, !(job.isEmpty && instance.isEmpty) else { return nil }
        var labels = others
        labels.set(Array(DimensionName.job.utf8), job)
        labels.set(Array(DimensionName.instance.utf8), instance)
        return labels.template().map { (Identity(of: $0.labels.packed, seed: plan.seed), $0) }
    }
}

/// The contexts of resources that were seen lately, by the hash of their bytes. Two tables, of which the older one is dropped when the newer
/// one is full: what is still in use moves over.
struct ResourceContexts: Sendable {
    private var recent: [Identity: ResourceContext] = [:]
    private var older: [Identity: ResourceContext] = [:]
    static let countMax = 4096

    mutating func context(of identity: Identity, make: () -> ResourceContext) -> ResourceContext {
        if let found = recent[identity] { return found }
        let context = older[identity] ?? make()
        if recent.count >= ResourceContexts.countMax {
            older = recent
            recent = [:]
        }
        recent[identity] = context
        return context
    }
}

/// Names of labels.
enum DimensionName {
    static let service = "service"
    static let spanName = "span_name"
    static let spanKind = "span_kind"
    static let statusCode = "status_code"
    static let statusMessage = "status_message"
    static let job = "job"
    static let instance = "instance"
    static let client = "client"
    static let server = "server"
    static let connectionType = "connection_type"
    static let virtualNode = "virtual_node"
}

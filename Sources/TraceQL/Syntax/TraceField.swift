/// What a query can ask of a span: something built in, or an attribute.
public enum TraceField: Sendable {
    case intrinsic(Intrinsic)
    /// Without a scope an attribute is looked for in the span first, then in its resource.
    case attribute(AttributeScope?, String)
    /// Something of the parent span. Understood, but not supported.
    case parentAttribute(AttributeScope?, String)
}

/// Where an attribute is looked for.
public enum AttributeScope: String, Sendable, Hashable, CaseIterable {
    case resource, span, event, link, instrumentation
}

/// What is built in. The raw value is how it is printed.
public enum Intrinsic: String, Sendable, Hashable, CaseIterable {
    case duration, name, status, statusMessage, kind, parent
    case childCount = "span:childCount"
    case rootServiceName, rootName, traceDuration
    case nestedSetLeft, nestedSetRight, nestedSetParent
    case eventName = "event:name"
    case eventTimeSinceStart = "event:timeSinceStart"
    case linkSpanID = "link:spanID"
    case linkTraceID = "link:traceID"
    case instrumentationName = "instrumentation:name"
    case instrumentationVersion = "instrumentation:version"
    case traceID = "trace:id"
    case spanID = "span:id"
    case parentID = "span:parentID"
}

extension Intrinsic {
    /// The type of its values. What the instrumentation intrinsics are is left open, as Tempo leaves it.
    var type: TraceValueType {
        switch self {
        case .duration, .traceDuration, .eventTimeSinceStart: .duration
        case .childCount, .nestedSetLeft, .nestedSetRight, .nestedSetParent: .int
        case .name, .statusMessage, .eventName, .linkTraceID, .linkSpanID, .rootServiceName, .rootName, .traceID, .spanID, .parentID:
            .string
        case .status: .status
        case .kind: .kind
        case .parent: .none
        case .instrumentationName, .instrumentationVersion: .attribute
        }
    }

    /// By the name that stands alone.
    static let byName: [String: Intrinsic] = [
        "duration": .duration, "name": .name, "status": .status, "statusMessage": .statusMessage, "kind": .kind, "parent": .parent,
        "rootName": .rootName, "rootServiceName": .rootServiceName, "traceDuration": .traceDuration, "nestedSetLeft": .nestedSetLeft,
        "nestedSetRight": .nestedSetRight, "nestedSetParent": .nestedSetParent,
    ]

    /// By the name behind a scope and a colon.
    static let byScopedName: [String: [String: Intrinsic]] = [
        "trace": ["duration": .traceDuration, "rootName": .rootName, "rootService": .rootServiceName, "id": .traceID],
        "span": [
            "duration": .duration, "name": .name, "kind": .kind, "status": .status, "statusMessage": .statusMessage, "id": .spanID,
            "parentID": .parentID, "childCount": .childCount,
        ],
        "event": ["name": .eventName, "timeSinceStart": .eventTimeSinceStart],
        "link": ["traceID": .linkTraceID, "spanID": .linkSpanID],
        "instrumentation": ["name": .instrumentationName, "version": .instrumentationVersion],
    ]
}

extension TraceField {
    var type: TraceValueType {
        if case .intrinsic(let intrinsic) = self { return intrinsic.type }
        return .attribute
    }

    /// Its name without a scope, under which a search tells its value.
    var shortName: String {
        switch self {
        case .intrinsic(let intrinsic): intrinsic.rawValue
        case .attribute(_, let name), .parentAttribute(_, let name): name
        }
    }
}

/// Names are compared by their bytes.
extension TraceField: Hashable {
    public static func == (left: TraceField, right: TraceField) -> Bool {
        switch (left, right) {
        case (.intrinsic(let a), .intrinsic(let b)): a == b
        case (.attribute(let a, let x), .attribute(let b, let y)): a == b && x.hasSameBytes(as: y)
        case (.parentAttribute(let a, let x), .parentAttribute(let b, let y)): a == b && x.hasSameBytes(as: y)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .intrinsic(let intrinsic): hasher.combine(intrinsic)
        case .attribute(let scope, let name), .parentAttribute(let scope, let name):
            hasher.combine(scope)
            name.hashBytes(into: &hasher)
        }
    }
}

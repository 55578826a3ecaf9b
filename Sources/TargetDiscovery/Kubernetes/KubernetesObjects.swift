/// Where an object stands: its namespace, empty for objects outside of namespaces, and its name.
struct ObjectKey: Sendable, Hashable {
    var namespace: String
    var name: String
}

/// The kinds of objects that are watched.
enum KubernetesResource: Sendable, Hashable {
    case pods, services, endpoints, endpointslices, nodes, ingresses, namespaces, replicasets, jobs

    /// The path of its collection under the API server's URL.
    func path(namespace: String?) -> String {
        let place = namespace.map { "/namespaces/\($0.percentEncoded)" } ?? ""
        switch self {
        case .pods: return "/api/v1\(place)/pods"
        case .services: return "/api/v1\(place)/services"
        case .endpoints: return "/api/v1\(place)/endpoints"
        case .endpointslices: return "/apis/discovery.k8s.io/v1\(place)/endpointslices"
        case .ingresses: return "/apis/networking.k8s.io/v1\(place)/ingresses"
        case .replicasets: return "/apis/apps/v1\(place)/replicasets"
        case .jobs: return "/apis/batch/v1\(place)/jobs"
        case .nodes: return "/api/v1/nodes"
        case .namespaces: return "/api/v1/namespaces"
        }
    }

    /// What objects of the kind are called where pods name their owners; nil where that is of no interest.
    var ownerKind: String? {
        switch self {
        case .replicasets: "ReplicaSet"
        case .jobs: "Job"
        case .pods, .services, .endpoints, .endpointslices, .nodes, .ingresses, .namespaces: nil
        }
    }
}

extension KubernetesRole {
    var resource: KubernetesResource {
        switch self {
        case .pod: .pods
        case .service: .services
        case .endpoints: .endpoints
        case .endpointslice: .endpointslices
        case .node: .nodes
        case .ingress: .ingresses
        }
    }
}

/// An object of the Kubernetes API, with the fields that labels are made of. All fields are optional: the server leaves out what is empty.
protocol KubernetesObject: Decodable, Sendable {
    static var resource: KubernetesResource { get }
    var metadata: ObjectMetadata? { get }
    /// Whether targets made of this object change with others.
    func depends(on resource: KubernetesResource, _ keys: Set<ObjectKey>) -> Bool
}

extension KubernetesObject {
    /// Nil for an object without a name, which there should not be.
    var key: ObjectKey? {
        guard let name = metadata?.name, !name.isEmpty else { return nil }
        return ObjectKey(namespace: metadata?.namespace ?? "", name: name)
    }

    var namespace: String { metadata?.namespace ?? "" }
    var name: String { metadata?.name ?? "" }

    func depends(on resource: KubernetesResource, _ keys: Set<ObjectKey>) -> Bool {
        resource == .namespaces && keys.contains(ObjectKey(namespace: "", name: namespace))
    }
}

struct ObjectMetadata: Decodable, Sendable, Hashable {
    struct Owner: Decodable, Sendable, Hashable {
        var kind: String?
        var name: String?
        var controller: Bool?
    }

    var name: String?
    var namespace: String?
    var uid: String?
    var resourceVersion: String?
    var labels: [String: String]?
    var annotations: [String: String]?
    var ownerReferences: [Owner]?

    /// The owner that made the object and looks after it.
    var controller: Owner? { ownerReferences?.first { $0.controller == true } }
}

struct Pod: KubernetesObject {
    struct Port: Decodable, Sendable {
        var name: String?
        var containerPort: Int?
        var `protocol`: String?
    }

    struct Container: Decodable, Sendable {
        var name: String?
        var image: String?
        var ports: [Port]?
    }

    struct Spec: Decodable, Sendable {
        var nodeName: String?
        var containers: [Container]?
        var initContainers: [Container]?
    }

    struct Condition: Decodable, Sendable {
        var type: String?
        var status: String?
    }

    struct ContainerStatus: Decodable, Sendable {
        var name: String?
        var containerID: String?
    }

    struct Status: Decodable, Sendable {
        var podIP: String?
        var hostIP: String?
        var phase: String?
        var conditions: [Condition]?
        var containerStatuses: [ContainerStatus]?
        var initContainerStatuses: [ContainerStatus]?
    }

    static var resource: KubernetesResource { .pods }
    var metadata: ObjectMetadata?
    var spec: Spec?
    var status: Status?

    /// Containers, then those that run before them or beside them, each with whether it is one of the latter.
    var allContainers: [(container: Container, isInit: Bool)] {
        (spec?.containers ?? []).map { (container: $0, isInit: false) } + (spec?.initContainers ?? []).map { (container: $0, isInit: true) }
    }

    func depends(on resource: KubernetesResource, _ keys: Set<ObjectKey>) -> Bool {
        switch resource {
        case .nodes: keys.contains(ObjectKey(namespace: "", name: spec?.nodeName ?? ""))
        case .namespaces: keys.contains(ObjectKey(namespace: "", name: namespace))
        default: false
        }
    }
}

struct Service: KubernetesObject {
    struct Port: Decodable, Sendable {
        var name: String?
        var port: Int?
        var `protocol`: String?
    }

    struct Spec: Decodable, Sendable {
        var type: String?
        var clusterIP: String?
        var externalName: String?
        var loadBalancerIP: String?
        var ports: [Port]?
    }

    struct Ingress: Decodable, Sendable { var ip: String? }
    struct LoadBalancer: Decodable, Sendable { var ingress: [Ingress]? }
    struct Status: Decodable, Sendable { var loadBalancer: LoadBalancer? }

    static var resource: KubernetesResource { .services }
    var metadata: ObjectMetadata?
    var spec: Spec?
    var status: Status?

    /// The addresses that the load balancer has, or else the one that was asked for in older versions.
    var loadBalancerAddresses: String {
        let addresses = (status?.loadBalancer?.ingress ?? []).compactMap(\.ip).filter { !$0.isEmpty }
        return addresses.isEmpty ? spec?.loadBalancerIP ?? "" : addresses.joined(separator: ",")
    }
}

/// What an address of endpoints stands for.
struct ObjectReference: Decodable, Sendable, Hashable {
    var kind: String?
    var namespace: String?
    var name: String?

    var podKey: ObjectKey? { kind == "Pod" ? ObjectKey(namespace: namespace ?? "", name: name ?? "") : nil }
}

struct Endpoints: KubernetesObject {
    struct Address: Decodable, Sendable {
        var ip: String?
        var hostname: String?
        var nodeName: String?
        var targetRef: ObjectReference?
    }

    struct Port: Decodable, Sendable {
        var name: String?
        var port: Int?
        var `protocol`: String?
    }

    struct Subset: Decodable, Sendable {
        var addresses: [Address]?
        var notReadyAddresses: [Address]?
        var ports: [Port]?
    }

    static var resource: KubernetesResource { .endpoints }
    var metadata: ObjectMetadata?
    var subsets: [Subset]?

    func depends(on resource: KubernetesResource, _ keys: Set<ObjectKey>) -> Bool {
        switch resource {
        case .namespaces: return keys.contains(ObjectKey(namespace: "", name: namespace))
        case .services: return key.map(keys.contains) ?? false
        case .pods, .nodes:
            return (subsets ?? []).contains { subset in
                ((subset.addresses ?? []) + (subset.notReadyAddresses ?? [])).contains { address in
                    resource == .pods
                        ? address.targetRef?.podKey.map(keys.contains) ?? false
                        : nodeName(address.targetRef, address.nodeName).map { keys.contains(ObjectKey(namespace: "", name: $0)) } ?? false
                }
            }
        default: return false
        }
    }
}

struct EndpointSlice: KubernetesObject {
    struct Conditions: Decodable, Sendable {
        var ready: Bool?
        var serving: Bool?
        var terminating: Bool?
    }

    struct Endpoint: Decodable, Sendable {
        var addresses: [String]?
        var conditions: Conditions?
        var hostname: String?
        var nodeName: String?
        var zone: String?
        var targetRef: ObjectReference?
        var deprecatedTopology: [String: String]?
    }

    struct Port: Decodable, Sendable {
        var name: String?
        var port: Int?
        var `protocol`: String?
        var appProtocol: String?
    }

    static var resource: KubernetesResource { .endpointslices }
    static let serviceNameLabel = "kubernetes.io/service-name"
    var metadata: ObjectMetadata?
    var addressType: String?
    var endpoints: [Endpoint]?
    var ports: [Port]?

    /// The service that the slice belongs to.
    var serviceKey: ObjectKey? {
        metadata?.labels?[EndpointSlice.serviceNameLabel].map { ObjectKey(namespace: namespace, name: $0) }
    }

    func depends(on resource: KubernetesResource, _ keys: Set<ObjectKey>) -> Bool {
        switch resource {
        case .namespaces: keys.contains(ObjectKey(namespace: "", name: namespace))
        case .services: serviceKey.map(keys.contains) ?? false
        case .pods: (endpoints ?? []).contains { $0.targetRef?.podKey.map(keys.contains) ?? false }
        case .nodes:
            (endpoints ?? []).contains { endpoint in
                nodeName(endpoint.targetRef, endpoint.nodeName).map { keys.contains(ObjectKey(namespace: "", name: $0)) } ?? false
            }
        default: false
        }
    }
}

struct Node: KubernetesObject {
    struct Address: Decodable, Sendable {
        var type: String?
        var address: String?
    }

    struct DaemonEndpoint: Decodable, Sendable {
        // The API spells this field with a capital letter.
        enum CodingKeys: String, CodingKey { case port = "Port" }
        var port: Int?
    }

    struct DaemonEndpoints: Decodable, Sendable { var kubeletEndpoint: DaemonEndpoint? }

    struct Spec: Decodable, Sendable { var providerID: String? }

    struct Status: Decodable, Sendable {
        var addresses: [Address]?
        var conditions: [Pod.Condition]?
        var daemonEndpoints: DaemonEndpoints?
    }

    static var resource: KubernetesResource { .nodes }
    var metadata: ObjectMetadata?
    var spec: Spec?
    var status: Status?
}

struct Ingress: KubernetesObject {
    struct Path: Decodable, Sendable { var path: String? }
    struct Paths: Decodable, Sendable { var paths: [Path]? }

    struct Rule: Decodable, Sendable {
        var host: String?
        var http: Paths?
    }

    struct TLS: Decodable, Sendable { var hosts: [String]? }

    struct Spec: Decodable, Sendable {
        var ingressClassName: String?
        var rules: [Rule]?
        var tls: [TLS]?
    }

    static var resource: KubernetesResource { .ingresses }
    var metadata: ObjectMetadata?
    var spec: Spec?
}

/// What a deployment makes pods by.
struct ReplicaSet: KubernetesObject {
    static var resource: KubernetesResource { .replicasets }
    var metadata: ObjectMetadata?
}

/// What makes pods that come to an end, at times for a cron job.
struct Job: KubernetesObject {
    static var resource: KubernetesResource { .jobs }
    var metadata: ObjectMetadata?
}

struct Namespace: KubernetesObject {
    static var resource: KubernetesResource { .namespaces }
    var metadata: ObjectMetadata?
}

/// The node of an endpoint: the one it stands for, or the one it runs on.
func nodeName(_ reference: ObjectReference?, _ name: String?) -> String? { reference?.kind == "Node" ? reference?.name : name }

extension String {
    /// Every byte but letters, digits and `-._~` as `%XX`.
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                text.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return text
    }
}

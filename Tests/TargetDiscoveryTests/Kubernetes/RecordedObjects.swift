internal import Foundation
internal import TelemetryModel

@testable internal import TargetDiscovery

/// Objects as an API server gives them, with fields that discovery does not look at among them.
enum Recorded {
    static let pod = """
        {"metadata":{"name":"web-7d9","namespace":"shop","uid":"7c1e","resourceVersion":"101","creationTimestamp":"2026-01-01T00:00:00Z",
          "labels":{"app.kubernetes.io/name":"web","tier":"front"},"annotations":{"prometheus.io/scrape":"true","prometheus.io/port":"9102"},
          "ownerReferences":[{"kind":"Other","name":"o"},{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9f","controller":true}]},
         "spec":{"nodeName":"n1","initContainers":[{"name":"mesh","image":"mesh:1","ports":[{"containerPort":15090,"name":"stats","protocol":"TCP"}]}],
          "containers":[{"name":"app","image":"web:2","ports":[{"containerPort":8080,"name":"http","protocol":"TCP"},
            {"containerPort":9102,"name":"metrics","protocol":"TCP"}]},{"name":"log","image":"log:3"}]},
         "status":{"phase":"Running","podIP":"10.1.0.7","podIPs":[{"ip":"10.1.0.7"}],"hostIP":"192.168.0.4",
          "conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}],
          "containerStatuses":[{"name":"app","containerID":"containerd://aa"}],"initContainerStatuses":[{"name":"mesh","containerID":"containerd://bb"}]}}
        """

    static let service = """
        {"metadata":{"name":"web","namespace":"shop","resourceVersion":"55","labels":{"team":"a"},"annotations":{"note/x":"y"}},
         "spec":{"type":"LoadBalancer","clusterIP":"10.96.0.9","loadBalancerIP":"203.0.113.4","ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":8080}]}}
        """

    static let endpoints = """
        {"metadata":{"name":"web","namespace":"shop","resourceVersion":"60","labels":{"e":"1"}},
         "subsets":[{"addresses":[{"ip":"10.1.0.7","nodeName":"n1","targetRef":{"kind":"Pod","namespace":"shop","name":"web-7d9"}}],
          "notReadyAddresses":[{"ip":"10.1.0.8","hostname":"h8"}],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}]}
        """

    static let slice = """
        {"addressType":"IPv4","metadata":{"name":"web-x1","namespace":"shop","resourceVersion":"70","labels":{"kubernetes.io/service-name":"web"}},
         "endpoints":[{"addresses":["10.1.0.7"],"conditions":{"ready":true,"serving":true,"terminating":false},"hostname":"h","nodeName":"n1",
          "zone":"z1","targetRef":{"kind":"Pod","namespace":"shop","name":"web-7d9"},"deprecatedTopology":{"topology.kubernetes.io/region":"r1"}},
          {"addresses":["10.9.9.9"]}],
         "ports":[{"name":"http","port":8080,"protocol":"TCP","appProtocol":"http"}]}
        """

    static let node = """
        {"metadata":{"name":"n1","resourceVersion":"80","labels":{"zone":"z1"},"annotations":{"a":"b"}},"spec":{"providerID":"aws:///i-1"},
         "status":{"addresses":[{"type":"Hostname","address":"n1.local"},{"type":"InternalIP","address":"fd00::4"},{"type":"InternalIP","address":"192.168.0.4"}],
          "conditions":[{"type":"Ready","status":"True"},{"type":"DiskPressure","status":"Unknown"}],
          "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}}
        """

    static let ingress = """
        {"metadata":{"name":"front","namespace":"shop","resourceVersion":"90","labels":{"l":"1"},"annotations":{"a":"2"}},
         "spec":{"ingressClassName":"nginx","tls":[{"hosts":["*.example.com"]}],
          "rules":[{"host":"a.example.com","http":{"paths":[{"path":"/x"},{"path":""}]}},{"host":"b.test"},{"host":"a.b.example.com"}]}}
        """

    static let namespace = """
        {"metadata":{"name":"shop","resourceVersion":"5","labels":{"env":"prod"},"annotations":{"owner":"me"}}}
        """

    static let replicaSet = """
        {"metadata":{"name":"web-7d9f","namespace":"shop","resourceVersion":"95",
          "ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","controller":true}]},"spec":{"replicas":2}}
        """

    static let job = """
        {"metadata":{"name":"nightly-289","namespace":"shop","resourceVersion":"96",
          "ownerReferences":[{"apiVersion":"batch/v1","kind":"CronJob","name":"nightly","controller":true}]},"spec":{"parallelism":1}}
        """

    /// The pod, made by the job instead of the replica set.
    static let jobPod = pod.replacing("\"kind\":\"ReplicaSet\",\"name\":\"web-7d9f\"", with: "\"kind\":\"Job\",\"name\":\"nightly-289\"")

    static func object<Object: Decodable>(_ json: String) throws -> Object {
        try JSONDecoder().decode(Object.self, from: Data(json.utf8))
    }
}

/// A label set of discovery: names stand without `__meta_kubernetes_`.
func meta(_ labels: [String: String], plain: [String: String] = [:]) -> LabelSet {
    LabelSet(labels.map { ("__meta_kubernetes_" + $0.key, $0.value) } + plain.map { ($0.key, $0.value) })
}

/// A catalog that holds one object of each kind.
func fullCatalog(_ discovery: KubernetesDiscovery) throws -> KubernetesCatalog {
    var catalog = KubernetesCatalog(discovery, listCount: 9)
    catalog.replace(\.pods, with: [try Recorded.object(Recorded.pod)], namespace: nil, isFirst: true)
    catalog.replace(\.services, with: [try Recorded.object(Recorded.service)], namespace: nil, isFirst: true)
    catalog.replace(\.endpoints, with: [try Recorded.object(Recorded.endpoints)], namespace: nil, isFirst: true)
    catalog.replace(\.slices, with: [try Recorded.object(Recorded.slice)], namespace: nil, isFirst: true)
    catalog.replace(\.nodes, with: [try Recorded.object(Recorded.node)], namespace: nil, isFirst: true)
    catalog.replace(\.ingresses, with: [try Recorded.object(Recorded.ingress)], namespace: nil, isFirst: true)
    catalog.replace(\.namespaces, with: [try Recorded.object(Recorded.namespace)], namespace: nil, isFirst: true)
    catalog.replace(\.replicaSets, with: [try Recorded.object(Recorded.replicaSet)], namespace: nil, isFirst: true)
    catalog.replace(\.jobs, with: [try Recorded.object(Recorded.job)], namespace: nil, isFirst: true)
    return catalog
}

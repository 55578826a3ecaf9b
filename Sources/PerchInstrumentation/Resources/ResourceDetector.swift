public import PerchExport

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Finds out something about where the process runs, in the names of OpenTelemetry's semantic conventions. What cannot be found out is left out.
public struct ResourceDetector: Sendable {
    let detect: @Sendable (_ environment: [String: String]) -> TelemetryResource

    /// - Parameter detect: is given the environment's variables.
    public init(_ detect: @escaping @Sendable (_ environment: [String: String]) -> TelemetryResource) { self.detect = detect }

    /// Library, host, process, container and Kubernetes.
    public static let all: [ResourceDetector] = [.library, .host, .process, .container, .kubernetes]

    /// What emits: `telemetry.sdk.…`, and a random `service.instance.id`.
    public static let library = ResourceDetector { _ in
        TelemetryResource([
            "telemetry.sdk.name": "perch", "telemetry.sdk.language": "swift", "telemetry.sdk.version": "0.1.0",
            "service.instance.id": .string(randomUUID()),
        ])
    }

    /// `host.name`, `host.arch`, `os.type`.
    public static let host = ResourceDetector { _ in
        var resource = TelemetryResource()
        var name = [CChar](repeating: 0, count: 256)
        if gethostname(&name, name.count - 1) == 0 {
            resource["host.name"] = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        #if arch(x86_64)
        resource["host.arch"] = "amd64"
        #elseif arch(arm64)
        resource["host.arch"] = "arm64"
        #endif
        #if os(Linux)
        resource["os.type"] = "linux"
        #elseif os(macOS)
        resource["os.type"] = "darwin"
        #endif
        return resource
    }

    /// `process.pid`, `process.executable.…`, `process.runtime.name`. Not the arguments, which may hold secrets.
    public static let process = ResourceDetector { _ in
        var resource = TelemetryResource(["process.pid": .int(Int64(getpid())), "process.runtime.name": "swift"])
        if let path = executablePath() {
            resource["process.executable.path"] = path
            resource["process.executable.name"] = path.split(separator: "/").last.map { String($0) }
        }
        return resource
    }

    /// `container.id`, from the control group or the mounts of the process.
    public static let container = ResourceDetector { _ in
        var resource = TelemetryResource()
        resource["container.id"] =
            ["/proc/self/cgroup", "/proc/self/mountinfo"].lazy.compactMap { readText($0) }
            .compactMap { containerID($0) }.first
        return resource
    }

    /// `k8s.…`, from what Kubernetes mounts into a pod, and from variables that the pod's specification may set
    /// (`K8S_POD_NAME` or `POD_NAME`, and so for the pod's uid, namespace, node, container, deployment and cluster).
    public static let kubernetes = ResourceDetector { environment in
        var resource = TelemetryResource()
        guard environment["KUBERNETES_SERVICE_HOST"] != nil else { return resource }
        resource["k8s.pod.name"] = environment["HOSTNAME"]
        resource["k8s.namespace.name"] = readText("/var/run/secrets/kubernetes.io/serviceaccount/namespace").map {
            String($0.prefix { !$0.isNewline })
        }
        let names = [
            ("k8s.pod.name", "POD_NAME"), ("k8s.pod.uid", "POD_UID"), ("k8s.namespace.name", "NAMESPACE_NAME"),
            ("k8s.namespace.name", "POD_NAMESPACE"), ("k8s.node.name", "NODE_NAME"), ("k8s.container.name", "CONTAINER_NAME"),
            ("k8s.deployment.name", "DEPLOYMENT_NAME"), ("k8s.cluster.name", "CLUSTER_NAME"),
        ]
        for (attribute, name) in names {
            if let value = environment["K8S_" + name] ?? environment[name], !value.isEmpty { resource[attribute] = value }
        }
        return resource
    }

    /// The first run of 64 hexadecimal digits that stands behind a `/` or `-`, on a line that tells of a container.
    static func containerID(_ text: String) -> String? {
        for line in text.split(separator: "\n") {
            if line.contains("/var/lib/kubelet/") && !line.contains("/containers/") { continue }
            var run: [UInt8] = []
            for byte in line.utf8 {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"):
                    run.append(byte)
                default:
                    if run.count == 64 { return String(decoding: run, as: UTF8.self) }
                    run.removeAll(keepingCapacity: true)
                }
            }
            if run.count == 64 { return String(decoding: run, as: UTF8.self) }
        }
        return nil
    }

    private static func randomUUID() -> String {
        var digits: [UInt8] = []
        for index in 0..<16 {
            if [4, 6, 8, 10].contains(index) { digits.append(UInt8(ascii: "-")) }
            var byte = UInt8.random(in: 0...255)
            // Version 4, variant 1 (RFC 9562).
            if index == 6 { byte = byte & 0x0f | 0x40 }
            if index == 8 { byte = byte & 0x3f | 0x80 }
            for digit in [byte >> 4, byte & 15] { digits.append(digit < 10 ? digit + 48 : digit + 87) }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func executablePath() -> String? {
        #if os(Linux)
        var path = [UInt8](repeating: 0, count: 4096)
        let count = path.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { readlink("/proc/self/exe", $0.assumingMemoryBound(to: CChar.self), buffer.count) } ?? 0
        }
        return count > 0 ? String(decoding: path.prefix(count), as: UTF8.self) : nil
        #else
        return CommandLine.arguments.first
        #endif
    }

    /// The first 256 KiB of a file.
    private static func readText(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}

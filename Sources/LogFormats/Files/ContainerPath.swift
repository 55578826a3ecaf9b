/// What the path of a container's log on a node of Kubernetes says of it.
public enum ContainerPath {
    /// The names of a container.
    public struct Names: Sendable, Hashable {
        public var namespace: String
        public var pod: String
        public var container: String
    }

    /// Reads `…/pods/NAMESPACE_POD_UID/CONTAINER/0.log` and `…/containers/POD_NAMESPACE_CONTAINER-ID.log`; nil for any other path.
    public static func names(_ path: String) -> Names? {
        let parts = path.split(separator: "/").map(String.init)
        if parts.count >= 4, parts[parts.count - 4] == "pods" {
            let pod = parts[parts.count - 3].split(separator: "_", omittingEmptySubsequences: false).map(String.init)
            guard pod.count == 3, pod.allSatisfy({ !$0.isEmpty }) else { return nil }
            return Names(namespace: pod[0], pod: pod[1], container: parts[parts.count - 2])
        }
        if parts.count >= 2, parts[parts.count - 2] == "containers", let file = parts.last, file.hasSuffix(".log") {
            let names = file.dropLast(4).split(separator: "_", omittingEmptySubsequences: false).map(String.init)
            guard names.count == 3, names.allSatisfy({ !$0.isEmpty }), let dash = names[2].lastIndex(of: "-") else { return nil }
            // The id has 64 digits; a shorter one is part of the name.
            let id = names[2][names[2].index(after: dash)...]
            guard id.utf8.count == 64, id.allSatisfy(\.isHexDigit) else { return nil }
            return Names(namespace: names[1], pod: names[0], container: String(names[2][..<dash]))
        }
        return nil
    }
}

/// The objects of one kind as the API server last told of them. Takes lists and events, and says which objects they change.
struct ObjectStore<Object: KubernetesObject>: Sendable {
    private(set) var objects: [ObjectKey: Object] = [:]

    subscript(key: ObjectKey) -> Object? { objects[key] }

    /// Takes a whole list.
    ///
    /// - Parameter namespace: the only namespace that was asked for; nil where the list holds those of all.
    /// - Returns: the objects that are new, other than before, or gone.
    mutating func replace(with list: [Object], namespace: String?) -> Set<ObjectKey> {
        var changed: Set<ObjectKey> = []
        var listed: Set<ObjectKey> = []
        for object in list {
            guard let key = object.key else { continue }
            listed.insert(key)
            if !isSame(objects[key], object) { changed.insert(key) }
            objects[key] = object
        }
        for key in objects.keys where !listed.contains(key) && (namespace == nil || key.namespace == namespace) {
            changed.insert(key)
        }
        for key in changed where !listed.contains(key) { objects[key] = nil }
        return changed
    }

    /// Takes an object that is new or has changed; nil where it is the one that is known.
    mutating func put(_ object: Object) -> ObjectKey? {
        guard let key = object.key, !isSame(objects[key], object) else { return nil }
        objects[key] = object
        return key
    }

    mutating func remove(_ object: Object) -> ObjectKey? {
        guard let key = object.key, objects.removeValue(forKey: key) != nil else { return nil }
        return key
    }

    private func isSame(_ known: Object?, _ object: Object) -> Bool {
        guard let known = known?.metadata, let version = object.metadata?.resourceVersion else { return false }
        return known.resourceVersion == version && known.uid == object.metadata?.uid
    }
}

/// Where one list-and-watch stands: what to do next, and how long to wait before it.
struct WatchProgress: Sendable {
    enum Step: Sendable, Hashable {
        case list
        /// Watch what happened since this version of the collection.
        case watch(from: String)
    }

    private(set) var step = Step.list
    /// Failures without a success between them.
    private(set) var failures = 0

    /// A list has come. It does not end a row of failures: a server whose watches all fail must not be asked for lists without pause.
    mutating func listed(version: String) { step = .watch(from: version) }

    /// A watch has ended as it should, at this version.
    mutating func ended(at version: String) {
        step = .watch(from: version)
        failures = 0
    }

    /// A watch has broken off; it is taken up at this version.
    mutating func brokeOff(at version: String, sawEvents: Bool) {
        step = .watch(from: version)
        failures = sawEvents ? 1 : failures + 1
    }

    /// The version is too old, or the server does not take it: all is listed anew.
    mutating func expired() {
        step = .list
        failures += 1
    }

    /// The next step could not be done.
    mutating func failed() { failures += 1 }

    /// Time to wait before the next step.
    ///
    /// - Parameter jitter: a random factor, so that not all clients come back at once.
    static func delay(failures: Int, unit: Duration, jitter: Double) -> Duration {
        failures == 0 ? .zero : unit * (Double(1 << min(failures - 1, 5)) * jitter)
    }
}

internal import ByteCoding
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

extension TraceStorage {
    /// The values that an attribute has among the resources of all spans; nil is among them where a span has a resource without it.
    ///
    /// What blocks hold does not change, so that each is read for this only once. A block that is damaged is reported, and left out.
    public func resourceValues(of key: String) throws(TraceStorageError) -> Set<AttributeValue?> {
        try checkOpen()
        do {
            let now = clock()
            var found: Set<AttributeValue?> = []
            // Memory first: what is sealed meanwhile is in both then.
            for generation in head.all { found.formUnion(try generation.resourceValues(of: key, keeping, now: now)) }
            var serials: Set<Int> = []
            for snapshot in try snapshots() {
                for page in snapshot.contents.pages {
                    let block = StoredBlock(page, of: snapshot, cache: columnCache)
                    serials.insert(block.serial)
                    do { found.formUnion(try values(of: key, block, now: now)) } catch {
                        guard noted(error, block).code == .corrupt else { throw error }
                    }
                }
            }
            resourceValues.forget(besides: serials)
            return found
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    private func values(of key: String, _ block: StoredBlock, now: UInt64) throws -> Set<AttributeValue?> {
        let source = try BlockSource(block)
        guard keeping.mayHide(start: UInt64(clamping: block.page.minTime), now: now) else {
            // Blocks have the resources of their spans only.
            return try resourceValues.values(of: key, in: block.serial) {
                Set(try source.origins().resources.map { $0.attributes[key: key] })
            }
        }
        let origins = try source.origins()
        return keeping.values(of: key, origins.resources, starts: try source.frame().starts, origins.resourceOf, now: now)
    }
}

extension SpanKeeping {
    /// The values of an attribute among the resources of spans that are shown.
    func values(
        of key: String, _ resources: [ResourceRecord], starts: [UInt64], _ resourceOf: [UInt32], now: UInt64
    ) -> Set<AttributeValue?> {
        let earliest = earliest(resources, now: now)
        var isShown = [Bool](repeating: false, count: resources.count)
        for (start, resource) in zip(starts, resourceOf) where start >= earliest[Int(resource)] { isShown[Int(resource)] = true }
        return Set(resources.indices.filter { isShown[$0] }.map { resources[$0].attributes[key: key] })
    }
}

/// Values of attributes of the resources of blocks, by the blocks' numbers.
final class BlockResourceValues: Sendable {
    private let known = Mutex<[Int: [String: Set<AttributeValue?>]]>([:])

    func values(of key: String, in serial: Int, _ make: () throws -> Set<AttributeValue?>) rethrows -> Set<AttributeValue?> {
        if let values = known.withLock({ $0[serial]?[key] }) { return values }
        let values = try make()
        known.withLock { $0[serial, default: [:]][key] = values }
        return values
    }

    /// Forgets blocks that are no more.
    func forget(besides serials: Set<Int>) { known.withLock { known in known = known.filter { serials.contains($0.key) } } }
}

/// What must be in the storage: a plain dictionary of everything that was written, acknowledged or not.
struct Expectation<Place: FaultPlace, Content: Hashable> {
    private struct Write {
        let batch: Int
        let content: Content
    }

    private struct Batch {
        var isAcknowledged = false
        /// Whether power cuts cannot take it any more.
        var isDurable = false
        /// Whether it was refused by a storage that has not been opened anew since.
        var isKnownToBeRefused = false
        var places: Set<Place> = []
    }

    private var writes: [Place: [Write]] = [:]
    private var batches: [Batch] = []
    /// Before which time what is at a place may have been deleted by the retention.
    var keptSince: (Place) -> Int64 = { _ in .min }

    /// Takes note of a batch before it is written.
    mutating func begin(_ written: [(place: Place, content: Content)]) {
        for (place, content) in written { writes[place, default: []].append(Write(batch: batches.count, content: content)) }
        batches.append(Batch(places: Set(written.map(\.place))))
    }

    mutating func acknowledge(isDurable: Bool) {
        batches[batches.count - 1].isAcknowledged = true
        batches[batches.count - 1].isDurable = isDurable
    }

    mutating func refuse() { batches[batches.count - 1].isKnownToBeRefused = true }

    /// All that was acknowledged so far is durable now.
    mutating func sync() {
        for index in batches.indices where batches[index].isAcknowledged { batches[index].isDurable = true }
    }

    /// What was refused may come back with the journal: its bytes may have reached the file before the error did.
    mutating func reopen() { for index in batches.indices { batches[index].isKnownToBeRefused = false } }

    /// Compares everything.
    ///
    /// - Parameter afterPowerCut: whether what was acknowledged and not synced may be missing.
    /// - Returns: what is wrong; nil where nothing is.
    func difference(to found: [Place: Content], afterPowerCut: Bool) -> String? {
        for (place, content) in found where !(writes[place]?.contains { $0.content == content } ?? false) {
            return "invented: \(place): \(content)"
        }
        for (place, all) in writes where isKept(place) {
            let must = all.last { isSafe($0.batch, afterPowerCut) }
            guard let content = found[place] else {
                if let must { return "lost: \(place) of batch \(must.batch)" }
                continue
            }
            // What was written later and is not safe may be there instead.
            let allowed = all.filter { $0.batch >= must?.batch ?? 0 && !batches[$0.batch].isKnownToBeRefused }
            if !allowed.contains(where: { $0.content == content }) {
                return "not the last write: \(place), batch \(must?.batch ?? -1) wrote last"
            }
        }
        for number in batches.indices where !batches[number].isAcknowledged {
            if let problem = incompleteness(of: number, found) { return problem }
        }
        return nil
    }

    private func isKept(_ place: Place) -> Bool { place.time >= keptSince(place) }

    private func isSafe(_ batch: Int, _ afterPowerCut: Bool) -> Bool {
        afterPowerCut ? batches[batch].isDurable : batches[batch].isAcknowledged
    }

    /// A batch that was not acknowledged is there as a whole or not at all. Places that others wrote as well say nothing.
    private func incompleteness(of number: Int, _ found: [Place: Content]) -> String? {
        let own = batches[number].places.filter { place in
            isKept(place) && writes[place]?.contains { $0.batch != number } == false
        }
        let there = own.filter { found[$0] != nil }
        return there.isEmpty || there.count == own.count ? nil : "batch \(number) is there in part: \(there.count) of \(own.count) places"
    }
}

/// Where something is in a storage.
protocol FaultPlace: Hashable {
    /// In the unit of the storage.
    var time: Int64 { get }
}

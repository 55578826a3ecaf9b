internal import ByteCoding

/// The place of one item in the journal: segments, their entries, and what an entry holds, each in order.
public struct ItemPosition: Sendable, Hashable, Comparable {
    public var segment: UInt64
    /// From 1.
    public var entry: Int64
    /// From 0.
    public var item: Int64

    public init(segment: UInt64, entry: Int64, item: Int64 = 0) {
        self.segment = segment
        self.entry = entry
        self.item = item
    }

    public static func < (left: ItemPosition, right: ItemPosition) -> Bool {
        (left.segment, left.entry, left.item) < (right.segment, right.entry, right.item)
    }

    var next: ItemPosition { ItemPosition(segment: segment, entry: entry, item: item + 1) }
}

/// How far everything was sent: for each lane the first item that is still to be sent. Small, and written down after every batch.
public struct SendState: Sendable, Hashable {
    /// As many as there are lanes.
    public internal(set) var floors: [ItemPosition]

    /// Everything from a place on is still to be sent.
    public init(from position: ItemPosition) { floors = [ItemPosition](repeating: position, count: SendQueue.laneCount) }

    init(floors: [ItemPosition]) { self.floors = floors }

    /// The first item that may still be needed.
    public var lowest: ItemPosition { floors.min() ?? ItemPosition(segment: 0, entry: 0) }

    // Version 1 · lanes · the furthest place · how many lanes are elsewhere · for each its number and its place.
    private static let version: UInt8 = 1

    public var bytes: [UInt8] {
        let furthest = floors.max() ?? ItemPosition(segment: 0, entry: 0)
        let others = floors.indices.filter { floors[$0] != furthest }
        var bytes: [UInt8] = [SendState.version]
        bytes.appendVarint(count: floors.count)
        SendState.append(furthest, to: &bytes)
        bytes.appendVarint(count: others.count)
        for lane in others {
            bytes.appendVarint(count: lane)
            SendState.append(floors[lane], to: &bytes)
        }
        return bytes
    }

    /// Reads what ``bytes`` gave. Where that was written with another number of lanes, everything after the lowest place counts as unsent.
    ///
    /// - Returns: nil for other bytes.
    public init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        do throws(ByteCodingError) {
            guard try reader.readUInt8() == SendState.version else { return nil }
            let count = try reader.readCount(limit: 1 << 16)
            guard count > 0 else { return nil }
            var floors = [ItemPosition](repeating: try SendState.position(&reader), count: count)
            for _ in 0..<(try reader.readCount(limit: count)) {
                let lane = try reader.readCount(limit: count - 1)
                floors[lane] = try SendState.position(&reader)
            }
            guard reader.isAtEnd else { return nil }
            self.floors = floors
            if count != SendQueue.laneCount { self = SendState(from: lowest) }
        } catch {
            return nil
        }
    }

    private static func append(_ position: ItemPosition, to bytes: inout [UInt8]) {
        bytes.appendVarint(position.segment)
        bytes.appendVarint(UInt64(position.entry))
        bytes.appendVarint(UInt64(position.item))
    }

    private static func position(_ reader: inout ByteReader) throws(ByteCodingError) -> ItemPosition {
        let segment = try reader.readVarint()
        let start = reader.position
        let (entry, item) = (try reader.readVarint(), try reader.readVarint())
        guard let entry = Int64(exactly: entry), let item = Int64(exactly: item), item < .max, entry < .max else {
            throw ByteCodingError(.invalidValue, at: start)
        }
        return ItemPosition(segment: segment, entry: entry, item: item)
    }
}

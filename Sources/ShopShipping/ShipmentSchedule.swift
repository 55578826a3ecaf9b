internal import Foundation

enum ShipmentStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case created, shipped, delivered, cancelled
}

/// When a shipment goes on by itself: it leaves the warehouse some time after it was made, and arrives some time later. Each shipment has its
/// own pace, which follows from its id, so that a restart changes nothing about it.
struct ShipmentSchedule: Sendable {
    var packing: ClosedRange<TimeInterval> = 20...40
    var transport: ClosedRange<TimeInterval> = 30...90

    /// What a shipment becomes next, and when; nil where it stays what it is.
    ///
    /// - Parameter since: when it became what it is.
    func next(after status: ShipmentStatus, since: Date, id: String) -> (status: ShipmentStatus, at: Date)? {
        switch status {
        case .created: (.shipped, since.addingTimeInterval(time(within: packing, id)))
        case .shipped: (.delivered, since.addingTimeInterval(time(within: transport, id)))
        case .delivered, .cancelled: nil
        }
    }

    private func time(within range: ClosedRange<TimeInterval>, _ id: String) -> TimeInterval {
        // FNV-1a. Swift's own hashes differ from process to process.
        let hash = id.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return range.lowerBound + (range.upperBound - range.lowerBound) * Double(hash % 1000) / 1000
    }
}

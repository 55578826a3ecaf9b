internal import Foundation
internal import Testing

@testable internal import ShopShipping

@Suite struct ShipmentScheduleTests {
    private let schedule = ShipmentSchedule(packing: 20...40, transport: 30...90)
    private let noon = Date(timeIntervalSince1970: 1_795_348_800)

    @Test func `a shipment leaves the warehouse, arrives, and that is all`() throws {
        let shipped = try #require(schedule.next(after: .created, since: noon, id: "o-1"))
        #expect(shipped.status == .shipped)
        let delivered = try #require(schedule.next(after: .shipped, since: shipped.at, id: "o-1"))
        #expect(delivered.status == .delivered)
        #expect(schedule.next(after: .delivered, since: delivered.at, id: "o-1") == nil)
        #expect(schedule.next(after: .cancelled, since: noon, id: "o-1") == nil)
    }

    @Test func `each shipment has a pace of its own, within the bounds, and the same each time`() throws {
        var times: Set<TimeInterval> = []
        for number in 0..<200 {
            let id = "o-\(number)"
            let next = try #require(schedule.next(after: .created, since: noon, id: id))
            let time = next.at.timeIntervalSince(noon)
            #expect((20...40).contains(time), "\(id)")
            #expect(schedule.next(after: .created, since: noon, id: id)?.at == next.at)
            times.insert(time)
        }
        #expect(times.count > 100)
    }
}

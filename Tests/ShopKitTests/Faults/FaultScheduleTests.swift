internal import Foundation
internal import ShopKit
internal import Testing

@Suite struct FaultScheduleTests {
    private let now = Date(timeIntervalSince1970: 1_795_000_000)

    @Test func `a fault is on from when it is set until its time is over`() {
        var schedule = FaultSchedule()
        #expect(schedule.setting(of: .leak, at: now) == nil)
        schedule.set(.leak, to: .number(5), until: now + 60)
        #expect(schedule.setting(of: .leak, at: now)?.value == .number(5))
        #expect(schedule.setting(of: .leak, at: now + 59.9) != nil)
        #expect(schedule.setting(of: .leak, at: now + 60) == nil)
    }

    @Test func `a fault without a time stays on until it is cleared`() {
        var schedule = FaultSchedule()
        schedule.set(.stockOut, to: .text("all"))
        #expect(schedule.setting(of: .stockOut, at: .distantFuture) != nil)
        schedule.clear(.stockOut)
        #expect(schedule.setting(of: .stockOut, at: now) == nil)
    }

    @Test func `what is written can be read`() throws {
        var schedule = FaultSchedule()
        schedule.set(.crashLoop, to: .number(2), until: now)
        schedule.set(.stockOut, to: .number(7))
        #expect(try JSONDecoder().decode(FaultSchedule.self, from: JSONEncoder().encode(schedule)) == schedule)
    }

    @Test(arguments: FaultName.allCases)
    func `every fault takes its standard value, and none takes nonsense`(fault: FaultName) {
        #expect(fault.accepts(fault.standardValue))
        for value: FaultValue in [.text("x"), .text(""), .number(-1), .number(.nan), .number(.infinity), .number(1e18)] {
            #expect(!fault.accepts(value), "\(value)")
        }
    }

    @Test func `values are numbers where they can be`() throws {
        #expect(FaultValue("0.5") == .number(0.5))
        #expect(FaultValue("all") == .text("all"))
        #expect("\(FaultValue("1500"))" == "1500")
    }
}

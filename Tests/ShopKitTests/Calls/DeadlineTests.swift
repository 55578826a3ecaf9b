internal import Foundation
internal import ShopKit
internal import Testing

@Suite struct DeadlineTests {
    private let now = Date(timeIntervalSince1970: 1_795_000_000)

    @Test func `it says how long there is`() {
        let deadline = Deadline(after: .seconds(2), from: now)
        #expect(deadline.remaining(at: now) == .seconds(2))
        #expect(deadline.remaining(at: now + 1.5) == .milliseconds(500))
        #expect(deadline.remaining(at: now + 3) == .zero)
        #expect(!deadline.hasPassed(at: now + 1.999))
        #expect(deadline.hasPassed(at: now + 2))
    }

    @Test(arguments: ["", "x", "0", "-1", "1.5", " 5", "99999999999999999999"])
    func `text that is no time is refused`(text: String) { #expect(Deadline(text) == nil) }

    @Test func `the largest and the smallest times do no harm`() throws {
        let latest = try #require(Deadline("\(Int64.max)"))
        #expect(latest.remaining(at: now) > .seconds(3600))
        #expect(latest.remaining(at: Date(timeIntervalSince1970: -1e12)) == .zero || latest.remaining(at: now) > .zero)
        #expect(Deadline(after: .seconds(Int64.max), from: now).remaining(at: now) > .zero)
        #expect(Deadline(after: .seconds(-5), from: now).hasPassed(at: now))
    }
}

internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import Testing

@Suite struct ReceiverReplyTests {
    private let counts = ItemCounts(samples: 5, histograms: 2, exemplars: 1)

    @Test func `success is success, and in 2.0 what the headers do not say to be written was refused`() {
        #expect(ReceiverReply(status: 204).outcome(of: counts, .v1, retriesOn429: false, now: 0) == .accepted(rejected: ItemCounts()))
        let some = ReceiverReply(status: 200, samplesWritten: 5, histogramsWritten: 1)
        #expect(some.outcome(of: counts, .v2, retriesOn429: false, now: 0) == .accepted(rejected: ItemCounts(histograms: 1, exemplars: 1)))
        let absurd = ReceiverReply(status: 200, samplesWritten: .max, histogramsWritten: .min, exemplarsWritten: 1)
        #expect(absurd.outcome(of: counts, .v2, retriesOn429: false, now: 0) == .accepted(rejected: ItemCounts(histograms: 2)))
    }

    @Test func `a receiver that does not know 2.0 is told by its status, or by headers that are missing`() {
        #expect(ReceiverReply(status: 415).outcome(of: counts, .v2, retriesOn429: false, now: 0) == nil)
        #expect(ReceiverReply(status: 204).outcome(of: counts, .v2, retriesOn429: false, now: 0) == nil)
        #expect(ReceiverReply(status: 415).outcome(of: counts, .v1, retriesOn429: false, now: 0) == .refused(rejected: counts))
    }

    @Test func `bad requests are refused, failures of the receiver are not, and too many requests by setting`() {
        for status in [300, 400, 404, 409, 422, 499] {
            #expect(ReceiverReply(status: status).outcome(of: counts, .v1, retriesOn429: true, now: 0) == .refused(rejected: counts))
        }
        for status in [500, 502, 503, 599] {
            #expect(ReceiverReply(status: status).outcome(of: counts, .v2, retriesOn429: false, now: 0) == .failed(after: nil))
        }
        #expect(ReceiverReply(status: 429).outcome(of: counts, .v1, retriesOn429: false, now: 0) == .refused(rejected: counts))
        #expect(ReceiverReply(status: 429).outcome(of: counts, .v1, retriesOn429: true, now: 0) == .failed(after: nil))
        let part = ReceiverReply(status: 400, samplesWritten: 3, histogramsWritten: 2, exemplarsWritten: 1)
        #expect(part.outcome(of: counts, .v2, retriesOn429: false, now: 0) == .refused(rejected: ItemCounts(samples: 2)))
    }

    @Test(
        arguments: [
            ("7", 7_000), ("0", 0), ("-1", nil), ("soon", nil), ("99999999999", 3_600_000), ("Sun, 06 Nov 1994 08:49:37 GMT", 5_000),
            ("Sun, 06 Nov 1994 08:49:30 GMT", 0), ("Sun, 06 Nov 2994 08:49:30 GMT", 3_600_000), ("Sun, 31 Feb 1994 08:49:30 GMT", nil),
            ("Sun, 06 Nov 1994 25:49:30 GMT", nil), ("Sun, 06 Nov 99999999999999 08:49:30 GMT", nil),
        ] as [(String, Int64?)])
    func `how long to wait is seconds or a date`(text: String, expected: Int64?) {
        let reply = ReceiverReply(status: 503, retryAfter: text)
        #expect(reply.outcome(of: counts, .v1, retriesOn429: false, now: 784_111_772_000) == .failed(after: expected))
    }
}

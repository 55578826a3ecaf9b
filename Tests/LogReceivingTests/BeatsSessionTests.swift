internal import LogFormats
internal import Testing

@testable internal import LogReceiving

@Suite("A Beat's connection")
struct BeatsSessionTests {
    private let second: Int64 = 1_000_000_000

    private func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }
    private func window(_ count: UInt32, _ version: String = "2") -> [UInt8] { Array("\(version)W".utf8) + number(count) }
    private func event(_ sequence: UInt32, _ text: String = "{}", _ version: String = "2") -> [UInt8] {
        Array("\(version)J".utf8) + number(sequence) + number(UInt32(text.utf8.count)) + Array(text.utf8)
    }
    private func json(_ sequence: UInt32) -> LumberjackFrame { .json(sequence: sequence, Array("{}".utf8)) }
    private func ack(_ sequence: UInt32) -> BeatsSession.Action {
        .send(LumberjackFrame.acknowledgement(version: UInt8(ascii: "2"), sequence: sequence))
    }

    @Test func `a window is acknowledged when it is kept, and not before`() {
        var session = BeatsSession(now: 0)
        #expect(session.received(window(2) + event(1), now: 0) == [.read])
        #expect(session.received(event(2), now: 0) == [.keep([json(1), json(2)], skipping: 0)])
        #expect(session.finished(.kept(events: 2, last: 2), now: 1) == [ack(2), .read])
        #expect(session.heldBytes == 0)
    }

    @Test func `nothing is read while events are being kept, and what came with them is next`() {
        var session = BeatsSession(now: 0)
        #expect(session.received(window(1) + event(1) + window(1) + event(1), now: 0) == [.keep([json(1)], skipping: 0)])
        #expect(session.received(window(1), now: 0) == [])
        #expect(session.finished(.kept(events: 1, last: 1), now: 1) == [ack(1), .keep([json(1)], skipping: 0)])
    }

    @Test func `a compressed frame is kept at once, its events counted afterwards`() {
        var session = BeatsSession(now: 0)
        let bytes = window(3) + Array("2C".utf8) + number(2) + [1, 2]
        #expect(session.received(bytes, now: 0) == [.keep([.compressed([1, 2])], skipping: 0)])
        #expect(session.finished(.kept(events: 2, last: 2), now: 1) == [ack(2), .read])
        #expect(session.received(event(3), now: 2) == [.keep([json(3)], skipping: 0)], "the window is full")
    }

    @Test func `events of a window that is not filled are kept after a moment`() {
        var session = BeatsSession(now: 0)
        #expect(session.received(window(5) + event(1), now: 0) == [.read])
        #expect(session.tick(now: second / 10) == [])
        #expect(session.tick(now: second / 4) == [.keep([json(1)], skipping: 0)])
        #expect(session.finished(.kept(events: 1, last: 1), now: second / 4) == [ack(1), .read], "a part is acknowledged")
    }

    @Test func `while nothing can be kept the sender is told that somebody is there, and what was kept is not kept again`() {
        var session = BeatsSession(now: 0)
        _ = session.received(window(3) + event(1) + event(2) + event(3), now: 0)
        #expect(session.finished(.unavailable(events: 1, last: 1, until: 9 * second), now: second) == [ack(1)])
        #expect(session.tick(now: 3 * second) == [])
        #expect(session.tick(now: 6 * second) == [ack(0)])
        #expect(session.tick(now: 8 * second) == [])
        #expect(session.tick(now: 9 * second) == [.keep([json(1), json(2), json(3)], skipping: 1)])
        #expect(session.finished(.kept(events: 2, last: 3), now: 10 * second) == [ack(3), .read])
    }

    @Test func `the first version of the protocol knows no such sign of life`() {
        var session = BeatsSession(now: 0)
        #expect(session.received(window(1, "1") + event(1, "{}", "1"), now: 0) == [.keep([json(1)], skipping: 0)])
        #expect(session.tick(now: 100 * second) == [])
        let ack = LumberjackFrame.acknowledgement(version: UInt8(ascii: "1"), sequence: 1)
        #expect(session.finished(.kept(events: 1, last: 1), now: 0) == [.send(ack), .read])
    }

    @Test func `what cannot be read ends the connection, after what could be is acknowledged`() {
        var session = BeatsSession(now: 0)
        _ = session.received(window(2) + event(1) + event(2), now: 0)
        #expect(session.finished(.malformed(events: 1, last: 1, "why"), now: 0) == [ack(1), .close("why")])
        #expect(session.received(event(3), now: 0) == [])
        var other = BeatsSession(now: 0)
        guard case .close = other.received(Array("GET / HTTP".utf8), now: 0).first else { return #expect(Bool(false), "not closed") }
        #expect(other.isClosed)
    }

    @Test func `connections on which nothing comes are closed, sooner within a frame`() {
        var idle = BeatsSession(now: 0)
        #expect(idle.tick(now: 899 * second) == [])
        #expect(idle.tick(now: 900 * second) == [.close("idle")])
        var stalled = BeatsSession(now: 0)
        _ = stalled.received(Array("2J".utf8), now: 0)
        #expect(stalled.tick(now: 59 * second) == [])
        #expect(stalled.tick(now: 60 * second) == [.close("nothing came for too long")])
        var open = BeatsSession(now: 0)
        _ = open.received(window(2), now: 0)
        #expect(open.tick(now: 60 * second) == [.close("nothing came for too long")])
    }

    @Test func `at the end what is being kept is acknowledged`() {
        var session = BeatsSession(now: 0)
        _ = session.received(window(1) + event(1), now: 0)
        #expect(session.stop() == [])
        #expect(session.finished(.kept(events: 1, last: 1), now: 0) == [ack(1), .close("shutting down")])
        var idle = BeatsSession(now: 0)
        #expect(idle.stop() == [.close("shutting down")])
    }
}

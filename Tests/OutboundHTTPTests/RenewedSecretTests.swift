internal import Synchronization
internal import Testing

@testable internal import OutboundHTTP

@Suite struct RenewedSecretTests {
    private struct Refusal: Error {}

    @Test func `a secret serves to its end where another one cannot be had, and is not asked for all the time`() async throws {
        let asked = Atomic<Int>(0)
        let secret = RenewedSecret<Int> {
            let number = asked.add(1, ordering: .relaxed).newValue
            if number > 1 { throw Refusal() }
            return .init(number, seconds: 2, margin: .seconds(2))
        }
        #expect(try await secret.current() == 1)
        for _ in 0..<5 { #expect(try await secret.current() == 1) }
        #expect(asked.load(ordering: .relaxed) == 2)
        try await Task.sleep(for: .seconds(2.1))
        await #expect(throws: Refusal.self) { try await secret.current() }
        #expect(asked.load(ordering: .relaxed) == 3)
    }

    @Test func `a secret without an end is asked for once`() async throws {
        let asked = Atomic<Int>(0)
        let secret = RenewedSecret<Int> { .init(asked.add(1, ordering: .relaxed).newValue, seconds: nil, margin: .zero) }
        for _ in 0..<3 { #expect(try await secret.current() == 1) }
        await secret.forget()
        #expect(try await secret.current() == 2)
    }
}

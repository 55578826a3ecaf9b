internal import NIOPosix

/// Derives keys from passwords on a thread that nobody waits for.
struct Passwords: Sendable {
    private let cost: PasswordHash.Cost
    private let threads = NIOThreadPool.singleton
    /// What is tried where there is no such user, so that the answer takes as long as where there is one.
    private let nobody: PasswordHash

    init(cost: PasswordHash.Cost) async throws {
        self.cost = cost
        nobody = try await threads.runIfActive { try PasswordHash("nobody has this password", cost: cost) }
    }

    func hash(_ password: String) async throws -> PasswordHash {
        try await threads.runIfActive { [cost] in try PasswordHash(password, cost: cost) }
    }

    /// - Parameter hash: nil where there is no such user.
    func matches(_ password: String, _ hash: PasswordHash?) async throws -> Bool {
        let known = hash ?? nobody
        let matches = try await threads.runIfActive { try known.matches(password) }
        return matches && hash != nil
    }
}
